import { beforeAll, describe, expect, it } from 'vitest';
import { RecordTooLargeError } from '../../producer-core/index.js';
import { FakeProducer } from '../../testing/fake-producer.js';
import type { FakeOptions } from '../../testing/fake-producer.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { ClosedLoop } from './closed-loop.js';
import type { ClosedLoopPlan } from './closed-loop.js';
import type { GeneratorContext, GeneratorPhase, PhaseOutcome } from './generator.js';
import { initHistograms, mergeLatency } from '../measure/histogram.js';
import { createKeys } from '../keys/keys.js';
import { OpenLoop } from './open-loop.js';
import { MetricWindows } from '../measure/metric-windows.js';
import { PayloadPool } from '../payload/payload.js';
import { SecondThread } from '../java-timing/second-thread.js';
import { Schedule } from './schedule.js';
import { SharedState, STOP } from '../threads/shared-state.js';
import { Tracker } from '../measure/tracker.js';
import type { IntervalPart } from '../measure/tracker.js';

beforeAll(initHistograms);

const START_MS = 1000;

/** A generator, its tracker and a fake producer in manual time. */
function bench(openLoop: boolean, options: Partial<FakeOptions> = {}, appendMs = 0) {
  const clock = new ManualClock(START_MS);
  const state = SharedState.create(1);
  const intervals: IntervalPart[] = [];
  const tracker: Tracker = new Tracker({
    now: () => clock.now(),
    openLoop,
    worker: 0,
    state,
    windows: new MetricWindows(() => producer.metricSample()),
    onInterval: (part) => intervals.push(part),
    ledger: null,
  });
  const producer = new FakeProducer({
    clock,
    hooks: { onBatchDone: (batch, error) => tracker.onBatchDone(batch, error) },
    onAppend: () => clock.spend(appendMs),
    ...options,
  });
  const context: GeneratorContext = {
    producer,
    topic: { name: 't', partitionCount: 1 },
    clock,
    keys: createKeys({ kind: 'none' }, { seed: 1, worker: 0, workers: 1 }),
    payload: new PayloadPool(100, 1),
    tracker,
    transactions: null,
    audit: null,
    stopped: () => state.stopped,
  };
  tracker.startMeasuring(START_MS);
  return { clock, state, tracker, producer, context, intervals };
}

/** Runs the phase until `untilMs` of manual time; null when it has not ended by then. */
async function run(
  phase: GeneratorPhase,
  clock: ManualClock,
  untilMs: number,
): Promise<PhaseOutcome | null> {
  let outcome: PhaseOutcome | null = null;
  const running = phase.run().then((value) => (outcome = value));
  running.catch(() => undefined);
  clock.runUntil(untilMs);
  await Promise.race([running, Promise.resolve()]);
  return outcome;
}

const closed = (plan: Partial<ClosedLoopPlan> = {}): ClosedLoopPlan => ({
  startMs: START_MS,
  records: Infinity,
  endMs: Infinity,
  ...plan,
});

function open(
  context: GeneratorContext,
  rate: number,
  records: number,
  endMs = Infinity,
  lookEveryMs = 0,
): OpenLoop {
  const { clock } = context;
  const pacer = {
    pause(waitMs: number, _gapMs: number, _quiet: boolean, resume: () => void) {
      // Never so little that the clock's rounding swallows it.
      clock.schedule(Math.max(1e-6, waitMs), resume);
      return 'timer' as const;
    },
    sleepMs: () => lookEveryMs,
  };
  return new OpenLoop(context, {
    schedule: new Schedule(START_MS, rate, 0, 1),
    pacer,
    thread: new SecondThread(lookEveryMs, () => 0),
    records,
    endMs,
  });
}

