import { beforeAll, describe, expect, it } from 'vitest';
import type { TransactionSettings } from '../../contract/settings.js';
import { ProducerError, ProducerStateError } from '../../producer-core/index.js';
import { FakeProducer } from '../../testing/fake-producer.js';
import type { FakeOptions } from '../../testing/fake-producer.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { ClosedLoop } from './closed-loop.js';
import type { GeneratorContext, GeneratorPhase, PhaseOutcome } from './generator.js';
import { initHistograms, mergeLatency } from '../measure/histogram.js';
import { createKeys } from '../keys/keys.js';
import { OpenLoop } from './open-loop.js';
import { PayloadPool } from '../payload/payload.js';
import { SecondThread } from '../java-timing/second-thread.js';
import { Schedule } from './schedule.js';
import { MetricWindows } from '../measure/metric-windows.js';
import { SharedState, STOP } from '../threads/shared-state.js';
import { Tracker } from '../measure/tracker.js';
import { Transactions } from './transactions.js';

beforeAll(initHistograms);

const START_MS = 1000;
const fenced = new ProducerStateError(
  'fenced',
  new ProducerError('PRODUCER_FENCED', 'fenced', false, 90),
  false,
);
const abortable = new ProducerStateError(
  'a batch failed',
  new ProducerError('INVALID_RECORD', 'no', false, 87),
  true,
);

function bench(
  openLoop: boolean,
  settings: TransactionSettings,
  options: Partial<FakeOptions> = {},
) {
  const clock = new ManualClock(START_MS);
  const state = SharedState.create(1);
  const tracker = new Tracker({
    now: () => clock.now(),
    openLoop,
    worker: 0,
    state,
    onInterval: () => undefined,
    ledger: null,
    windows: new MetricWindows(() => producer.metricSample()),
  });
  const producer: FakeProducer = new FakeProducer({
    clock,
    hooks: { onBatchDone: (batch, error) => tracker.onBatchDone(batch, error) },
    answerMs: 2,
    endMs: 3,
    ...options,
  });
  const transactions = new Transactions({
    producer,
    clock,
    settings,
    seed: 5,
    acked: () => tracker.acked,
    patiently: (promise) => promise,
  });
  const context: GeneratorContext = {
    producer,
    topic: { name: 't', partitionCount: 1 },
    clock,
    keys: createKeys({ kind: 'none' }, { seed: 1, worker: 0, workers: 1 }),
    payload: new PayloadPool(10, 1),
    tracker,
    transactions,
    audit: null,
    stopped: () => state.stopped,
  };
  tracker.startMeasuring(START_MS);
  return { clock, state, tracker, producer, transactions, context };
}

/** Commits are promises: time goes in small steps, so that they are heard in between. */
async function run(
  phase: GeneratorPhase,
  clock: ManualClock,
  untilMs: number,
): Promise<PhaseOutcome | Error | null> {
  let outcome: PhaseOutcome | Error | null = null;
  phase.run().then(
    (value) => (outcome = value),
    (error: unknown) => (outcome = error as Error),
  );
  for (let at = clock.now(); at < untilMs && outcome === null; at += 0.5) {
    clock.runUntil(at);
    for (let turns = 0; turns < 8; turns++) await Promise.resolve();
  }
  return outcome;
}

const closed = (records: number, endMs = Infinity) => ({ startMs: START_MS, records, endMs });
const openPlan = (clock: ManualClock, rate: number, records: number) => ({
  schedule: new Schedule(START_MS, rate, 0, 1),
  pacer: {
    pause: (waitMs: number, _gapMs: number, _quiet: boolean, resume: () => void) => {
      clock.schedule(Math.max(1e-6, waitMs), resume);
      return 'timer' as const;
    },
    sleepMs: () => 0,
  },
  thread: new SecondThread(0, () => 0),
  records,
  endMs: Infinity,
});

