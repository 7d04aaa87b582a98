import { describe, expect, it } from 'vitest';
import { SimWorld, type SimWorldOptions } from '../../testing/simulation/sim-world.js';
import { ERROR, errorCodeFrom, type ErrorCode } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';

/** A world whose broker answers the first `failures` produce requests with `code`. */
async function failing(code: ErrorCode, failures: number, options: SimWorldOptions = {}) {
  const world = new SimWorld({ ...options, settings: { 'linger.ms': 0, ...options.settings } });
  const topic = await world.start();
  let left = failures;
  world.cluster.onProduce = () => {
    const fails = left-- > 0;
    return { error: () => (fails ? code : ERROR.NONE) };
  };
  return { world, topic };
}

const gaps = (world: SimWorld) =>
  world.cluster.produced.slice(1).map(({ atMs }, i) => atMs - world.cluster.produced[i].atMs);
/** Metadata requests, less those of the start. */
const ROUND_TRIP_MS = 1.5;

describe('retries', () => {
  it.each([
    'CORRUPT_MESSAGE',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'LEADER_NOT_AVAILABLE',
    'NOT_LEADER_OR_FOLLOWER',
    'REQUEST_TIMED_OUT',
    'REPLICA_NOT_AVAILABLE',
    'NETWORK_EXCEPTION',
    'NOT_ENOUGH_REPLICAS',
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    'KAFKA_STORAGE_ERROR',
    'LISTENER_NOT_FOUND',
    'FENCED_LEADER_EPOCH',
    'UNKNOWN_LEADER_EPOCH',
    'UNKNOWN_TOPIC_ID',
    'INCONSISTENT_TOPIC_ID',
  ] as const)('error %s is tried again until it works', async (name) => {
    const { world, topic } = await failing(ERROR[name], 2);
    world.send(topic, 'a');
    await world.clock.advance(5000);
    expect(world.outcome('a')).toBe('ok');
    expect(world.cluster.produced).toHaveLength(3);
    expect(world.cluster.values('t', 0)).toEqual(['a']);
    expect(world.producer.totals.retries).toBe(2);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it.each([
    [10, 'MESSAGE_TOO_LARGE'],
    [17, 'INVALID_TOPIC_EXCEPTION'],
    [18, 'RECORD_LIST_TOO_LARGE'],
    [29, 'TOPIC_AUTHORIZATION_FAILED'],
    [32, 'INVALID_TIMESTAMP'],
    [87, 'INVALID_RECORD'],
    [-1, 'UNKNOWN_SERVER_ERROR'],
    [1234, 'ERROR_1234'],
  ])('error %s fails at once, as %s', async (code, name) => {
    const { world, topic } = await failing(errorCodeFrom(code), 1);
    world.send(topic, 'a');
    await world.clock.advance(2);
    expect(world.outcome('a')).toBe(name);
    expect(world.outcomes.get('a')!.error).toMatchObject({ code, retriable: false });
    expect(world.outcomes.get('a')!.error!.message).toContain('t-0');
    await world.clock.advance(2000);
    expect(world.cluster.produced).toHaveLength(1);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('wait retry.backoff.ms doubled each time up to the maximum, within the jitter', async () => {
    const { world, topic } = await failing(ERROR.REQUEST_TIMED_OUT, 7, {
      settings: { 'retry.backoff.ms': 100, 'retry.backoff.max.ms': 1000 },
    });
    world.send(topic, 'a');
    await world.clock.advance(10_000);
    expect(world.outcome('a')).toBe('ok');
    const waits = gaps(world).map((ms) => ms - ROUND_TRIP_MS);
    [100, 200, 400, 800, 1000, 1000, 1000].forEach((term, i) => {
      expect(waits[i]).toBeGreaterThanOrEqual(term * 0.8 - 1);
      expect(waits[i]).toBeLessThanOrEqual(Math.min(1000, term * 1.2));
    });
    expect(new Set(waits.map((ms) => ms % 100)).size).toBeGreaterThan(2); // jittered
    await world.close();
  });

  it('count the backoff from the answer, however long the request took', async () => {
    const { world, topic } = await failing(ERROR.REQUEST_TIMED_OUT, 1, {
      settings: { 'retry.backoff.ms': 100, 'retry.backoff.max.ms': 100 },
    });
    const script = world.cluster.onProduce;
    world.cluster.onProduce = (seen) => ({ ...script(seen), afterMs: 700 });
    world.send(topic, 'a');
    await world.clock.advance(3000);
    expect(gaps(world)).toEqual([700 + 0.5 + 100]);
    await world.close();
  });

  it('end after `retries` of them', async () => {
    const { world, topic } = await failing(ERROR.REQUEST_TIMED_OUT, 100, {
      settings: { retries: 3 },
    });
    world.send(topic, 'a');
    await world.clock.advance(20_000);
    expect(world.cluster.produced).toHaveLength(4);
    expect(world.outcome('a')).toBe('REQUEST_TIMED_OUT');
    await world.close();
  });

  it('do not happen with retries=0', async () => {
    const { world, topic } = await failing(ERROR.REQUEST_TIMED_OUT, 100, {
      settings: { retries: 0 },
    });
    world.send(topic, 'a');
    await world.clock.advance(20_000);
    expect(world.cluster.produced).toHaveLength(1);
    await world.close();
  });

  it('a duplicate sequence number is a success without an offset', async () => {
    const { world, topic } = await failing(ERROR.DUPLICATE_SEQUENCE_NUMBER, 1);
    world.send(topic, 'a');
    await world.clock.advance(5);
    expect(world.outcomes.get('a')).toMatchObject({ error: null, offset: -1 });
    await world.close();
  });

  it('concern the partition that failed, not the others of its request', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 5 }, topics: { t: [0, 0, 0] } });
    const topic = await world.start();
    let first = true;
    world.cluster.onProduce = () => {
      const now = first;
      first = false;
      return {
        error: (_, partition) =>
          now && partition === 1
            ? ERROR.REQUEST_TIMED_OUT
            : now && partition === 2
              ? ERROR.MESSAGE_TOO_LARGE
              : ERROR.NONE,
      };
    };
    for (const p of [0, 1, 2]) world.append(topic, `p${p}`, p);
    world.producer.wake();
    await world.clock.advance(10);
    expect([0, 1, 2].map((p) => world.outcome(`p${p}`))).toEqual([
      'ok',
      undefined,
      'MESSAGE_TOO_LARGE',
    ]);
    await world.clock.advance(500);
    expect(world.outcome('p1')).toBe('ok');
    expect(world.cluster.produced[1].parts).toMatchObject([{ partition: 1 }]);
    await world.close();
  });
});