describe('closed loop', () => {
  it('sends exactly the records asked for and wakes the sender once a burst', async () => {
    const { context, clock, producer, tracker } = bench(false, {}, 0.001);
    const outcome = await run(
      new ClosedLoop(context, closed({ records: 1000 })),
      clock,
      START_MS + 100,
    );
    expect(outcome).toMatchObject({ sent: 1000, blockedMs: 0 });
    expect([producer.sent.length, tracker.acked, tracker.outstanding]).toEqual([1000, 1000, 0]);
    expect(producer.wakes).toBeLessThan(10);
  });

  it('lets the event loop turn after about 200 us', async () => {
    const { context, clock, producer } = bench(false, {}, 0.001);
    let longest = 0;
    let since = clock.now();
    const soon = clock.soon.bind(clock);
    clock.soon = (callback) => {
      longest = Math.max(longest, clock.now() - since);
      soon(() => {
        since = clock.now();
        callback();
      });
    };
    await run(new ClosedLoop(context, closed({ records: 10_000 })), clock, START_MS + 100);
    expect(producer.sent.length).toBe(10_000);
    expect(longest).toBeLessThanOrEqual(0.2 + 0.064 + 1e-9);
  });

  it('goes on from within the call back when memory is free, and counts the wait', async () => {
    const { context, clock, tracker } = bench(false, { bufferRecords: 20, answerMs: 4 }, 0.001);
    const outcome = await run(
      new ClosedLoop(context, closed({ records: 200 })),
      clock,
      START_MS + 1000,
    );
    expect(outcome).toMatchObject({ sent: 200 });
    // Twenty records every four milliseconds, filled in 20 us.
    expect(outcome!.blockedMs).toBeGreaterThan(9 * 3.9);
    expect(outcome!.blockedMs).toBeLessThan(10 * 4.1);
    expect(tracker.acked).toBe(200);
  });

  it('survives a call back from within awaitMemory itself', async () => {
    const { context, clock, producer, tracker } = bench(false, { bufferRecords: 10, hold: true });
    const once = producer.awaitMemory.bind(producer);
    producer.awaitMemory = (callback) => {
      producer.awaitMemory = once;
      callback(null);
    };
    clock.schedule(3, () => producer.release());
    await run(new ClosedLoop(context, closed({ records: 30 })), clock, START_MS + 100);
    expect(tracker.acked).toBe(30);
  });

  it('counts a record as failed after max.block.ms of a full buffer, and goes on', async () => {
    const { context, clock, producer, tracker } = bench(false, {
      bufferRecords: 10,
      maxBlockMs: 50,
      hold: true,
    });
    const running = run(new ClosedLoop(context, closed({ records: 25 })), clock, START_MS + 130);
    await running;
    expect([tracker.sent, tracker.failed, tracker.acked]).toEqual([12, 2, 0]);
    producer.release();
    clock.runUntil(START_MS + 300);
    expect([tracker.sent, tracker.failed, tracker.acked]).toEqual([25, 2, 23]);
    expect(tracker.finish().failures).toMatchObject([{ name: 'TIMEOUT', records: 2 }]);
  });

  it('ends at its time, blocked or not', async () => {
    const free = bench(false, { answerMs: 0.1 }, 0.01);
    const outcome = await run(
      new ClosedLoop(free.context, closed({ endMs: START_MS + 20 })),
      free.clock,
      2000,
    );
    expect(outcome!.lastSentMs).toBeLessThan(START_MS + 20 + 0.7);
    const blocked = bench(false, { bufferRecords: 10, hold: true });
    const ended = await run(
      new ClosedLoop(blocked.context, closed({ endMs: START_MS + 20 })),
      blocked.clock,
      1100,
    );
    expect(ended).toMatchObject({ sent: 10 });
  });

  it('stops appending on the stop flag while it waits for memory', async () => {
    const { context, clock, state, producer } = bench(false, { bufferRecords: 10, hold: true });
    clock.schedule(100, () => state.stop(STOP.user));
    const outcome = await run(new ClosedLoop(context, closed()), clock, START_MS + 200);
    expect(outcome).toMatchObject({ sent: 10 });
    producer.release();
    clock.runUntil(START_MS + 300);
    expect(producer.sent.length).toBe(10);
  });

  it('waits for the agreed start', async () => {
    const { context, clock, producer } = bench(false);
    await run(
      new ClosedLoop(context, closed({ startMs: START_MS + 17.5, records: 5 })),
      clock,
      START_MS + 30,
    );
    expect(producer.sent[0].nowMs).toBeGreaterThanOrEqual(START_MS + 17.5);
    expect(producer.sent[0].nowMs).toBeLessThan(START_MS + 17.6);
  });

  it('fails the phase when a record can never be taken', async () => {
    const { context, clock, producer } = bench(false);
    producer.append = () => {
      throw new RecordTooLargeError('too large');
    };
    const running = new ClosedLoop(context, closed({ records: 5 })).run();
    clock.runUntil(START_MS + 1);
    await expect(running).rejects.toThrow('too large');
  });

  it('sends the values of the pool in order, whatever blocked it', async () => {
    const { context, clock, producer } = bench(false, { bufferRecords: 7, maxBlockMs: 1000 });
    await run(new ClosedLoop(context, closed({ records: 50 })), clock, START_MS + 500);
    const pool = new PayloadPool(100, 1);
    for (const { value } of producer.sent) {
      expect(Buffer.compare(value!, pool.current)).toBe(0);
      pool.advance();
    }
    expect(producer.sent.length).toBe(50);
  });
});

