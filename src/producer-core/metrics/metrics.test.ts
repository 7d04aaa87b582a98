import { describe, expect, it } from 'vitest';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import { METRICS } from './metrics-table.js';
import { afterEachOther, metricsBetween, metricsOf, windowBetween } from './metrics.js';
import { ERROR } from '../../wire/error-codes.js';

/** One way through the simulated network. */
const LATENCY_MS = 1;

// Of a batch: 61 header. Of a record: length, attributes, timestamp delta, offset delta, null key,
// value's length, value, header count.
const RECORD_10 = 1 + 1 + 1 + 1 + 1 + 1 + 10 + 1;
const RECORD_50 = 1 + 1 + 1 + 1 + 1 + 1 + 50 + 1;
const RECORD_100 = 2 + 1 + 1 + 1 + 1 + 2 + 100 + 1;
// DefaultRecordBatch.RECORD_BATCH_OVERHEAD + DefaultRecord.MAX_RECORD_OVERHEAD + key, value,
// headers with their lengths.
const BOUND_10 = 61 + 21 + 1 + (1 + 10) + 1;
const BOUND_50 = 61 + 21 + 1 + (1 + 50) + 1;
const BOUND_100 = 61 + 21 + 1 + (2 + 100) + 1;

/** `length` bytes, unlike those of any other `name`. */
const value = (name: string, length: number) => name.padEnd(length, '-');

function lingering(settings: Readonly<Record<string, string | number>> = {}): SimWorld {
  return new SimWorld({
    settings: {
      'linger.ms': 20,
      'retry.backoff.ms': 50,
      'enable.idempotence': 'false',
      ...settings,
    },
    topics: { t: [0, 0] },
    network: { latencyMs: LATENCY_MS },
    random: () => 0.5, // no jitter
  });
}

/**
 * A second in which four produce requests are made; returns the samples at its start, after each of
 * them, and at its end.
 */
async function scriptedSecond(world: SimWorld) {
  const topic = await world.start();
  world.send(topic, 'opens the connection');
  await world.clock.advance(1000);
  const scripts = [
    { afterMs: 10, throttleMs: 30 },
    { afterMs: 4, error: () => ERROR.REQUEST_TIMED_OUT }, // again after 50 ms
    { afterMs: 8 },
    { afterMs: 0, error: () => ERROR.INVALID_RECORD }, // INVALID_RECORD: for good
  ];
  world.cluster.onProduce = () => scripts.shift()!;
  const samples = [world.producer.metricSample()];
  const rest = async (ms: number) => {
    await world.clock.advance(ms);
    samples.push(world.producer.metricSample());
  };
  // 0 ms: two records for partition 0; 5 ms: one for partition 1. Both batches are drained at 20
  // ms, when the first has lingered.
  world.append(topic, value('a', 10), 0);
  world.send(topic, value('b', 100), 0);
  await world.clock.advance(5);
  world.send(topic, value('c', 50), 1);
  await rest(95);
  // 100 ms: drained at 120, refused at 126, drained again at 176, answered at 186.
  world.send(topic, value('d', 10), 0);
  await rest(200);
  // 300 ms: drained at 320, failed at 322.
  world.append(topic, value('e', 10), 1);
  world.send(topic, value('f', 10), 1);
  expect(() => world.append(topic, 'x'.repeat(2 << 20))).toThrow(
    /max\.request\.size|buffer\.memory/,
  );
  await rest(700);
  return samples;
}

