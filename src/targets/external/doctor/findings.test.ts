// Findings from values: topics, clocks, brokers. Nothing is asked.
import { describe, expect, it } from 'vitest';
import { advertisedFindings, type Cluster, type Entrance } from './advertised.js';
import { clockDifference, clockFindings } from './clocks.js';
import { operationsOf } from './permissions.js';
import { topicsOutcome, type Topic } from './topic-health.js';
import { ERROR } from '../../../wire/error-codes.js';

const NOW = Date.UTC(2026, 10, 27, 19, 0, 0);

interface Part {
  readonly leader?: number;
  readonly replicas?: readonly number[];
  readonly isr?: readonly number[];
  readonly offline?: readonly number[];
}

const topic = (name: string, parts: readonly Part[]): Topic => ({
  ...{ errorCode: ERROR.NONE, name, topicId: '', isInternal: false, topicAuthorizedOperations: 0 },
  partitions: parts.map(({ leader = 1, replicas = [1, 2], isr = replicas, offline = [] }, i) => ({
    ...{ errorCode: ERROR.NONE, partitionIndex: i, leaderId: leader, leaderEpoch: 0 },
    ...{ replicaNodes: [...replicas], isrNodes: [...isr], offlineReplicas: [...offline] },
  })),
});
const brokers = [1, 2].map((nodeId) => ({ nodeId, host: 'h', port: nodeId, rack: null }));

function outcome(topics: Topic[], minIsr: Readonly<Record<string, number>> = {}) {
  const byTopic = new Map(Object.entries(minIsr));
  return topicsOutcome({ topics, brokers }, { byTopic, forbidden: false }, NOW);
}

const codes = (found: { readonly findings: readonly { readonly code: string }[] }) =>
  found.findings.map(({ code }) => code);

describe('topics', () => {
  it('that are led and in sync are no findings', () => {
    const { state, findings } = outcome([topic('a', [{}, {}]), topic('b', [{}])], { a: 2 });
    expect(findings).toEqual([]);
    expect(state).toMatchObject({ topics: 2, partitions: 3, withoutLeader: 0, underMinIsr: 0 });
  });

  it('without a leader are a problem, and counted once', () => {
    const found = outcome([topic('a', [{ leader: -1, isr: [2] }])], { a: 2 });
    expect(codes(found)).toEqual(['no-leader']);
    expect(found.findings[0].remedy).toContain('brokers 1, 2');
  });

  it('under min.insync.replicas are told from those that never can be above it', () => {
    const found = outcome([topic('now', [{ isr: [1] }]), topic('never', [{ replicas: [1] }])], {
      now: 2,
      never: 2,
    });
    expect(codes(found)).toEqual(['under-min-isr', 'under-min-isr']);
    expect(found.findings[0].cause).toContain('now-0');
    expect(found.findings[0].remedy).toContain('bring back broker 2');
    expect(found.findings[1].cause).toContain('never-0');
    expect(found.state.underMinIsr).toBe(2);
  });

  it('that lag are a warning, and so are replicas on a broker that is not there', () => {
    const found = outcome([topic('a', [{ replicas: [1, 7], isr: [1] }])], { a: 1 });
    expect(found.findings.map(({ severity, code }) => [severity, code])).toEqual([
      ['warning', 'under-replicated'],
      ['warning', 'offline-replicas'],
    ]);
    expect(found.state.offlineReplicas).toBe(1);
  });

  it('of a doctor that was killed are named, those of one at work are not', () => {
    const old = 'kbench-doctor-20261127T100000-1f2e3d4c';
    const found = outcome([
      topic(old, [{}]),
      topic('kbench-doctor-20261127T185900-1f2e3d4c', [{}]),
      topic('kbench-doctor-mine', [{}]),
    ]);
    expect(codes(found)).toEqual(['left-topic']);
    expect(found.findings[0].remedy).toContain(`--topic ${old}`);
  });

  it('are listed by five, and the rest is counted', () => {
    const found = outcome([
      topic(
        't',
        Array.from({ length: 12 }, () => ({ leader: -1 })),
      ),
    ]);
    expect(found.findings[0].cause).toContain('t-0, t-1, t-2, t-3, t-4 and 7 more');
  });
});

describe('clocks', () => {
  it('differ by the narrowest record, within half its time and a millisecond', () => {
    const clocks = clockDifference([
      { broker: 1, timestamp: 5_100, sentMs: 1_000, ackedMs: 1_200 },
      { broker: 1, timestamp: 5_012, sentMs: 1_010, ackedMs: 1_014 },
      { broker: 2, timestamp: 990, sentMs: 1_000, ackedMs: 1_000 },
    ]);
    expect([...clocks]).toEqual([
      [1, { offsetMs: 4_000, errorMs: 3 }],
      [2, { offsetMs: -10, errorMs: 1 }],
    ]);
    expect(clockFindings(clocks)).toMatchObject([{ severity: 'warning', broker: 1 }]);
  });

  it('are a problem where records would be refused, and none where it is not sure', () => {
    const clock = (offsetMs: number, errorMs: number) =>
      clockFindings(new Map([[1, { offsetMs, errorMs }]]));
    expect(clock(-3_700_000, 5)).toMatchObject([{ severity: 'problem' }]);
    expect(clock(2_500, 2_000)).toEqual([]);
  });
});

describe('brokers', () => {
  const at = (id: number, host: string, port: number) => ({ id, host, port, rack: null });
  const entrance = (address: string): Entrance => ({
    address,
    identified: { known: false, forbidden: false },
  });
  const cluster = (...of: Cluster['brokers']): Cluster => ({
    ...{ id: 'c', brokers: of, security: 'PLAINTEXT', entrances: [entrance('10.0.0.1:9092')] },
  });

  it('that advertise the same address are a problem', () => {
    const found = advertisedFindings(cluster(at(1, 'k', 9092), at(2, 'k', 9092)), [], 'x');
    expect(found).toMatchObject([{ code: 'same-address', severity: 'problem' }]);
    expect(found[0].cause).toContain('brokers 1 and 2 advertise the same address k:9092');
  });

  it('that advertise loopback to who came from elsewhere are a warning', () => {
    const found = advertisedFindings(cluster(at(1, 'localhost', 9092)), [], 'x');
    expect(found).toMatchObject([{ code: 'loopback', severity: 'warning', broker: 1 }]);
    const here = { ...cluster(at(1, 'localhost', 9092)), entrances: [entrance('[::1]:9092')] };
    expect(advertisedFindings(here, [], 'x')).toEqual([]);
  });
});

it('authorized operations have the names of kafka-acls', () => {
  expect(operationsOf((1 << 5) | (1 << 8))).toEqual(['Create', 'Describe']);
  expect(operationsOf(0)).toEqual([]);
  expect(operationsOf(-2_147_483_648)).toBeNull();
});