describe('a connection that breaks', () => {
  it.each(['before append', 'after append', 'in the middle of the answer'] as const)(
    '%s: sent again on a new one',
    async (drop) => {
      const world = new SimWorld({
        settings: { 'linger.ms': 0 },
        network: { pieceBytes: () => 7 },
      });
      const topic = await world.start();
      let first = true;
      world.cluster.onProduce = () => {
        const now = first;
        first = false;
        return now ? { drop } : {};
      };
      world.send(topic, 'a');
      await world.clock.advance(2000);
      expect(world.outcome('a')).toBe('ok');
      // Without idempotence an append whose answer was lost is appended again.
      expect(world.cluster.values('t', 0)).toEqual(drop === 'before append' ? ['a'] : ['a', 'a']);
      expect(world.producer.totals.connectionsOpened).toBeGreaterThan(1);
      await world.close();
      expect(world.leftovers()).toEqual([]);
    },
  );

  it('fails its batches by name when there are no retries left', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0, retries: 0 } });
    const topic = await world.start();
    world.cluster.onProduce = () => ({ drop: 'after append' });
    world.send(topic, 'a');
    await world.clock.advance(10);
    expect(world.outcome('a')).toBe('NETWORK_EXCEPTION');
    expect(world.outcomes.get('a')!.error!.message).toMatch(
      /b0:9092: the connection broke \(read ECONNRESET\)/,
    );
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it('an answer with a partition lacking, twice or senseless ends the connection', async () => {
    const world = new SimWorld({ settings: { 'linger.ms': 0 } });
    world.cluster.versions = [
      [API.PRODUCE, 0, 3],
      [API.METADATA, 0, 1],
      [API.API_VERSIONS, 0, 0],
    ];
    const topic = await world.start();
    const partition = '00000000' + '0000' + '0000000000000007' + 'ffffffffffffffff';
    const answers = [
      '00000000' + '00000000', // no topics
      '00000001' + '000174' + '00000002' + partition + partition + '00000000', // twice the same
      '00000001' + '000174' + '7fffffff',
      '',
    ];
    const sent = answers.length;
    world.cluster.onProduce = () => {
      const raw = answers.shift();
      return raw === undefined ? {} : { raw: Buffer.from(raw, 'hex') };
    };
    world.send(topic, 'a');
    await world.clock.advance(10_000);
    expect(world.outcomes.get('a')!.times).toBe(1);
    // The second answer told of the batch before it went wrong, which is believed.
    expect(world.outcomes.get('a')).toMatchObject({ error: null, offset: 7 });
    world.send(topic, 'b');
    await world.clock.advance(10_000);
    expect(world.outcome('b')).toBe('ok');
    expect(world.cluster.produced).toHaveLength(sent + 1);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });
});

