import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../base/errors.js';
import type { FaultSettings } from '../../contract/faults.js';
import { settingsHash } from '../../contract/settings-hash.js';
import { describePlan } from '../text/plan-text.js';
import { planSweep } from '../load-sweep.js';

const KAFKA = 'target: {kafka: {brokers: 3}}\ntopic: {replicationFactor: 3}\n';
const head = `${KAFKA}workload: {duration: 30s, rate: 1000/s}\n`;

const planned = (yaml: string, before = head) => planSweep('sweep.yaml', before + yaml).plan;
const faultsOf = (yaml: string): readonly FaultSettings[] =>
  planned(yaml).points[0].settings.faults ?? [];

/** `line:column message -> remedy` of each problem. */
function refused(yaml: string, before = head): string {
  try {
    planSweep('sweep.yaml', before + yaml);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems
      .map(
        (each) => `${each.line ?? ''}:${each.column ?? ''} ${each.message} -> ${each.remedy ?? ''}`,
      )
      .join('\n');
  }
  return 'nothing';
}

describe('faults that are read', () => {
  it('come in order of time, with every value in one unit', () => {
    const found = faultsOf(`faults:
  - {at: 20s, network: {broker: 2, delay: 50ms, jitter: 5ms, bandwidth: 10MiB/s}, for: 5s}
  - {at: 6s, kill: leader, restartAfter: 5s}
  - {at: 12s, pause: broker 3, for: 500ms}
  - {at: 13s, network: {broker: leader, reset: true}}
  - {at: 14s, run: [kubectl, delete, pod, 3], after: [echo], timeLimit: 1m}
  - {at: 0, stop: controller}
`);
    const effect = { delayMs: 0, jitterMs: 0, bytesPerSecond: null };
    const whole = { cut: false, halfOpen: false, reset: false };
    expect(found).toEqual([
      { kind: 'stop', atMs: 0, target: { kind: 'controller' }, restartAfterMs: null },
      { kind: 'kill', atMs: 6000, target: { kind: 'leader' }, restartAfterMs: 5000 },
      { kind: 'pause', atMs: 12_000, target: { kind: 'broker', id: 3 }, forMs: 500 },
      {
        ...{ kind: 'network', atMs: 13_000, target: { kind: 'leader' }, forMs: null },
        effect: { ...effect, ...whole, reset: true },
      },
      {
        ...{ kind: 'run', atMs: 14_000, run: ['kubectl', 'delete', 'pod', '3'] },
        ...{ after: ['echo'], forMs: null, timeLimitMs: 60_000 },
      },
      {
        ...{ kind: 'network', atMs: 20_000, target: { kind: 'broker', id: 2 }, forMs: 5000 },
        effect: { ...whole, delayMs: 50, jitterMs: 5, bytesPerSecond: 10 * 1024 ** 2 },
      },
    ]);
  });

  it('may vary, and are a word in the config; none leaves the settings as they ever were', () => {
    const { points } = planned('sweep: {faults: [[], [{at: 6s, kill: leader, restartAfter: 5s}]]}');
    expect(points.map(({ config }) => config)).toEqual([
      { faults: 'none' },
      { faults: 'kill leader at 6s, restart after 5s' },
    ]);
    expect(points[0].settings).not.toHaveProperty('faults');
    const without = planned('').points[0].settings;
    expect(settingsHash(points[0].settings)).toBe(settingsHash(without));
  });

  it('are told before a run', () => {
    const text = 'faults: [{at: 6s, kill: leader, restartAfter: 5s}, {at: 7s, run: [a, b]}]';
    expect(describePlan(planSweep('s.yaml', head + text), 100)).toMatch(
      /faults +kill leader at 6s, restart after 5s; run a b at 7s/,
    );
  });
});

