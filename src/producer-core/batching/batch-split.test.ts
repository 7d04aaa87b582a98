import { describe, expect, it } from 'vitest';
import { SimLibrary } from '../../testing/simulation/sim-library.js';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import type { BatchView } from '../producer-api.js';
import { ERROR } from '../../wire/error-codes.js';

const values = (count: number, bytes = 100) =>
  Array.from({ length: count }, (_, i) =>
    `${i}-`.padEnd(bytes, String.fromCharCode(97 + (i % 26))),
  );

/** A topic with max.message.bytes: batches above it are refused with MESSAGE_TOO_LARGE. */
function limited(world: Pick<SimWorld, 'cluster'>, maxMessageBytes: number): number[] {
  const sizes: number[] = [];
  world.cluster.onProduce = ({ parts }) => ({
    error: (_, index) => {
      const { bytes } = parts.find(({ partition }) => partition === index)!;
      sizes.push(bytes);
      return bytes > maxMessageBytes ? ERROR.MESSAGE_TOO_LARGE : ERROR.NONE;
    },
  });
  return sizes;
}

const cases: readonly (readonly [string, Readonly<Record<string, string | number | boolean>>])[] = [
  ['without a codec', { 'max.in.flight.requests.per.connection': 1 }],
  ['with lz4', { 'max.in.flight.requests.per.connection': 1, 'compression.type': 'lz4' }],
  ['with idempotence', { acks: 'all', 'enable.idempotence': true }],
  [
    'with idempotence and lz4',
    { acks: 'all', 'enable.idempotence': true, 'compression.type': 'lz4' },
  ],
];

