import { describe, expect, it } from 'vitest';
import type { Continuity } from '../../contract/run-result.js';
import { judge, lateness } from './verdict.js';
import type { MemoryFacts, OpenLoopFacts, VerdictInput } from './verdict.js';

const CALM: Continuity = {
  longestGapMs: 12,
  longestGapAtMs: 900,
  longestWaitMs: 20,
  longestWaitAtMs: 890,
  connectionsLost: 0,
  connectionsFailed: 0,
  leaderChanges: 0,
  recordRetries: 0,
  outages: [],
};
const OUTAGE: Continuity = {
  ...CALM,
  connectionsLost: 10,
  connectionsFailed: 1,
  recordRetries: 2,
  outages: [{ atMs: 2100, forMs: 6000, partial: false }],
};
const CLOSED: VerdictInput = {
  openLoop: null,
  embeddedTarget: false,
  records: { sent: 1_000_000, acked: 1_000_000, failed: 0 },
  measuredMs: 10_000,
  bufferWaitShare: 0.6,
  transactions: null,
  busyShare: 0.5,
  latencyP99Ms: 5,
  lagMs: { p99: 0.4, max: 3 },
  gc: { totalMs: 5, maxMs: 2 },
  clockJumpMs: 0.1,
  failures: [],
  continuity: CALM,
  answered: true,
  memory: null,
  throttledMs: 0,
};
const STEADY: OpenLoopFacts = {
  rate: 10_000,
  sendSpanMs: 10_000,
  blockedMs: 0,
  late: { percentile: 'p99', ms: 0.2 },
  serviceP99Ms: 4,
  backlog: [50, 40, 60, 50, 45, 55, 50, 48, 52],
};
const COMMITS = { begun: 100, failed: 0, endingShare: 0.02, longestMs: 10 };
const open = (
  change: Partial<OpenLoopFacts> = {},
  more: Partial<VerdictInput> = {},
): VerdictInput => ({
  ...CLOSED,
  records: { sent: 100_000, acked: 100_000, failed: 0 },
  bufferWaitShare: 0,
  openLoop: { ...STEADY, ...change },
  ...more,
});
const closed = (change: Partial<VerdictInput>): VerdictInput => ({ ...CLOSED, ...change });

const told = (input: VerdictInput): string[] =>
  judge(input).reasons.map(({ code, severity }) => `${severity} ${code}`);

describe('another client than the core that falls behind', () => {
  const late = { late: { percentile: 'p99', ms: 400 } };
  const waiting = { backlog: [10, 900, 1800, 2700, 3600, 4500, 5400, 6300, 7200] };

  it.each([
    ['leaves late', late],
    ['piles up', waiting],
  ])('counts, with a warning: %s', (_what, facts) => {
    expect(told(open(facts))[0]).toMatch(/^invalid/);
    const { valid, reasons } = judge(open(facts, { client: 'kafkajs' }));
    expect([valid, reasons.map(({ code }) => code)]).toEqual([true, ['driver-behind']]);
    expect(reasons[0].message).toMatch(/^kafkajs: /);
  });
});

describe('what faults of the plan did', () => {
  const asked = { windows: [{ fromMs: 2000, toMs: 8500 }], failed: 0 };
  const happened = {
    ...OUTAGE,
    outages: OUTAGE.outages.map((each) => ({ ...each, asked: true })),
  };

  it('is no outage, no lateness and no backlog of anybody', () => {
    const late = { blockedMs: 7000, late: { percentile: 'p99', ms: 6500 } };
    const waiting = [10, 10, 9000, 9000, 9000, 9000, 9000, 40, 10];
    const input = { continuity: happened, bufferWaitShare: 0.5, asked };
    expect(told(open({ ...late, backlog: waiting }, input))).toEqual([]);
  });

  it('makes failed records no error, but those that failed at another time', () => {
    const records = { sent: 100_000, acked: 99_990, failed: 10 };
    const failures = [{ name: 'TIMED_OUT', message: 'm', records: 10 }];
    const of = (failed: number) =>
      judge(open({}, { records, failures, asked: { ...asked, failed } })).reasons;
    expect(of(10)).toEqual([]);
    expect(of(7)).toMatchObject([
      {
        ...{ code: 'errors', severity: 'invalid' },
        message: '10 of 100000 records failed, 3 of them in no fault’s time (TIMED_OUT 10)',
      },
    ]);
  });

  it('excuses nothing that happened outside of it', () => {
    const later = { ...happened, outages: [{ atMs: 9000, forMs: 900, partial: false }] };
    expect(told(open({}, { continuity: later, asked }))).toEqual(['warning outage']);
    const lag = { lagMs: { p99: 80, max: 200 }, asked };
    expect(told(open({}, lag))).toEqual(['invalid event-loop-lag']);
  });
});