describe('open loop', () => {
  it('sends each record at its intended time', async () => {
    const { context, clock, producer, tracker } = bench(true);
    const outcome = await run(open(context, 1000, 100), clock, START_MS + 200);
    expect(outcome).toMatchObject({ sent: 100, blockedMs: 0 });
    producer.sent.forEach(({ nowMs }, i) => expect(nowMs).toBeCloseTo(START_MS + i, 6));
    const { delay, response } = tracker.finish().latencies;
    expect(mergeLatency([delay!])).toMatchObject({ count: 100, max: 0 });
    expect(mergeLatency([response!])).toMatchObject({ count: 100, min: 1, max: 1 });
  });

  it('catches up after a stall with intended times unchanged: delay shows the stall', async () => {
    const { context, clock, producer, tracker } = bench(true);
    // The whole machine stands still for 50 ms at 20 ms.
    clock.schedule(20.5, () => clock.spend(50));
    await run(open(context, 1000, 100), clock, START_MS + 200);
    expect(producer.sent.length).toBe(100);
    const { delay, response, service } = tracker.finish().latencies;
    const late = mergeLatency([delay!])!;
    // Records 21 to 70 were due in the stall: 49.5 ms late at most, the last of them 0.5 ms.
    expect(late.max).toBeCloseTo(49.5, 1);
    expect(late.mean).toBeCloseTo((50 * 25) / 100, 1);
    expect(mergeLatency([response!])!.max).toBeCloseTo(50.5, 1);
    expect(mergeLatency([service])!.count).toBe(100);
  });

  it('hands records over as of when they were due while the thread was busy', async () => {
    const { context, clock, producer, tracker } = bench(true);
    clock.schedule(20.5, () => clock.spend(50));
    await run(open(context, 1000, 100), clock, START_MS + 200);
    // What the sender's linger counts from; the send time, from which service counts, is the
    // clock's all the same.
    producer.sent.forEach(({ nowMs }, i) => expect(nowMs).toBeCloseTo(START_MS + i, 6));
    expect(mergeLatency([tracker.finish().latencies.service])!.p90).toBeLessThan(2);
  });

  it('hands records over as of now after it waited for buffer.memory', async () => {
    const { context, clock, producer } = bench(true, { bufferRecords: 10, hold: true });
    clock.schedule(60, () => producer.release());
    await run(open(context, 1000, 100), clock, START_MS + 300);
    expect(
      producer.sent.slice(0, 10).every(({ nowMs }, i) => Math.abs(nowMs - START_MS - i) < 1e-6),
    ).toBe(true);
    expect(producer.sent[10].nowMs).toBeGreaterThan(START_MS + 60);
  });

  it('appends what is due when asked in the middle of a drain, nothing at the end', async () => {
    const { context, clock, producer, state, tracker } = bench(true);
    const phase = open(context, 1000, 100);
    const running = run(phase, clock, START_MS + 10.5);
    await running;
    clock.spend(4);
    const wakes = producer.wakes;
    phase.meanwhile(clock.now());
    expect([producer.sent.length, tracker.sent, producer.wakes]).toEqual([15, 15, wakes]);
    phase.meanwhile(clock.now());
    expect(producer.sent).toHaveLength(15);
    state.stop(STOP.user);
    clock.spend(4);
    phase.meanwhile(clock.now());
    expect(producer.sent).toHaveLength(15);
  });

  it('appends in the middle of a drain no oftener than its pacing looks', async () => {
    const { context, clock, producer } = bench(true);
    const every = 0.11;
    const phase = open(context, 100_000, 100_000, Infinity, every);
    await run(phase, clock, START_MS + 10);
    let looked = 0;
    for (let i = 0; i < 1000; i++) {
      const before = producer.sent.length;
      const since = clock.now();
      clock.spend(0.03);
      phase.meanwhile(since);
      if (producer.sent.length > before) looked++;
    }
    // 30 ms at one look every 0.11 ms.
    expect(looked).toBeGreaterThanOrEqual(272);
    expect(looked).toBeLessThanOrEqual(273);
  });

  it('shows a full buffer as lateness and not as fewer records', async () => {
    const { context, clock, tracker, producer } = bench(true, { bufferRecords: 10, hold: true });
    clock.schedule(60, () => producer.release());
    const outcome = await run(open(context, 1000, 100), clock, START_MS + 300);
    expect(outcome).toMatchObject({ sent: 100 });
    // From 10 to 61 ms, then five times 1 ms while it catches up ten records at a time.
    expect(outcome!.blockedMs).toBeCloseTo(56, 0);
    expect(mergeLatency([tracker.finish().latencies.delay!])!.max).toBeCloseTo(51, 0);
  });

  it('sends what is due in one burst and at most 200 us long', async () => {
    const { context, clock, producer } = bench(true, {}, 0.001);
    await run(open(context, 500_000, 5000), clock, START_MS + 100);
    expect(producer.sent.length).toBe(5000);
    expect(producer.wakes).toBeGreaterThan(10);
  });

  it('gives up what is unsent at its end', async () => {
    // Each record costs 1 ms where 0.1 ms are allowed.
    const { context, clock } = bench(true, {}, 1);
    const outcome = await run(open(context, 10_000, 1000, START_MS + 150), clock, START_MS + 2000);
    expect(outcome!.sent).toBeGreaterThan(100);
    expect(outcome!.sent).toBeLessThan(300);
  });

  it('stops on the stop flag between distant due times', async () => {
    const { context, clock, state } = bench(true);
    clock.schedule(500, () => state.stop(STOP.user));
    const outcome = await run(open(context, 0.1, 10), clock, START_MS + 700);
    expect(outcome).toMatchObject({ sent: 1 });
  });
});

