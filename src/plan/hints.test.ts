// A hint never leads into the next refusal: whatever value an error offers, the same reader takes.
import { describe, expect, it } from 'vitest';
import type { ConfigurationError } from '../base/errors.js';
import { parseBytes, parseCount, parseMs, parseRate, parseShare } from '../base/units.js';
import { fieldOf, FIELD_PATHS } from './settings/fields.js';
import type { FieldRead } from './settings/field.js';
import { Problems } from './yaml/problems.js';
import { readTarget } from './target/target-settings.js';
import { parseYaml } from './yaml/yaml-source.js';

const NUMBERS = [0, -1, 5, 0.5, 1.5, 1e-9, 61_000, 5_000_000, 1e15, 1e21, NaN, Infinity];
const TEXTS = [
  ...['', 'x', '0', '-1', '5', '0.5', '0/s', '-1/s', '5/s', '1e12/s', '5000/m', '1/d', '5MB/s'],
  ...[
    '5K',
    '-5K',
    '0.3K',
    '1.5k',
    '5kib',
    '9999999G',
    '16 KB',
    '5ms',
    '0.2us',
    '0.5ms',
    '61s',
    '-5s',
  ],
  ...['5m', '5h', '9e9h', '5d', '10%', '110%', '-1%', '1_000', '2M', '1e400', 'max', 'none', 'all'],
];
const INPUTS: readonly (string | number)[] = [...NUMBERS, ...TEXTS];

/**
 * Values that a remedy tells to write: after `write`, between `or` and commas, without what they
 * would mean.
 */
function offered(remedy: string): string[] {
  const told = /^write (?:an? [a-z ]+ such as )?(.+)$/.exec(remedy)?.[1];
  if (told === undefined) return [];
  if (/ 0% to 100%$/.test(told)) return ['0', '1', '0%', '100%'];
  const ends = /^a value from (\S+) to (\S+?)(?:, or max)?$/.exec(told);
  if (ends !== null) return [ends[1], ends[2]];
  return told
    .split(/, or | or |, /)
    .map((each) =>
      each.replace(/ for (?:seconds|milliseconds|records a second)| \(.* bytes\)/g, ''),
    )
    .filter((each) => /^-?[\d.]/.test(each));
}

const nodeOf = (value: string | number) =>
  ({ kind: 'scalar', value, raw: String(value), at: {} }) as const;
const asYaml = (text: string) =>
  nodeOf(/^-?[\d_.]+$/.test(text) ? Number(text.replaceAll('_', '')) : text);

describe('what an error offers', () => {
  const parsers = {
    parseBytes,
    parseCount,
    parseRate,
    parseShare,
    parseMs: (input: string | number) => parseMs(input, 'unit-required'),
    parsePlainMs: (input: string | number) => parseMs(input, 'plain-is-ms'),
  };

  it.each(Object.entries(parsers))('is taken by %s itself', (_name, parse) => {
    for (const input of INPUTS) {
      const parsed = parse(input);
      if (parsed.ok) continue;
      for (const text of offered(parsed.remedy)) {
        expect(parse(text).ok, `${input}: ${parsed.remedy}`).toBe(true);
      }
    }
  });

  it.each(FIELD_PATHS)('is taken by %s itself', (name) => {
    const read = (value: string | number): FieldRead => fieldOf(name)!.read(nodeOf(value));
    let offers = 0;
    for (const input of INPUTS) {
      const told = read(input);
      if (told.ok) continue;
      for (const text of offered(told.remedy)) {
        offers++;
        const again = fieldOf(name)!.read(asYaml(text));
        expect(again, `${input} -> ${told.remedy} -> ${text}`).toMatchObject({ ok: true });
      }
    }
    if (/^workload\.(rate|duration|workers|valueBytes)$/.test(name))
      expect(offers).toBeGreaterThan(0);
  });

  it('names no rate that is refused, and ranges that can be read', () => {
    const rate = (value: string | number) => fieldOf('workload.rate')!.read(nodeOf(value));
    expect(rate(0)).toMatchObject({
      message: '0 is not above 0',
      remedy: expect.stringContaining('5000/s') as string,
    });
    expect(rate(-1)).toMatchObject({ message: '-1 is not above 0' });
    expect(rate(5)).toMatchObject({ remedy: 'write 5/s for records a second, or max' });
    expect(rate('2G/s')).toMatchObject({ message: '2G/s is outside 1/h to 1G/s' });
  });

  it('is a delay that the target takes', () => {
    for (const delay of ['61s', '-1ms', '2h', '70000', '5x', 'true']) {
      const problems = new Problems();
      const yaml = parseYaml(`target: {embedded: {replicationDelay: ${delay}}}`, problems);
      if (yaml?.kind !== 'map') throw new Error('no mapping');
      readTarget(
        yaml.entries.get('target'),
        { folder: '.', properties: null, own: new Map() },
        problems,
      );
      const told = problemsOf(problems);
      expect(told).toHaveLength(1);
      expect(told[0]).not.toContain('0.5ms');
    }
  });
});

function problemsOf(problems: Problems): string[] {
  try {
    problems.throwIfAny('f.yaml');
    return [];
  } catch (error) {
    return (error as ConfigurationError).problems.map(
      ({ message, remedy }) => `${message}; ${remedy ?? ''}`,
    );
  }
}