describe('verdict', () => {
  it.each<[string, VerdictInput, string[]]>([
    ['a calm closed loop', CLOSED, []],
    ['a calm open loop', open(), []],
    [
      'nothing acknowledged',
      closed({ records: { sent: 0, acked: 0, failed: 0 } }),
      ['invalid no-records'],
    ],
    [
      'failed records',
      closed({
        records: { sent: 10, acked: 9, failed: 1 },
        failures: [{ name: 'TIMEOUT', message: '', records: 1 }],
      }),
      ['invalid errors'],
    ],
    [
      'a busy generator with an empty buffer',
      closed({ busyShare: 0.97, bufferWaitShare: 0.01 }),
      ['invalid generator-saturated'],
    ],
    [
      'the same on the embedded target',
      closed({ busyShare: 0.97, bufferWaitShare: 0.01, embeddedTarget: true }),
      ['warning generator-saturated', 'warning target-embedded'],
    ],
    [
      'a busy generator with a full buffer',
      closed({ busyShare: 0.97 }),
      ['warning generator-saturated'],
    ],
    ['a rate missed by 2 %', open({ sendSpanMs: 10_210 }), ['invalid generator-saturated']],
    ['a rate missed by half a percent', open({ sendSpanMs: 10_050 }), []],
    [
      'a short run that ends late',
      open({ sendSpanMs: 1050 }, { records: { sent: 10_000, acked: 10_000, failed: 0 } }),
      [],
    ],
    ['late records', open({ late: { percentile: 'p99', ms: 6 } }), ['invalid generator-saturated']],
    [
      'late records that do not matter beside a slow broker',
      open({ late: { percentile: 'p99', ms: 6 }, serviceP99Ms: 90 }),
      [],
    ],
    [
      'records late by commits, which is no fault of the generator',
      open(
        { late: { percentile: 'p99', ms: 30 } },
        { transactions: { ...COMMITS, longestMs: 28 } },
      ),
      [],
    ],
    [
      'records later than commits explain',
      open(
        { late: { percentile: 'p99', ms: 30 } },
        { transactions: { ...COMMITS, longestMs: 20 } },
      ),
      ['invalid generator-saturated'],
    ],
    [
      'a rate that commits leave no time for',
      open(
        { sendSpanMs: 15_000, late: { percentile: 'p99', ms: 4000 } },
        { transactions: { ...COMMITS, endingShare: 0.6 } },
      ),
      ['invalid backlog-growing'],
    ],
    [
      'a failed transaction',
      closed({ transactions: { ...COMMITS, failed: 1 } }),
      ['invalid errors'],
    ],
    [
      'a buffer full too often',
      open({ late: { percentile: 'p99', ms: 900 } }, { bufferWaitShare: 0.2 }),
      ['invalid backlog-growing'],
    ],
    [
      'a backlog that grows',
      open({ backlog: [100, 900, 1700, 2500, 3300, 4100, 4900, 5700, 6500] }),
      ['invalid backlog-growing'],
    ],
    ['a backlog that grew once', open({ backlog: [50, 50, 50, 9000, 9000, 9000, 50, 50, 50] }), []],
    ['too few intervals for a trend', open({ backlog: [100, 5000, 9000] }), []],
    ['loop lag to be known', closed({ lagMs: { p99: 7, max: 30 } }), ['warning event-loop-lag']],
    [
      'loop lag that spoils figures',
      closed({ lagMs: { p99: 21, max: 30 } }),
      ['invalid event-loop-lag'],
    ],
    ['one long collection', closed({ gc: { totalMs: 60, maxMs: 60 } }), ['invalid gc-pause']],
    ['many short ones', closed({ gc: { totalMs: 600, maxMs: 3 } }), ['invalid gc-pause']],
    ['a clock set back', closed({ clockJumpMs: -400 }), ['invalid clock-jump']],
    ['a quota now and then', closed({ throttledMs: 150 }), ['warning cpu-throttled']],
    ['a quota that is the limit', closed({ throttledMs: 2000 }), ['invalid cpu-throttled']],
    ['a clock slewed over hours', closed({ clockJumpMs: 1500, measuredMs: 3_600_000 }), []],
    ['an outage', closed({ continuity: OUTAGE }), ['warning outage']],
    [
      'an outage at a set rate, and what follows from it',
      open(
        {
          late: { percentile: 'p99', ms: 4100 },
          sendSpanMs: 10_050,
          blockedMs: 4200,
          backlog: [5, 5, 900, 4000, 9000, 9900],
        },
        { bufferWaitShare: 0.42, continuity: OUTAGE },
      ),
      ['warning outage'],
    ],
    [
      'records that left later than an outage explains',
      open(
        { late: { percentile: 'p99', ms: 4100 }, blockedMs: 300 },
        { bufferWaitShare: 0.03, continuity: OUTAGE },
      ),
      ['warning outage', 'invalid generator-saturated'],
    ],
    [
      'a rate that was too high before an outage as well',
      open(
        {
          rate: 10_000,
          backlog: [100, 900, 1700, 2500, 3300, 4100, 4900, 5700, 6500, 20_000, 30_000],
        },
        { continuity: { ...OUTAGE, outages: [{ atMs: 9000, forMs: 2000, partial: false }] } },
      ),
      ['warning outage', 'invalid backlog-growing'],
    ],
    ['the embedded target', closed({ embeddedTarget: true }), ['warning target-embedded']],
  ])('of %s', (_name, input, expected) => {
    expect(told(input)).toEqual(expected);
    expect(judge(input).valid).toBe(expected.every((reason) => !reason.startsWith('invalid')));
  });

  it('says in words what was wrong', () => {
    const input = closed({
      records: { sent: 10, acked: 7, failed: 3 },
      failures: [
        { name: 'TIMEOUT', message: '', records: 2 },
        { name: 'NOT_ENOUGH_REPLICAS', message: '', records: 1 },
      ],
    });
    expect(judge(input).reasons[0].message).toBe(
      '3 of 10 records failed (TIMEOUT 2, NOT_ENOUGH_REPLICAS 1)',
    );
  });

  it('says when the cluster was not there, for how long, and what else happened', () => {
    const words = (continuity: Continuity, answered = true): string =>
      judge(closed({ continuity, answered })).reasons[0].message;
    const events = '(10 connections lost, 1 attempt to connect failed, 2 records sent again)';
    expect(words(OUTAGE)).toBe(`no acknowledgement for 6.0 s from 2.1 s on ${events}`);
    expect(words(OUTAGE, false)).toBe(`nothing could be written for 6.0 s from 2.1 s on ${events}`);
    const more = [...OUTAGE.outages, { atMs: 9000, forMs: 1500, partial: true }];
    expect(words({ ...CALM, outages: more })).toBe(
      'no acknowledgement for 6.0 s from 2.1 s on, and 1 more time',
    );
    expect(words({ ...CALM, outages: more.slice(1) })).toBe(
      'records waited for 1.5 s from 9.0 s on while others were acknowledged',
    );
  });

  it('names the first cause of failed records', () => {
    const message =
      't-0: 3 records expired 900 ms after their batch was made; first cause: broker 1: gone';
    const input = closed({
      records: { sent: 10, acked: 7, failed: 3 },
      failures: [{ name: 'TIMEOUT', message, records: 3 }],
    });
    expect(judge(input).reasons[0].message).toBe(
      '3 of 10 records failed (TIMEOUT 3: first cause: broker 1: gone)',
    );
  });
});

