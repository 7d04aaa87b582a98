// The grammar of properties files, held to Java's own class over texts that are mostly made of what
// means something in it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { javaCommand } from '../../../targets/kafka/java.js';
import { MalformedProperties, parseProperties } from './java-properties.js';

const program = fileURLToPath(
  new URL('../../../testing/java/PropertiesDump.java', import.meta.url),
);
const SEED = 20_261_127;
const TEXTS = 20_000;

const KNOWN: readonly string[] = [
  '',
  'a=b',
  'a = b ',
  'a:b\nc d\ne',
  '! note\n# note \\\nx=1',
  'a=1\\\n   2\\\r\n\t3\r4=5',
  'a\\ b\\=c\\:d = e\\\\',
  '\\\n# comment\na=1',
  'a=1\\\n# no comment\\\n\nb=2',
  'a=\\u0041\\u00e4\\ud83d\\ude00\\z\\"',
  'a=\\u12',
  'a=\\\\u12',
  '  \f\t a \t = \f b',
  'a==b\n=c\n:d\n  = e',
  'a=1\na=2\n',
  'a\\',
  'a=\\\n',
  '\u00e4\u00ff=\u0085 x\u00a0',
];

/** Java's entries of each text, by key; null where it refuses. */
function javaEntries(texts: readonly string[]): (readonly (readonly [string, string])[] | null)[] {
  const input = texts.map((text) => Buffer.from(text, 'latin1').toString('base64')).join('\n');
  const run = spawnSync(javaCommand(), ['-XX:-UsePerfData', program], {
    input: `${input}\n`,
    encoding: 'utf8',
    timeout: 90_000,
    maxBuffer: 256 * 1024 * 1024,
  });
  expect(run.stderr).toBe('');
  const text = (base64: string) => Buffer.from(base64, 'base64').swap16().toString('utf16le');
  return run.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) =>
      line === '!'
        ? null
        : line
            .split(' ')
            .slice(0, -1)
            .map((pair) => pair.split(':').map(text) as [string, string]),
    );
}

function ourEntries(text: string): (readonly [string, string])[] | null {
  try {
    const all = [...parseProperties(text).entries].map(([key, { value }]) => [key, value] as const);
    return all.sort(([a], [b]) => (a < b ? -1 : 1));
  } catch (error) {
    if (error instanceof MalformedProperties) return null;
    throw error;
  }
}

const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    'ab',
    '\\',
    '\\\\',
    '\n',
    '\r',
    '\r\n',
    '\\\n',
    '\\\r\n',
    ' ',
    '\t',
    '\f',
    '=',
    ':',
    '#',
    '!',
  ],
  ...[
    'u',
    '\\u0041',
    '\\u00e9',
    '\\u',
    '\\u00',
    'u0061',
    '\\n',
    '\\ ',
    '\\=',
    '\\#',
    '\\t',
    '\u00e9',
    '\u0000',
    '"',
  ],
);

describe('a properties file', () => {
  it('is read as java.util.Properties reads it', () => {
    const made = fc.sample(fc.array(piece, { maxLength: 16 }), { numRuns: TEXTS, seed: SEED });
    const texts = [...KNOWN, ...made.map((pieces) => pieces.join(''))];
    const java = javaEntries(texts);
    expect(java).toHaveLength(texts.length);
    for (const [index, text] of texts.entries()) {
      expect(ourEntries(text), JSON.stringify(text)).toEqual(java[index]);
    }
  });
});
