import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../testing/sweep-fixtures.js';
import { planCommandLine } from './command-line-sweep.js';
import { planSweep } from '../load-sweep.js';
import { savedOverrides, type CommandLineValues } from './overrides.js';
import { yamlText } from './sweep-yaml.js';

const examples = fileURLToPath(new URL('../../../bench-configs', import.meta.url));
const values = (
  sweeps: string[],
  overrides: string[] = [],
  bootstrap?: string,
): CommandLineValues => ({
  ...{ sweeps, overrides },
  ...(bootstrap === undefined ? {} : { bootstrap }),
});

const messagesOf = (attempt: () => unknown): string[] =>
  problemsOf(attempt).map(({ message }) => message);

/** What a sweep comes to, apart from where it was written. */
const meaning = ({ name, target, plan, canary }: ReturnType<typeof planSweep>) => ({
  name,
  target,
  plan,
  canary,
});

const SWEEPS: readonly CommandLineValues[] = [
  values(['batch.size=16KiB,64KiB', 'linger.ms=0,5'], ['workload.rate=20000/s'], 'h:9092'),
  values(['acks=0,1,all', 'compression.type=none,zstd']),
  values(['workload.keys=none,{uniform: 1000},{zipf: {distinct: 10, exponent: 1.1}}']),
  values(['producer.batch.size=[1KiB, 2KiB]', 'workload.warmup=none,5s,{records: 10}']),
  values(
    ['topic.config.retention.ms=1h,2h'],
    ['topic.partitions=6', 'repeats=1', 'seed=-3', 'name=mine'],
    'a:1,[::1]:2',
  ),
  values(
    [],
    ['workload.transaction={records: 10, abortRatio: 10%}', 'client.id="a: b # c"', 'canary=false'],
  ),
  values(
    [],
    [
      'security.protocol=SASL_SSL',
      'sasl.mechanism=PLAIN',
      'sasl.jaas.config=${env:JAAS}',
      'ssl.truststore.location=ca.pem',
    ],
    'h:1',
  ),
  values(
    ['batch.size=1,2'],
    ['thresholds.records.failed=["== 0", {threshold: "< 5", abortOnFail: true}]'],
  ),
  values(['linger.ms=0,5'], ['exclude=[{linger.ms: 0}]', 'target.kafka.brokers=3']),
];

describe('a sweep without a file', () => {
  it.each(SWEEPS)('is the same from the YAML that it stands for: %j', (given) => {
    const sweep = planCommandLine(given);
    expect(meaning(planSweep('sweep.yaml', sweep.source))).toEqual(meaning(sweep));
    expect([sweep.overrides, sweep.bootstrap]).toEqual([[], null]);
  });

  it('is named by what it varies, and remembers the words', () => {
    const sweep = planCommandLine(SWEEPS[0]);
    expect(sweep.name).toBe('batch.size x linger.ms');
    expect(sweep.plan.points.map(({ config }) => config)).toEqual([
      { 'batch.size': 16_384, 'linger.ms': 0 },
      { 'batch.size': 16_384, 'linger.ms': 5 },
      { 'batch.size': 65_536, 'linger.ms': 0 },
      { 'batch.size': 65_536, 'linger.ms': 5 },
    ]);
    expect(sweep.typed?.join(' ')).toBe(
      '--bootstrap h:9092 --sweep batch.size=16KiB,64KiB --sweep linger.ms=0,5 ' +
        '--set workload.rate=20000/s',
    );
    expect(sweep.source)
      .toBe(`# What the command line stood for. Paths are relative to where kbench was started.

name: batch.size x linger.ms
target:
  bootstrap: [h:9092]
workload:
  rate: 20000/s
sweep:
  batch.size: [16KiB, 64KiB]
  linger.ms: [0, 5]
`);
  });

  it('is a question: a cluster alone is refused, since it would be filled with defaults', () => {
    expect(() => planCommandLine(values([], [], 'h:9092'))).toThrow(/no sweep to run/);
  });

  it.each([
    ['batch.size', 'this is not path=value'],
    ['batch.size=', 'there is no value'],
    ['batch.sise=1,2', 'unknown setting batch.sise'],
    ['batch.size=16K,1KiB', '"16K" is ambiguous'],
    ['acks=all,all', 'all is there twice'],
    ['linger.ms=1,[2', 'Flow sequence'],
    ['sasl.jaas.config=hunter22,hunter23', 'cannot be read'],
    ['ssl.key.password=hunter22,hunter23', 'is a secret'],
    ['sasl.mechanism=PLAIN', 'does not belong here'],
    ['__proto__=1', 'is not a path'],
  ])('refuses --sweep %s, and says so', (assignment, message) => {
    const problems = messagesOf(() => planCommandLine(values([assignment])));
    expect(problems).toEqual([expect.stringContaining(message)]);
    expect(problems[0]).toMatch(/^--sweep /);
    expect(problems[0]).not.toContain('hunter2');
  });

  it('tells all that is wrong, and does not sweep one setting twice', () => {
    const given = values(
      ['acks=0,1', 'acks=all', 'nope=1'],
      ['repeats=0', 'workload.rat=1'],
      'no-port',
    );
    expect(messagesOf(() => planCommandLine(given))).toHaveLength(5);
  });
});

describe('--sweep with a file', () => {
  const file = 'producer: {linger.ms: 7}\nsweep: {batch.size: [1KiB], acks: [all]}';
  it('takes the place of the axis of that name, and joins the others', () => {
    const sweep = planSweep('s.yaml', file, values(['batch.size=2KiB,4KiB', 'linger.ms=0,5']));
    expect(sweep.plan.points).toHaveLength(4);
    expect(savedOverrides(sweep.overrides).overrides).toEqual([
      'sweep.batch.size=[2KiB,4KiB]',
      'sweep.linger.ms=[0,5]',
    ]);
    // What invocation.json keeps leads to the same plan.
    expect(planSweep('s.yaml', file, { overrides: sweep.overrides }).plan).toEqual(sweep.plan);
  });
  it('is held against --set of the same setting, whatever their order', () => {
    const both = values(['linger.ms=0,5'], ['linger.ms=3']);
    expect(messagesOf(() => planSweep('s.yaml', file, both))).toEqual([
      expect.stringContaining('no effect'),
    ]);
  });
});

describe('the YAML of a file with the command line in it', () => {
  it.each(readdirSync(examples).filter((name) => name.endsWith('.yaml')))(
    '%s comes to the same plan',
    (name) => {
      const at = path.join(examples, name);
      const source = readFileSync(at, 'utf8');
      // A cluster that is swept or broken cannot be given on the command line.
      const ours = /target\.brokerConfig|^faults:/m.test(source);
      const bootstrap = ours ? {} : { bootstrap: 'h:1' };
      const given = { overrides: ['repeats=2', 'seed=5'], ...bootstrap, modulesFrom: examples };
      const sweep = planSweep(at, source, given);
      expect(meaning(planSweep(at, yamlText(sweep.tree), { modulesFrom: examples }))).toEqual(
        meaning(sweep),
      );
    },
  );
});
