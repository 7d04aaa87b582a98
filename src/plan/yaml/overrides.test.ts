import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../base/errors.js';
import { commandOf, INVOCATION_SCHEMA, invocationSchema } from '../../contract/invocation.js';
import { planSweep, type LoadOptions } from '../load-sweep.js';
import { overridesFrom, savedOverrides, sweepAsOverride, type Override } from './overrides.js';

const plan = (text: string, options: LoadOptions = {}) =>
  planSweep('sweep.yaml', text, options).plan;
const only = (text: string, options: LoadOptions = {}) => plan(text, options).points[0].settings;
const configs = (text: string, options: LoadOptions = {}) =>
  plan(text, options).points.map(({ config }) => config);

function problemsOf(attempt: () => unknown) {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('--set', () => {
  it('puts values where the path says, with or without `producer.`', () => {
    const overrides = [
      'batch.size=32KiB',
      'producer.linger.ms=0',
      'workload.rate=5000/s',
      'topic.config.min.insync.replicas=1',
      'repeats=1',
      'seed=9',
      'name=other',
    ];
    const { points, repeats, seed, name } = plan('producer: {acks: "1"}', { overrides });
    expect({ repeats, seed, name }).toEqual({ repeats: 1, seed: 9, name: 'other' });
    expect(points[0].settings.producer).toEqual({
      acks: '1',
      'batch.size': 32_768,
      'linger.ms': 0,
    });
    expect(points[0].settings.workload.rate).toBe(5_000);
    expect(points[0].settings.topic).toMatchObject({ config: { 'min.insync.replicas': 1 } });
  });

  it('sweeps, and the last one wins', () => {
    const overrides = ['sweep.batch.size=[1KiB]', 'sweep.batch.size=[16KiB, 64KiB]'];
    expect(configs('sweep: {acks: [all]}', { overrides })).toHaveLength(2);
  });

  it('takes the place of what it excludes: duration of records, one target of another', () => {
    expect(
      only('workload: {records: 5}', { overrides: ['workload.duration=5s'] }).workload,
    ).toMatchObject({
      records: null,
      durationMs: 5_000,
    });
    const external = { overrides: ['target.bootstrap=[a:1]'] };
    expect(planSweep('s.yaml', 'target: {kafka: {brokers: 3}}', external).target.kind).toBe(
      'external',
    );
    const brokers = { overrides: ['target.embedded.brokers=3'] };
    expect(
      planSweep('s.yaml', 'target: {embedded: {replicationDelay: 1ms}}', brokers).target,
    ).toMatchObject({
      brokers: 3,
      replicationDelayMs: 1,
    });
  });

  it.each([
    ['nonsense', 'not path=value'],
    ['=5', 'not path=value'],
    ['batch.size=', 'there is no value'],
    ['batch.size=16K', 'ambiguous'],
    ['batch.sise=16KiB', 'unknown key producer.batch.sise'],
    ['workload.rat=max', 'unknown key workload.rat'],
    ['colour=red', 'unknown key colour'],
    ['workload.__proto__.x=1', 'not a path'],
    ['workload.rate=[1', 'must end with a ]'],
    ['linger.ms=7', 'the sweep gives linger.ms its own values'],
    ['sweep.linger.ms=[1, 1]', '1 is there twice'],
  ])('refuses --set %s, and says so', (assignment, message) => {
    const attempt = () => plan('sweep: {linger.ms: [0, 5]}', { overrides: [assignment] });
    expect(problemsOf(attempt)).toMatchObject([
      { message: expect.stringContaining(message) as string },
    ]);
    expect(problemsOf(attempt)[0].message).toContain(`--set ${assignment}`);
  });

  it('tells of every wrong one, and of the file too', () => {
    const overrides = ['workload.rat=1', 'repeats=0', 'foo'];
    const attempt = () => plan('acks: all', { overrides, bootstrap: 'no-port' });
    expect(problemsOf(attempt)).toHaveLength(5);
  });
});

describe('an option that stands for a --set', () => {
  const none: Override = { set: 'agents=0', typed: ['--agents', '0'] };

  it('is named in messages as it was typed', () => {
    const [{ message }] = problemsOf(() => plan('name: x', { overrides: [none] }));
    expect(message).toMatch(/^--agents 0: /);
    const swept = sweepAsOverride('batch.sise=1KiB,2KiB');
    const [problem] = problemsOf(() => plan('name: x', { overrides: [swept] }));
    expect(problem.message).toMatch(/^--sweep batch\.sise=1KiB,2KiB: /);
  });

  it('shows no secret that it holds', () => {
    const swept = sweepAsOverride('ssl.keystore.password=hunter2,hunter3');
    const [{ message }] = problemsOf(() => plan('name: x', { overrides: [swept] }));
    expect(message).toMatch(/^--sweep ssl\.keystore\.password=/);
    expect(message).not.toContain('hunter');
  });

  it('is kept in the results as typed, and named so when the sweep is resumed', () => {
    const overrides = [sweepAsOverride('acks=1,all'), 'repeats=2', none];
    const saved = { file: 's.yaml', bootstrap: null, ...savedOverrides(overrides) };
    const read = invocationSchema.parse({ schema: INVOCATION_SCHEMA, ...saved });
    expect(commandOf(read)).toBe('kbench run s.yaml --sweep acks=1,all --set repeats=2 --agents 0');
    const [{ message }] = problemsOf(() => plan('name: x', { overrides: overridesFrom(read) }));
    expect(message).toMatch(/^--agents 0: /);
  });

  it('is a --set in results of before, which do not tell', () => {
    const before = { file: 's.yaml', overrides: ['agents=2'], bootstrap: null };
    const read = invocationSchema.parse({ schema: INVOCATION_SCHEMA, ...before });
    expect(commandOf(read)).toBe('kbench run s.yaml --set agents=2');
    expect(overridesFrom(read)).toEqual(['agents=2']);
    expect(savedOverrides(['agents=2'])).toEqual({ overrides: ['agents=2'] });
  });
});
