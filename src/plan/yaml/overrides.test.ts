import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../base/errors.js';
import { planSweep, type LoadOptions } from '../load-sweep.js';

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