describe('tracker', () => {
  it('cuts intervals of one second at exact times and counts all records in them', async () => {
    const { context, clock, tracker, intervals } = bench(true, { answerMs: 10 });
    await run(open(context, 1000, 2500), clock, START_MS + 2600);
    tracker.finish();
    expect(intervals.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(intervals.slice(0, 2).map(({ durationMs }) => durationMs)).toEqual([1000, 1000]);
    expect(intervals.reduce((sum, part) => sum + part.acked, 0)).toBe(2500);
    expect(intervals.reduce((sum, part) => sum + part.sent, 0)).toBe(2500);
    // Acknowledged in the first second: what was sent in its first 990 ms.
    expect(Math.abs(intervals[0].acked - 990)).toBeLessThanOrEqual(1);
    expect(intervals.every(({ latency, acked }) => latency.count === acked)).toBe(true);
  });

  it('tallies failed records by the name of their error', async () => {
    const error = new RecordTooLargeError('batch 1 is too large');
    const { context, clock, tracker } = bench(false, {
      outcome: (batch) => (batch === 1 ? error : null),
    });
    await run(new ClosedLoop(context, closed({ records: 30 })), clock, START_MS + 50);
    const { failures, latencies } = tracker.finish();
    expect(failures).toEqual([
      { name: 'RECORD_TOO_LARGE', message: 'batch 1 is too large', records: 10 },
    ]);
    expect([tracker.acked, tracker.failed, latencies.service.count]).toEqual([20, 10, 20]);
  });
});