describe('a limit', () => {
  it('is a share of what is measured: 66 ms of pauses do not spoil a minute', () => {
    const slow = { lagMs: { p99: 66, max: 80 }, gc: { totalMs: 200, maxMs: 66 } };
    expect(told(closed({ ...slow, latencyP99Ms: 60_000 }))).toEqual([]);
    expect(told(closed({ ...slow, latencyP99Ms: 100 }))).toEqual([
      'invalid event-loop-lag',
      'invalid gc-pause',
    ]);
  });

  it('asks for more than one late timer', () => {
    const one = { p50: 0.1, p75: 0.2, p90: 0.3, p95: 0.4, p99: 40 };
    expect(lateness(one, 20)).toEqual({ percentile: 'p75', ms: 0.2 });
    expect(lateness(one, 3)).toEqual({ percentile: 'p50', ms: 0.1 });
    expect(lateness(one, 100)).toEqual({ percentile: 'p95', ms: 0.4 });
    expect(lateness(one, 1000)).toEqual({ percentile: 'p99', ms: 40 });
  });
});

describe('advice follows the cause', () => {
  const adviceOf = (input: VerdictInput): string => judge(input).reasons[0]?.advice ?? '';

  it('does not ask an idle generator for more workers', () => {
    const late = { late: { percentile: 'p99', ms: 40 } };
    const idle = judge(open(late, { busyShare: 0.04 })).reasons[0];
    expect(idle.message).toContain('busy 4 % of the time: this machine woke it late');
    expect(idle.advice).toContain('more workers would not help');
    expect(adviceOf(open(late, { busyShare: 0.9 }))).toBe('');
    expect(adviceOf(open({}, { busyShare: 0.04, lagMs: { p99: 9, max: 9 } }))).toContain(
      'something else kept',
    );
  });

  it('does not ask a closed loop for a lower rate', () => {
    expect(adviceOf(closed({ busyShare: 0.97, bufferWaitShare: 0.01 }))).not.toContain(
      'lower rate',
    );
  });

  it('tells how far beyond the limit a run is', () => {
    expect(judge(closed({ lagMs: { p99: 50, max: 60 } })).reasons[0].size).toBe(10);
  });
});

