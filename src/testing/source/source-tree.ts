// The source tree as the structure test sees it: files, what each imports, and the constructs used
// in it, found by the TypeScript compiler's own parser (so comments and strings do not count).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path from the root, `.ts`, for relative imports; null for packages and node:. */
  readonly target: string | null;
  /** Vanishes when compiled. */
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** All `.ts` files below `folder`, sorted. */
export function readSources(root: string, folder: string): SourceFile[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')))
    .sort()
    .map((file) => parse(file, readFileSync(path.join(root, file), 'utf8')));
}

export function parse(file: string, text: string): SourceFile {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const imports: Import[] = [];
  walk(tree, (node) => {
    const found = importOf(node);
    if (found === null) return;
    const { specifier, typeOnly } = found;
    const target = specifier.startsWith('.')
      ? path.posix.join(path.posix.dirname(file), specifier)
      : null;
    imports.push({
      specifier,
      target: target?.replace(/\.js$/, '.ts') ?? null,
      typeOnly,
      line: lineOf(tree, node),
    });
  });
  return { path: file, text, tree, imports };
}

function importOf(node: ts.Node): { specifier: string; typeOnly: boolean } | null {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const typeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return { specifier: node.moduleSpecifier.text, typeOnly };
  }
  if (
    ts.isExportDeclaration(node) &&
    node.moduleSpecifier !== undefined &&
    ts.isStringLiteral(node.moduleSpecifier)
  ) {
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    return argument !== undefined && ts.isStringLiteral(argument)
      ? { specifier: argument.text, typeOnly: false }
      : null;
  }
  if (
    ts.isImportTypeNode(node) &&
    ts.isLiteralTypeNode(node.argument) &&
    ts.isStringLiteral(node.argument.literal)
  ) {
    return { specifier: node.argument.literal.text, typeOnly: true };
  }
  return null;
}

/** What a hot file must not hold, each with its line: `12: new Promise`. */
export function coldConstructs({ tree }: SourceFile): string[] {
  const found: string[] = [];
  walk(tree, (node) => {
    const name = coldName(node);
    if (name !== null) found.push(`${lineOf(tree, node)}: ${name}`);
  });
  return found;
}

const COLD_CALLS = new Set([
  'Buffer.concat',
  'BigInt',
  'Date.now',
  'setTimeout',
  'setImmediate',
  'process.nextTick',
]);
const COLD_NEW = new Set(['Promise', 'Date']);

function coldName(node: ts.Node): string | null {
  if (ts.isCallExpression(node)) {
    const callee = node.expression.getText();
    if (COLD_CALLS.has(callee)) return `${callee}(`;
    return node.arguments.some((argument) => ts.isSpreadElement(argument))
      ? `${callee}(...)`
      : null;
  }
  if (ts.isNewExpression(node)) {
    const made = node.expression.getText();
    return COLD_NEW.has(made) ? `new ${made}` : null;
  }
  if (ts.isAwaitExpression(node)) return 'await';
  return node.kind === ts.SyntaxKind.AsyncKeyword ? 'async' : null;
}

/** What writes to files: by its name, wherever it comes from. */
const WRITES = new Set([
  ...['writeFile', 'appendFile', 'copyFile', 'cp', 'truncate', 'ftruncate', 'link'].flatMap(
    (name) => [name, `${name}Sync`],
  ),
  ...['writeSync', 'writevSync', 'createWriteStream', 'write-file-atomic'],
]);
const OPENS = new Set(['open', 'openSync']);

/**
 * Each place in a file that writes to the file system past base/durable-file: `12: writeFileSync`.
 */
export function fileWrites({ tree }: SourceFile): string[] {
  const found: string[] = [];
  const opens = new Set<string>();
  const whole = new Set(['fs']);
  const add = (node: ts.Node, name: string): void =>
    void found.push(`${lineOf(tree, node)}: ${name}`);
  walk(tree, (node) => {
    // Imports, `fs.writeFile`, and what is taken out of `await import('node:fs')`.
    if (ts.isImportSpecifier(node) || ts.isBindingElement(node)) {
      const name = (node.propertyName ?? node.name).getText();
      if (WRITES.has(name)) add(node, name);
      if (ts.isImportSpecifier(node) && OPENS.has(name) && isFs(node.parent.parent.parent))
        opens.add(node.name.text);
    } else if (ts.isImportClause(node) && isFs(node.parent)) {
      // Under whatever name the whole module goes.
      if (node.name !== undefined) whole.add(node.name.text);
      if (node.namedBindings !== undefined && ts.isNamespaceImport(node.namedBindings))
        whole.add(node.namedBindings.name.text);
    } else if (
      ts.isPropertyAccessExpression(node) &&
      whole.has(node.expression.getText().split('.')[0])
    ) {
      if (WRITES.has(node.name.text) || OPENS.has(node.name.text)) add(node, node.getText());
    } else if (
      ts.isStringLiteral(node) &&
      WRITES.has(node.text) &&
      ts.isImportDeclaration(node.parent)
    ) {
      add(node, node.text);
    } else if (ts.isCallExpression(node) && opens.has(node.expression.getText())) {
      const flags = node.arguments[1]?.getText() ?? "'r'";
      if (!/^'r'$|\bO_RDONLY\b/.test(flags))
        add(node, `${node.expression.getText()}(..., ${flags})`);
    }
  });
  return found;
}

const isFs = (node: ts.Node): boolean =>
  ts.isImportDeclaration(node) &&
  /^'(node:)?fs(\/promises)?'$/.test(node.moduleSpecifier.getText());

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/**
 * The import cycles among `files`, one for each way back found, each as `a -> b -> a`. Imports of
 * types alone count: a cycle of types is one of ideas.
 */
export function importCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(({ path: file, imports }) => [file, imports.flatMap(({ target }) => target ?? [])]),
  );
  const cycles: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const trail: string[] = [];
  const visit = (file: string): void => {
    state.set(file, 'open');
    trail.push(file);
    for (const next of edges.get(file) ?? []) {
      if (state.get(next) === 'open')
        cycles.push([...trail.slice(trail.indexOf(next)), next].join(' -> '));
      else if (!state.has(next)) visit(next);
    }
    trail.pop();
    state.set(file, 'done');
  };
  for (const file of edges.keys()) if (!state.has(file)) visit(file);
  return cycles;
}
