// Text -> the yaml package's document, for yaml-source.ts. As that package's parseDocument, but
// nesting is measured before anything recurses over it: at 50,000 brackets the composer fills the
// stack, and V8 may then abort the whole process (a regular expression that is compiled with no
// stack left is a fatal error).
import { Composer, isAlias, Parser, visit } from 'yaml';
import type { Alias, CST, Document, LineCounter, Node } from 'yaml';

export interface ComposedYaml {
  readonly document: Document.Parsed;
  /** Where a second document begins, or null. */
  readonly secondAt: number | null;
}

/**
 * The first document of the text, with its errors in it; or the offset at which it is nested more
 * than `maxDepth` deep.
 */
export function composeYaml(
  text: string,
  lines: LineCounter,
  maxDepth: number,
): ComposedYaml | { readonly deepAt: number } {
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deepAt = deeperThan(tokens, maxDepth);
  if (deepAt !== null) return { deepAt };
  // The package's own look for duplicate keys compares all pairs; yaml-source's does not.
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false });
  const [document, second] = composer.compose(tokens, true, text.length);
  return { document: document, secondAt: second === undefined ? null : second.range[0] };
}

/** Offset of the first token below `maxDepth`, or null. Does not recurse. */
function deeperThan(tokens: readonly CST.Token[], maxDepth: number): number | null {
  const open = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > maxDepth) return token.offset;
    const inner =
      'items' in token ? token.items : [token.type === 'document' ? { value: token.value } : {}];
    for (const item of inner) {
      for (const child of ['key' in item ? item.key : null, 'value' in item ? item.value : null]) {
        if (child != null) open.push({ token: child, depth: depth + 1 });
      }
    }
  }
  return null;
}

/**
 * What each alias refers to: the last anchor of its name before it. One pass, where Alias.resolve()
 * would walk the document each time.
 */
export function aliasTargets(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}