describe('call backs', () => {
  it('that append into the request told survive an answer with a partition twice', async () => {
    const world = new SimWorld({
      settings: { 'linger.ms': 0, 'batch.size': 200, 'buffer.memory': 400 },
      topics: { t: [0, 0] },
    });
    world.cluster.versions = [
      [API.PRODUCE, 0, 3],
      [API.METADATA, 0, 1],
      [API.API_VERSIONS, 0, 0],
    ];
    const topic = await world.start();
    const partition = (index: string) =>
      `0000000${index}` + '0000' + '0000000000000007' + 'ffffffffffffffff';
    const raw = Buffer.from(
      '00000001' +
        '000174' +
        '00000003' +
        partition('0') +
        partition('1') +
        partition('0') +
        '00000000',
      'hex',
    );
    let first = true;
    world.cluster.onProduce = () => {
      const now = first;
      first = false;
      return now ? { raw } : {};
    };
    world.onDone = (batch) => {
      if (batch.partition === 1) world.append(topic, 'reuses the first slot', 0);
    };
    world.append(topic, 'a', 0);
    world.append(topic, 'b', 1);
    world.producer.wake();
    await world.clock.advance(2000);
    world.producer.wake();
    await world.clock.advance(2000);
    expect(world.outcome('reuses the first slot')).toBe('ok');
    expect(world.cluster.values('t', 0)).toEqual(['a', 'reuses the first slot']);
    await world.close();
    expect(world.leftovers()).toEqual([]);
  });

  it.each([0, 1, 2, 3])(
    'may append and wake: what partition %d sends then is no part of the request being told',
    async (chatty) => {
      const world = new SimWorld({
        settings: { 'linger.ms': 0, 'batch.size': 200, 'buffer.memory': 1000 },
        topics: { t: [0, 0, 0, 0] },
      });
      const topic = await world.start();
      for (let round = 0; round < 5; round++) {
        world.onDone = (batch, error) => {
          expect(error).toBeNull();
          // Into the slot of a batch that was told just before.
          if (batch.partition === chatty && !world.outcomes.has(`again ${round}`))
            world.send(topic, `again ${round}`, (chatty + 1) % 4);
        };
        for (const p of [0, 1, 2, 3]) world.append(topic, `${round}.${p}`, p);
        world.producer.wake();
        await world.clock.advance(20);
        expect(world.outcome(`again ${round}`)).toBe('ok');
      }
      expect(world.producer.totals).toMatchObject({
        retries: 0,
        recordsAcked: 25,
        connectionsOpened: 2,
      });
      expect(
        world.cluster.topics.get('t')!.partitions.reduce((sum, { records }) => sum + records, 0),
      ).toBe(25);
      await world.close();
      expect(world.leftovers()).toEqual([]);
    },
  );

  it('may do so with acks=0 and on failures too', async () => {
    for (const acks of ['0', '1']) {
      const world = new SimWorld({
        settings: { acks, 'linger.ms': 0, 'batch.size': 200, 'buffer.memory': 1000, retries: 0 },
        topics: { t: [0, 0, 0, 0] },
      });
      const topic = await world.start();
      let n = 0;
      world.onDone = (batch) => {
        if (n < 100) world.send(topic, `again ${n++}`, batch.partition);
      };
      world.cluster.onProduce = () => (n % 7 === 0 ? { drop: 'after append' } : {});
      for (const p of [0, 1, 2, 3]) world.append(topic, `p${p}`, p);
      world.producer.wake();
      await world.clock.advance(60_000);
      expect(world.outcomes.size).toBe(104);
      await world.close();
      expect(world.leftovers()).toEqual([]);
    }
  });
});