describe('faults that are refused', () => {
  const cases: readonly (readonly [yaml: string, told: string])[] = [
    ['faults: kill', '4:9 faults: faults are a list -> write e.g. [{at: 6s, kill: leader'],
    ['faults: [kill]', '4:10 faults: a fault is a mapping'],
    ['faults: [{at: 6s}]', '4:10 faults: a fault says not what to do -> write one of kill'],
    ['faults: [{at: 6s, kil: leader}]', 'unknown key kil of a fault -> did you mean kill'],
    ['faults: [{kill: leader}]', '4:10 faults: a fault has no time -> write at: 6s'],
    ['faults: [{at: 6, kill: leader}]', '4:15 faults: at: 6 has no unit -> write 6s for seconds'],
    ['faults: [{at: 6s, kill: leader, for: 5s}]', 'kill takes no for -> write restartAfter: 5s'],
    ['faults: [{at: 6s, pause: leader}]', 'pause does not say how long -> write for: 5s'],
    ['faults: [{at: 6s, pause: leader, restartAfter: 5s}]', 'write for: 5s'],
    ['faults: [{at: 6s, kill: leader, stop: leader}]', 'a fault says kill and stop'],
    [
      'faults: [{at: 6s, kill: 2}]',
      '4:25 faults: 2 is nothing that a fault can hit -> write broker 2',
    ],
    ['faults: [{at: 6s, kill: everyone}]', 'write broker 2, leader, follower, controller'],
    ['faults: [{at: 6s, network: {delay: 5ms}, for: 1s}]', 'network does not say whose'],
    ['faults: [{at: 6s, network: {broker: 1}, for: 1s}]', 'network changes nothing'],
    ['faults: [{at: 6s, network: {broker: 1, cut: true}}]', 'network does not say how long'],
    ['faults: [{at: 6s, network: {broker: 1, cut: true, delay: 1s}, for: 1s}]', 'cut and delay'],
    ['faults: [{at: 6s, network: {broker: 1, delay: 1ms, jitter: 2ms}, for: 1s}]', 'jitter 2ms is'],
    ['faults: [{at: 6s, network: {broker: 1, bandwidth: 16K/s}, for: 1s}]', '16KiB (16384 bytes)'],
    ['faults: [{at: 6s, network: {broker: 1, cuts: true}, for: 1s}]', 'did you mean cut'],
    ['faults: [{at: 6s, run: kubectl}]', 'run is not a list of words -> write run: [program'],
    ['faults: [{at: 6s, run: [a], for: 1s}]', 'for has nothing to end -> write after'],
    ['faults: [{at: 6s, kill: broker 4}]', '4:9 kill broker 4: there is no broker 4'],
    ['faults: [{at: 30s, kill: leader}]', 'the measured part is over after 30s'],
    ['faults: [{at: 6s, kill: leader, restartAfter: 1m}]', 'would end at 66s'],
    ['faults: [{at: 6s, kill: zookeeper 1}]', 'this cluster runs without ZooKeeper'],
    [
      'faults: [{at: 6s, kill: broker 2, restartAfter: 5s}, ' +
        '{at: 8s, network: {broker: 2, cut: true}, for: 1s}]',
      'network of broker 2: cut at 8s begins while kill broker 2 at 6s lasts, on the same one',
    ],
    [
      'faults: [{at: 6s, network: {broker: all, cut: true}, for: 5s}, ' +
        '{at: 8s, pause: leader, for: 1s}]',
      'pause leader at 8s begins while network of all: cut at 6s lasts',
    ],
  ];
  it.each(cases)('%s', (yaml, told) => expect(refused(yaml)).toContain(told));

  it.each([
    [
      'members: 1',
      '[{at: 2s, member: remove}, {at: 1s, member: kill}]',
      'by then no member is left',
    ],
    ['members: 1', '[{at: 3s, member: kill}, {at: 4s, member: add}]', 'nothing'],
    ['members: 2, startAfter: 5s', '[{at: 3s, member: add}]', 'the group begins after 5s'],
  ])('of a group with %s: %s', (group, faults, told) => {
    const yaml = `consumers: {kind: group, ${group}}\nfaults: ${faults}`;
    expect(refused(yaml)).toContain(told);
  });

  it('after the end of a run by records at a rate, but not where the end is not known', () => {
    const faults = 'faults: [{at: 6s, kill: leader}]';
    const of = (workload: string) => refused(faults, `${KAFKA}workload: ${workload}\n`);
    expect(of('{records: 5000, rate: 1000/s}')).toContain('over after 5s');
    expect(of('{records: 5000}')).toBe('nothing');
  });

  it('of ZooKeepers, where there are none of that number', () => {
    const of = (faults: string) =>
      refused(
        `faults: [{at: 6s, kill: ${faults}, restartAfter: 5s}]`,
        'target: {kafka: {version: 3.9.1, mode: zookeeper, zookeepers: 3}}\n' +
          'workload: {duration: 30s}\n',
      );
    expect(of('zookeepers')).toBe('nothing');
    expect(of('zookeeper 3')).toBe('nothing');
    expect(of('zookeeper 4')).toContain('there is no zookeeper 4');
  });

  it('where the target lets no such thing be done', () => {
    const external = 'target: {bootstrap: ["h:1"]}\nworkload: {duration: 30s}\n';
    expect(refused('faults: [{at: 6s, kill: broker 1}]', external)).toMatch(
      /this cluster is not kbench's.*-> write run: \[program, argument\]/,
    );
    expect(refused('faults: [{at: 6s, run: [true]}]', external)).toBe('nothing');
    const embedded = 'target: {embedded: {brokers: 2}}\nworkload: {duration: 30s}\n';
    expect(refused('faults: [{at: 6s, pause: broker 1, for: 1s}]', embedded)).toMatch(
      /cannot be paused.*-> write network: \{broker: 1, cut: true\}/,
    );
    expect(refused('faults: [{at: 6s, kill: follower}]', embedded)).toContain('nobody follows');
    expect(refused('faults: [{at: 6s, kill: broker 2, restartAfter: 1s}]', embedded)).toBe(
      'nothing',
    );
  });
});