describe('a closed loop in transactions', () => {
  it('commits after so many records, sends nothing meanwhile, commits the rest', async () => {
    const { context, clock, producer, transactions, tracker } = bench(false, {
      records: 100,
      abortRatio: 0,
    });
    expect(await run(new ClosedLoop(context, closed(250)), clock, START_MS + 1000)).toMatchObject({
      sent: 250,
    });
    expect(producer.calls).toEqual([
      'begin',
      'commit 100',
      'begin',
      'commit 200',
      'begin',
      'commit 250',
    ]);
    const packed = transactions.pack();
    expect(packed).toMatchObject({
      begun: 3,
      committed: 3,
      aborted: 0,
      failed: 0,
      recordsCommitted: 250,
      recordsAborted: 0,
    });
    expect(tracker.acked).toBe(250);
    // Flush 2 ms, then 3 ms of the commit itself.
    const latency = mergeLatency([packed.commit])!;
    expect([latency.count, latency.min >= 5, latency.max < 7]).toEqual([3, true, true]);
    expect(packed.endingMs).toBeGreaterThanOrEqual(15);
    expect(packed.lastEndedMs).toBe(clock.now());
  });

  it('commits no empty transaction where records end with one', async () => {
    const { context, clock, producer } = bench(false, { records: 100, abortRatio: 0 });
    await run(new ClosedLoop(context, closed(200)), clock, START_MS + 1000);
    expect(producer.calls).toEqual(['begin', 'commit 100', 'begin', 'commit 200']);
  });

  it('aborts with the seeded chance, after a flush, with every record acknowledged', async () => {
    const outcomes = async () => {
      const { context, clock, producer, transactions } = bench(false, {
        records: 10,
        abortRatio: 0.25,
      });
      await run(new ClosedLoop(context, closed(2000)), clock, START_MS + 10_000);
      return {
        calls: producer.calls.map((call) => call.split(' ')[0]),
        totals: transactions.pack(),
      };
    };
    const [{ calls, totals }, again] = [await outcomes(), await outcomes()];
    expect(again.calls).toEqual(calls);
    expect(totals).toMatchObject({ begun: 200, failed: 0 });
    expect(totals.aborted).toBeGreaterThan(30);
    expect(totals.aborted).toBeLessThan(70);
    expect(totals.recordsAborted).toBe(totals.aborted * 10);
    expect(totals.recordsCommitted).toBe(totals.committed * 10);
    expect(mergeLatency([totals.abort])!.count).toBe(totals.aborted);
  });

  it('aborts what cannot be committed, counts it as failed, and goes on', async () => {
    const { context, clock, producer, transactions } = bench(
      false,
      { records: 100, abortRatio: 0 },
      { commitOutcome: (commit) => (commit === 0 ? abortable : null) },
    );
    expect(await run(new ClosedLoop(context, closed(200)), clock, START_MS + 1000)).toMatchObject({
      sent: 200,
    });
    expect(producer.calls).toEqual(['begin', 'commit 100', 'abort 100', 'begin', 'commit 200']);
    expect(transactions.pack()).toMatchObject({
      begun: 2,
      committed: 1,
      failed: 1,
      recordsCommitted: 100,
      recordsAborted: 100,
    });
  });

  it('ends with the cause when it is fenced', async () => {
    const { context, clock } = bench(
      false,
      { records: 100, abortRatio: 0 },
      {
        commitOutcome: () => fenced,
        abortOutcome: () => new ProducerError('ILLEGAL_STATE', 'not now'),
      },
    );
    expect(await run(new ClosedLoop(context, closed(200)), clock, START_MS + 1000)).toBe(fenced);
  });

  it('aborts a transaction with a refused append, and sends that record in the next', async () => {
    let refusals = 1;
    const { context, clock, producer, transactions } = bench(
      false,
      { records: 100, abortRatio: 0 },
      { appendError: (appended) => (appended === 50 && refusals-- > 0 ? abortable : null) },
    );
    expect(await run(new ClosedLoop(context, closed(150)), clock, START_MS + 1000)).toMatchObject({
      sent: 150,
    });
    expect(producer.calls).toEqual(['begin', 'abort 50', 'begin', 'commit 150']);
    expect(transactions.pack()).toMatchObject({ begun: 2, committed: 1, failed: 1 });
  });

  it('commits the open transaction when the user stops the run', async () => {
    const { context, clock, producer, state } = bench(
      false,
      { records: 1_000_000, abortRatio: 0 },
      { bufferRecords: 100 },
    );
    clock.schedule(20, () => state.stop(STOP.user));
    expect(
      await run(new ClosedLoop(context, closed(Infinity)), clock, START_MS + 1000),
    ).not.toBeNull();
    expect(producer.calls.map((call) => call.split(' ')[0])).toEqual(['begin', 'commit']);
  });
});

describe('an open loop in transactions', () => {
  it('lets due times pass while a transaction ends, shown in delay and response', async () => {
    const { context, clock, producer, tracker, transactions } = bench(true, {
      records: 10,
      abortRatio: 0,
    });
    const outcome = await run(
      new OpenLoop(context, openPlan(clock, 1000, 100)),
      clock,
      START_MS + 1000,
    );
    expect(outcome).toMatchObject({ sent: 100 });
    expect(producer.calls.filter((call) => call.startsWith('commit'))).toHaveLength(10);
    expect(transactions.pack()).toMatchObject({ committed: 10, recordsCommitted: 100 });
    const { latencies } = tracker.finish();
    const delay = mergeLatency([latencies.delay!])!;
    // A commit takes 2 + 3 ms: of ten records the first five or so were due during the one before.
    expect(delay.max).toBeGreaterThanOrEqual(4);
    expect(delay.max).toBeLessThan(8);
    expect(mergeLatency([latencies.response!])!.max).toBeGreaterThan(delay.max);
    // The last records leave on time all the same: lateness does not add up.
    expect((outcome as PhaseOutcome).lastSentMs).toBeLessThan(START_MS + 107);
  });
});
