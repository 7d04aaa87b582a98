// Holds names true: Kafka's codes stand by their names wherever kbench speaks Kafka.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bareCodes } from './testing/source/bare-codes.js';
import { parse, readSources } from './testing/source/source-tree.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = readSources(root, 'src');

/** Where a code is Kafka's. Elsewhere `code` is how a process ended. */
const SPEAKS_KAFKA = new RegExp(
  '^src/(wire|connect|reader|producer-core|session/topics' +
    '|targets/(embedded|external)|testing/([^/]*broker|simulation))',
);
/** A process that ended, an HTTP answer, an error that is none of Kafka's. */
const OTHER_CODES =
  /^src\/(connect\/security\/(oauth|kerberos)\/|producer-core\/library\/\w+\.e2e)/;

describe('Kafka’s codes', () => {
  it('stand by their names', () => {
    const bare = files
      .filter(({ path: file }) => SPEAKS_KAFKA.test(file) && !OTHER_CODES.test(file))
      .flatMap((file) => bareCodes(file).map((code) => `${file.path}:${code}`));
    expect(bare).toEqual([]);
  });

  it('are seen where one is compared, sent or chosen', () => {
    const text =
      'if (errorCode === 46 || answer.code !== -1 || a.code === 0) f();\n' +
      'switch (api) { case 18: break; case API.FETCH: }\n' +
      'answer({ partitionErrorCode: 3, index: 3, error: () => (x ? 7 : ERROR.NONE) });\n' +
      'const code = fail ? 45 : ERROR.NONE; const size = 45;\n';
    expect(bareCodes(parse('src/x.ts', text))).toEqual([
      '1: errorCode === 46',
      '1: answer.code !== -1',
      '2: case 18: break;',
      '3: partitionErrorCode: 3',
      '3: error: () => (x ? 7 : ERROR.NONE)',
      '4: code = fail ? 45 : ERROR.NONE',
    ]);
  });
});