describe("Java's metrics over a scripted second", () => {
  it("have the values that Java's definitions give", async () => {
    const world = lingering();
    const samples = await scriptedSecond(world);
    // Not the last one alone: maxima are taken at each sample.
    const whole = samples
      .slice(1)
      .map((sample, i) => windowBetween(samples[i], sample))
      .reduce(afterEachOther);
    const metrics = metricsOf(whole);
    const batches = [
      61 + RECORD_10 + RECORD_100,
      61 + RECORD_50,
      61 + RECORD_10,
      61 + RECORD_10,
      61 + 2 * RECORD_10,
    ];
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b);
    const onTheWire = world.cluster.produced
      .slice(1)
      .flatMap(({ parts }) => parts.map(({ bytes }) => bytes));
    expect(onTheWire.toSorted((a, b) => a - b)).toEqual(batches.toSorted((a, b) => a - b));
    expect(metrics).toMatchObject({
      'batch-size-avg': sum(batches) / 5,
      'batch-size-max': batches[0],
      'compression-rate-avg': 1,
      'records-per-request-avg': 7 / 4,
      'record-send-total': 7,
      'record-send-rate': 7,
      'record-size-avg': (BOUND_100 + BOUND_50 + 3 * BOUND_10) / 5,
      'record-size-max': BOUND_100,
      'record-retry-total': 1,
      'record-error-total': 2 + 1, // INVALID_RECORD and too large
      'batch-split-total': 0,
      'produce-throttle-time-avg': 30 / 4,
      'produce-throttle-time-max': 30,
      'request-total': 4,
      'response-rate': 4,
      'network-io-total': 8,
      'connection-count': 2,
      'buffer-total-bytes': 1 << 20,
      'buffer-available-bytes': 1 << 20,
      'bufferpool-wait-ratio': 0,
    });
    // Clock times are doubles.
    expect(metrics['record-queue-time-avg']).toBeCloseTo((20 + 15 + 20 + 76 + 20) / 5, 6);
    expect(metrics['record-queue-time-max']).toBeCloseTo(76, 6);
    expect(metrics['request-latency-avg']).toBeCloseTo((12 + 6 + 10 + 2) / 4, 6);
    expect(metrics['request-latency-max']).toBeCloseTo(12, 6);
    expect(metrics['requests-in-flight']).toBeCloseTo((12 + 6 + 10 + 2) / 1000, 6);
    const sentBytes = sum(world.cluster.produced.slice(1).map(({ bytes }) => bytes));
    expect(metrics['outgoing-byte-total']).toBe(sentBytes);
    expect(metrics['request-size-avg']).toBe(sentBytes / 4);
    await world.close();
  });

  it('recombine from shorter windows: totals, rates, weighted averages, maxima', async () => {
    const world = lingering();
    const samples = await scriptedSecond(world);
    const parts = samples.slice(1).map((sample, i) => windowBetween(samples[i], sample));
    expect(parts.map((part) => metricsOf(part)['batch-size-max'])).toEqual([
      61 + RECORD_10 + RECORD_100,
      61 + RECORD_10,
      61 + 2 * RECORD_10,
    ]);
    const whole = metricsBetween(samples[0], samples[3], 1000);
    const recombined = metricsOf(parts.reduce(afterEachOther));
    for (const { name, is } of METRICS) {
      if (is === 'maximum' || is === 'gauge') continue; // these are the last part's own in `whole`
      if (Number.isNaN(whole[name])) expect(recombined[name], name).toBeNaN();
      else expect(recombined[name], name).toBeCloseTo(whole[name], 6);
    }
    await world.close();
  });
});

describe('metrics()', () => {
  it("covers the producer's life, whoever took samples meanwhile", async () => {
    const world = lingering();
    await scriptedSecond(world);
    const metrics = world.producer.metrics();
    expect(metrics).toMatchObject({
      'batch-size-max': 61 + RECORD_10 + RECORD_100,
      'record-send-total': 8,
      'requests-in-flight': 0,
      'connection-creation-total': 2, // bootstrap node -1, then node 0
      'connection-close-total': 0,
    });
    expect(metrics['metadata-age']).toBeGreaterThan(1.9);
    expect(metrics['metadata-wait-time-ns-total']).toBeGreaterThan(0);
    expect(Object.keys(metrics)).toEqual(METRICS.map(({ name }) => name));
    expect(new Set(Object.keys(metrics)).size).toBe(METRICS.length);
    await world.close();
    expect(world.producer.metrics()).toMatchObject({
      'connection-count': 0,
      'connection-close-total': 2,
    });
  });

  it('tells requests in flight at the moment, and time in flush()', async () => {
    const world = lingering();
    const topic = await world.start();
    world.cluster.onProduce = () => ({ afterMs: 40 });
    world.send(topic, 'a');
    const flushed = world.producer.flush();
    await world.clock.advance(10);
    expect(world.producer.metrics()['requests-in-flight']).toBe(1);
    await world.clock.settle(flushed);
    const metrics = world.producer.metrics();
    expect(metrics['requests-in-flight']).toBe(0);
    // Longer than the answer takes, shorter than linger would make it: connecting comes before it.
    expect(metrics['flush-time-ns-total'] / 1e6).toBeGreaterThanOrEqual(42);
    expect(metrics['flush-time-ns-total'] / 1e6).toBeLessThan(60);
    await world.close();
    // close is no flush
    expect(world.producer.metrics()['flush-time-ns-total']).toBe(metrics['flush-time-ns-total']);
  });

  it('counts records given up by close() as failed, but not as errors, as Java does', async () => {
    const world = lingering();
    const topic = await world.start();
    world.cluster.onProduce = () => ({ silent: true });
    world.send(topic, 'a');
    await world.clock.advance(100);
    await world.clock.settle(world.producer.close(0));
    expect(world.producer.totals).toMatchObject({ recordsFailed: 1 });
    expect(world.producer.metrics()['record-error-total']).toBe(0);
  });

  it('counts an expired batch once, though an error comes later', async () => {
    const world = lingering({ 'delivery.timeout.ms': 500, 'request.timeout.ms': 450 });
    const topic = await world.start();
    world.cluster.onProduce = () => ({ silent: true });
    world.send(topic, 'a');
    await world.clock.advance(5000);
    expect(world.producer.metrics()).toMatchObject({ 'record-error-total': 1 });
    await world.close();
  });

  it('has no request latency with acks=0', async () => {
    const world = lingering({ acks: '0' });
    const topic = await world.start();
    const before = world.producer.metricSample();
    world.send(topic, 'a');
    await world.clock.advance(1000);
    const metrics = metricsBetween(before, world.producer.metricSample(), 1000);
    expect(metrics['record-send-total']).toBe(1);
    expect(metrics['request-latency-avg']).toBeNaN();
    expect(metrics['request-latency-max']).toBeNaN();
    expect(world.producer.metrics()['requests-in-flight']).toBe(0);
    await world.close();
  });
});

