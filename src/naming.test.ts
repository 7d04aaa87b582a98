// Holds names true: Kafka's codes stand by their names wherever kbench speaks Kafka, and no two
// files share a name without a reason.
import path from 'node:path';
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

/** Why several files may have a name, by the name; or by the folder of all but one of them. */
const SHARED: Readonly<Record<string, string>> = {
  'index.ts': 'the door of its room',
  'main.ts': 'where a program begins: the command line, the page',
  'errors.ts': 'base: of the user’s course; producer-core: what its callers may catch',
  'settings.ts': 'contract: those of a point; producer-core: the door to its settings',
  'metadata.ts': 'producer-core: what it knows of the cluster, Java’s Metadata; else the API',
};
const SHARED_BY_FOLDER: Readonly<Record<string, string>> = {
  'src/wire/apis': 'the API’s messages; targets/embedded/apis answers them',
  'src/contract': 'the saved form of what the other file makes',
  'src/commands': 'the command that the other file carries out',
};

describe('file names', () => {
  it('say what each is: two share one for a reason alone', () => {
    const byName = new Map<string, typeof files>();
    for (const file of files) {
      const name = path.posix.basename(file.path);
      byName.set(name, [...(byName.get(name) ?? []), file]);
    }
    const shared = [...byName].flatMap(([name, group]) => {
      const unexplained = group.filter(
        ({ path: file }) => !Object.hasOwn(SHARED_BY_FOLDER, path.posix.dirname(file)),
      );
      return unexplained.length < 2 || Object.hasOwn(SHARED, name)
        ? []
        : [unexplained.map(({ path: file }) => file)];
    });
    expect(shared).toEqual([]);
  });

  it('have no reason that is none any more', () => {
    const names = files.map(({ path: file }) => path.posix.basename(file));
    const several = (name: string): boolean => names.filter((each) => each === name).length > 1;
    expect(Object.keys(SHARED).filter((name) => !several(name))).toEqual([]);
  });
});