describe.each(cases)('a batch that is too large for the broker, %s', (_, more) => {
  it('is split until all records are stored, once and in order, with their outcomes', async () => {
    const world = new SimWorld({ settings: { 'batch.size': 16_384, 'linger.ms': 5, ...more } });
    const topic = await world.start();
    const sizes = limited(world, 2000);
    const all = values(400).map((value) => ('compression.type' in more ? noisy : String)(value));
    for (const value of all) world.append(topic, value);
    world.producer.wake();
    await world.clock.advance(2000);
    expect(all.map((value) => world.outcome(value))).toEqual(all.map(() => 'ok'));
    expect(all.map((value) => world.outcomes.get(value)!.offset)).toEqual(all.map((__, i) => i));
    const told = world.batchesDone.flatMap((batch) => batch.values);
    expect(told).toEqual(all);
    expect(Math.max(...sizes)).toBeGreaterThan(2000);
    // With sequences the parts behind one that is split again come too early, and are sent again.
    if (!('acks' in more)) expect(world.producer.totals.retries).toBe(0);
    expect(world.producer.metrics()['batch-split-total']).toBeGreaterThan(1);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});

/** Hardly compressible, and still unlike all others. */
function noisy(value: string): string {
  let state = Number.parseInt(value, 10) + 1;
  const rest = Array.from({ length: 100 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(33 + ((state >>> 16) % 90));
  });
  return `${value.slice(0, 8)}${rest.join('')}`;
}

describe('a split', () => {
  it('tells parts with the caller’s attachment, and the last of them as the last', async () => {
    const world = new SimWorld({
      settings: { 'batch.size': 4000, 'linger.ms': 5, 'max.in.flight.requests.per.connection': 1 },
    });
    const topic = await world.start();
    limited(world, 1000);
    const seen: { first: number; records: number; last: boolean; attachment: unknown }[] = [];
    world.onDone = ({ firstRecordIndex, recordCount, lastPart, attachment }: BatchView) => {
      seen.push({ first: firstRecordIndex, records: recordCount, last: lastPart, attachment });
    };
    for (const value of values(30)) world.append(topic, value);
    world.producer.wake();
    await world.clock.advance(2000);
    expect(new Set(seen.map(({ attachment }) => attachment)).size).toBe(1);
    let next = 0;
    for (const { first, records } of seen) {
      expect(first).toBe(next);
      next += records;
    }
    expect(next).toBe(30);
    expect(seen.map(({ last }) => last)).toEqual(seen.map((__, i) => i === seen.length - 1));
    await world.close();
  });

  it('fails a record that is too large by itself, and only that one', async () => {
    const world = new SimWorld({ settings: { 'batch.size': 8000, 'linger.ms': 5 } });
    const topic = await world.start();
    limited(world, 1000);
    const all = values(20);
    all[7] = 'large'.padEnd(1500, 'x');
    for (const value of all) world.append(topic, value);
    world.producer.wake();
    await world.clock.advance(2000);
    expect(all.map((value) => world.outcome(value))).toEqual(
      all.map((__, i) => (i === 7 ? 'MESSAGE_TOO_LARGE' : 'ok')),
    );
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('ends for a large record with a tiny one, where Java’s bounds never end', async () => {
    const world = new SimWorld({ settings: { 'batch.size': 2000, 'linger.ms': 5 } });
    const topic = await world.start();
    const sizes = limited(world, 1000);
    const all = ['t', 'b'.repeat(928)];
    for (const value of all) world.append(topic, value);
    world.producer.wake();
    await world.clock.advance(2000);
    expect(sizes[0]).toBe(1006);
    expect(all.map((value) => world.outcome(value))).toEqual(['ok', 'ok']);
    expect(sizes.length).toBeLessThan(6);
    await world.close();
  });

  it('frees the pool’s memory at once and takes none for the parts', async () => {
    const world = new SimWorld({ settings: { 'batch.size': 4000, 'linger.ms': 5 } });
    const topic = await world.start();
    const free = world.producer.availableBytes;
    limited(world, 1000);
    world.cluster.answerAfterMs = 10;
    for (const value of values(30)) world.append(topic, value);
    world.producer.wake();
    expect(world.producer.availableBytes).toBe(free - 4000);
    await world.clock.advance(18);
    expect(world.outcomes.size).toBe(0);
    expect(world.producer.availableBytes).toBe(free);
    await world.clock.advance(2000);
    expect(world.outcomes.size).toBe(30);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('is waited for by a flush that began before', async () => {
    const world = new SimWorld({ settings: { 'batch.size': 4000, 'linger.ms': 1000 } });
    const topic = await world.start();
    limited(world, 1000);
    for (const value of values(30)) world.append(topic, value);
    await world.clock.settle(world.producer.flush());
    expect(world.outcomes.size).toBe(30);
    await world.close();
  });

  it('does not keep parts beyond delivery.timeout.ms, counted from the first batch', async () => {
    const world = new SimWorld({
      settings: {
        'batch.size': 4000,
        'linger.ms': 5,
        'delivery.timeout.ms': 1000,
        'request.timeout.ms': 900,
      },
    });
    const topic = await world.start();
    let requests = 0;
    world.cluster.onProduce = () => ({
      error: () => (requests++ === 0 ? ERROR.MESSAGE_TOO_LARGE : ERROR.NOT_ENOUGH_REPLICAS),
    });
    for (const value of values(30)) world.append(topic, value);
    world.producer.wake();
    await world.clock.advance(1100);
    const outcomes = [...world.outcomes.values()];
    expect(outcomes).toHaveLength(30);
    expect(
      outcomes.every(({ error, times }) => error?.kafkaName === 'TIMEOUT' && times === 1),
    ).toBe(true);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('gives every promise of the library its own record’s offset', async () => {
    const world = new SimLibrary<string, string>({ 'batch.size': 4000, 'linger.ms': 5 });
    limited(world, 1000);
    for (const value of values(30)) world.send({ topic: 't', value });
    await world.end();
    const stored = world.cluster.values('t', 0);
    expect(stored).toHaveLength(30);
    expect(world.told.map(({ outcome }) => stored[outcome.metadata!.offset])).toEqual(
      world.told.map(({ value }) => value),
    );
    expect(world.told.map(({ outcome }) => outcome.metadata!.offset).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (__, i) => i),
    );
  });
});