describe('waiting for memory', () => {
  const twoSlots = () =>
    lingering({ 'linger.ms': 0, 'batch.size': 1000, 'buffer.memory': 2000, 'max.block.ms': 300 });

  it('is told as share of time, also while it lasts, and gauges show what is used', async () => {
    const world = twoSlots();
    const topic = await world.start();
    world.send(topic, 'opens the connection');
    await world.clock.advance(100);
    world.cluster.onProduce = () => ({ afterMs: 58 });
    const start = world.producer.metricSample();
    world.send(topic, 'a', 0);
    world.send(topic, 'b', 1);
    await world.clock.advance(20);
    expect(world.append(topic, 'c', 0)).toBe(false);
    world.producer.awaitMemory(() => undefined);
    await world.clock.advance(20);
    const middle = world.producer.metricSample();
    expect(metricsBetween(start, middle, 40)).toMatchObject({
      'waiting-threads': 1,
      'buffer-available-bytes': 0,
      'bufferpool-wait-time-ns-total': 20e6,
    });
    await world.clock.advance(60);
    const metrics = metricsBetween(middle, world.producer.metricSample(), 60);
    expect(metrics).toMatchObject({
      'waiting-threads': 0,
      'buffer-available-bytes': 2000,
      'buffer-exhausted-total': 0,
    });
    expect(metrics['bufferpool-wait-ratio']).toBeCloseTo(20 / 60, 6); // the answers came at 60 ms
    await world.close();
  });

  it('in vain for max.block.ms is an exhausted buffer and a failed record', async () => {
    const world = twoSlots();
    const topic = await world.start();
    world.cluster.onProduce = () => ({ silent: true });
    world.send(topic, 'a', 0);
    world.send(topic, 'b', 1);
    expect(world.append(topic, 'c', 0)).toBe(false);
    world.producer.awaitMemory(() => undefined);
    await world.clock.advance(1000);
    expect(world.producer.metrics()).toMatchObject({
      'buffer-exhausted-total': 1,
      'record-error-total': 1,
      'bufferpool-wait-time-ns-total': 300e6,
    });
    await world.clock.settle(world.producer.close(0));
  });
});

describe('compression-rate-avg', () => {
  it('is the mean over batches of Java’s ratio, with the headers left out', async () => {
    const world = lingering({ 'compression.type': 'gzip', 'linger.ms': 0 });
    const topic = await world.start();
    const before = world.producer.metricSample();
    world.send(topic, 'a'.repeat(50), 0);
    await world.clock.advance(100);
    world.send(topic, 'b'.repeat(5000), 1);
    await world.clock.advance(100);
    const [small, large] = world.cluster.produced.map(({ parts }) => parts[0].bytes - 61);
    const metrics = metricsBetween(before, world.producer.metricSample(), 200);
    // Length 2, attributes, timestamp delta, offset delta, null key, length 2, value, header count.
    expect(metrics['compression-rate-avg']).toBeCloseTo((small / RECORD_50 + large / 5009) / 2, 6);
    expect(metrics['batch-size-avg']).toBe((small + large) / 2 + 61);
    await world.close();
  });
});