describe('buffer.memory below partitions x batch.size', () => {
  const memory: MemoryFacts = {
    ...{ bufferBytes: 4 << 20, batchBytes: 1 << 20, partitions: 6 },
    ...{ meanBatchBytes: 300, inFlightShare: 0.02 },
  };

  it('is named where appends waited for it, and the broker is not', () => {
    const { reasons } = judge(open({ blockedMs: 4000 }, { memory, bufferWaitShare: 0.4 }));
    expect(reasons.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'invalid buffer-memory',
    ]);
    expect(reasons[0].message).toContain(
      '(4194304 bytes) holds 4 batches of batch.size (1048576) for 6 partitions',
    );
  });

  it('is a word of care at a rate that it does not stop, where batches stay small', () => {
    expect(told(open({}, { memory, bufferWaitShare: 0.01 }))).toEqual(['warning buffer-memory']);
    expect(
      told(open({}, { memory: { ...memory, meanBatchBytes: 900_000 }, bufferWaitShare: 0.01 })),
    ).toEqual([]);
    expect(told(open({}, { memory, bufferWaitShare: 0 }))).toEqual([]);
  });

  it('is no excuse of a broker that has all requests in flight', () => {
    const busy = { ...memory, inFlightShare: 0.9 };
    expect(told(open({}, { memory: busy, bufferWaitShare: 0.4 }))).toEqual([
      'invalid backlog-growing',
    ]);
  });
});

describe('a rate that was outrun', () => {
  it('is as wrong as one that was missed', () => {
    expect(told(open({ sendSpanMs: 9000 }))).toEqual(['invalid generator-saturated']);
    expect(told(open({ sendSpanMs: 9999 }))).toEqual([]);
  });
});
