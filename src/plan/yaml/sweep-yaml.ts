// A sweep's tree back into YAML text: what the command line stands for, or a file with the command
// line in it. Called by command-line-sweep and --print-yaml. Pure; planning the text gives the same
// plan as planning the tree.
import { Document, isMap, isSeq, visit } from 'yaml';
import type { MapNode, YamlNode, YamlScalar } from './yaml-source.js';

type Plain = YamlScalar | readonly Plain[] | ReadonlyMap<string, Plain>;

/** Nested deeper than this, mappings are written in one line: `{uniform: 1000}`. */
const BLOCK_DEPTH = 2;
const MAX_LINE_CHARACTERS = 100;

export function yamlText(root: MapNode, comment?: string): string {
  const document = new Document(plainOf(root));
  visit(document, {
    Collection: (_key, node, path) => {
      const depth = path.filter((each) => isMap(each) || isSeq(each)).length;
      node.flow = isSeq(node) ? !node.items.some(isMap) || depth > 1 : depth >= BLOCK_DEPTH;
    },
  });
  if (comment !== undefined) document.commentBefore = ` ${comment}`;
  return document.toString({ lineWidth: MAX_LINE_CHARACTERS, flowCollectionPadding: false });
}

function plainOf(node: YamlNode): Plain {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(plainOf);
    case 'map':
      return new Map([...node.entries.values()].map(({ key, value }) => [key, plainOf(value)]));
  }
}
