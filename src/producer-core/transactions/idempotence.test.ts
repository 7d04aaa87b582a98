import { describe, expect, it } from 'vitest';
import {
  idempotent,
  sequences,
  introduce,
  end,
  INIT_PRODUCER_ID,
} from '../../testing/simulation/idempotent-world.js';
import { seededRandom } from '../../testing/simulation/sim-random.js';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import { ProducerStateError } from '../errors.js';
import type { ProducerSettingValues } from '../producer-api.js';
import { ERROR } from '../../wire/error-codes.js';

describe('an idempotent producer', () => {
  it('asks for a producer id before the first batch, and numbers by partition', async () => {
    const world = new SimWorld({
      settings: { acks: 'all', 'linger.ms': 0 },
      topics: { t: [0, 0] },
    });
    const asked: number[] = [];
    world.cluster.onRequest = ({ api, version }) => {
      if (api !== INIT_PRODUCER_ID) return {};
      asked.push(version);
      return { afterMs: 200 };
    };
    const topic = await world.start();
    world.send(topic, 'a', 0);
    await world.clock.advance(100);
    expect(world.cluster.produced).toEqual([]);
    await world.clock.advance(200);
    for (const value of ['b', 'c']) {
      world.append(topic, `${value}0`, 0);
      world.append(topic, `${value}1`, 1);
      world.append(topic, `${value}2`, 1);
      world.producer.wake();
      await world.clock.advance(10);
    }
    expect(asked).toEqual([5]);
    expect(sequences(world, 0)).toEqual(['0/0/0+1', '0/0/1+1', '0/0/2+1']);
    expect(sequences(world, 1)).toEqual(['0/0/0+2', '0/0/2+2']);
    await end(world);
  });

  it('is not one with acks=1, retries=0 or enable.idempotence=false', async () => {
    const off: ProducerSettingValues[] = [
      { acks: '1' },
      { retries: 0 },
      { 'enable.idempotence': false },
    ];
    for (const settings of off) {
      const { world, topic, asked } = await idempotent({ settings });
      world.send(topic, 'a');
      await world.clock.advance(10);
      expect(world.outcome('a')).toBe('ok');
      expect(asked).toEqual([]);
      expect(sequences(world)).toEqual(['-1001/-1/-1+1']);
      await end(world);
    }
  });

  it('stores a batch once though its answer was lost, and learns its offset', async () => {
    const { world, topic } = await idempotent();
    world.send(topic, 'a');
    await world.clock.advance(10);
    let lose = true;
    world.cluster.onProduce = () => {
      const drop = lose ? ({ drop: 'after append' } as const) : {};
      lose = false;
      return drop;
    };
    world.send(topic, 'b');
    await world.clock.advance(2000);
    expect(sequences(world)).toEqual(['0/0/0+1', '0/0/1+1', '0/0/1+1']);
    expect(world.cluster.values('t', 0)).toEqual(['a', 'b']);
    expect(world.outcomes.get('b')).toMatchObject({ error: null, offset: 1 });
    await end(world);
  });

  it('sends one batch at a time of a partition with a retry, in order of sequence', async () => {
    const { world, topic } = await idempotent();
    await introduce(world, topic);
    let fail = true;
    world.cluster.onProduce = () => {
      const code = fail ? ERROR.REQUEST_TIMED_OUT : ERROR.NONE;
      fail = false;
      return { error: () => code, afterMs: 10 };
    };
    for (const value of ['a', 'b', 'c', 'd']) {
      world.send(topic, value);
      await world.clock.advance(1);
    }
    await world.clock.advance(5000);
    expect(world.cluster.values('t', 0)).toEqual(['first0', 'a', 'b', 'c', 'd']);
    const order = ['0/0/1+1', '0/0/2+1', '0/0/3+1', '0/0/4+1'];
    expect(sequences(world).slice(0, 4)).toEqual(order);
    expect(sequences(world).slice(-4)).toEqual(order);
    const times = world.cluster.produced.slice(-4).map(({ atMs }) => atMs);
    for (let i = 1; i < 4; i++) expect(times[i] - times[i - 1]).toBeGreaterThanOrEqual(10);
    expect(['a', 'b', 'c', 'd'].map((value) => world.outcome(value))).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
    ]);
    await end(world);
  });

  it('keeps order and loses nothing twice in any weather', async () => {
    let late = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed);
      const { world, topic } = await idempotent({
        seed,
        brokers: 3,
        topics: { t: [0, 1, 2] },
        network: { latencyMs: 1 },
        settings: { 'request.timeout.ms': 500, 'retry.backoff.ms': 10, 'batch.size': 200 },
      });
      await introduce(world, topic);
      const drops = ['before append', 'after append', 'in the middle of the answer'] as const;
      const codes = [
        ERROR.UNKNOWN_TOPIC_OR_PARTITION,
        ERROR.NOT_LEADER_OR_FOLLOWER,
        ERROR.REQUEST_TIMED_OUT,
        ERROR.NOT_ENOUGH_REPLICAS,
        ERROR.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
      ];
      world.cluster.onProduce = () => {
        const afterMs = Math.floor(random() * 20);
        if (random() < 0.15) return { afterMs, drop: drops[Math.floor(random() * 3)] };
        if (random() < 0.05) return { silent: true };
        const code = random() < 0.2 ? codes[Math.floor(random() * codes.length)] : ERROR.NONE;
        return {
          afterMs,
          error: () => code,
          appendAnyway:
            code === ERROR.REQUEST_TIMED_OUT || code === ERROR.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        };
      };
      const sent: string[][] = [[], [], []];
      for (let i = 0; i < 60; i++) {
        const partition = i % 3;
        sent[partition].push(`v${i}`);
        world.send(topic, `v${i}`, partition);
        await world.clock.advance(Math.floor(random() * 4));
        if (i === 30) world.cluster.moveLeader('t', 1, 2);
      }
      await world.clock.settle(world.producer.flush());
      for (const partition of [0, 1, 2]) {
        expect(world.cluster.values('t', partition), `seed ${seed}`).toEqual([
          `first${partition}`,
          ...sent[partition],
        ]);
      }
      // A broker knows the last five batches again: one whose answers were all lost while five
      // others were stored is refused as out of order until it expires, in Java's producer as here.
      // It is stored all the same.
      const outcomes = sent.flat().map((value) => world.outcome(value));
      expect(outcomes.filter((outcome) => outcome !== 'ok' && outcome !== 'TIMEOUT')).toEqual([]);
      late += outcomes.filter((outcome) => outcome === 'TIMEOUT').length;
      await end(world);
    }
    expect(late).toBeLessThan(40);
  });

  it('fails everything, and takes nothing more, after a fatal error', async () => {
    const { world, topic } = await idempotent({ topics: { t: [0, 0] } });
    world.cluster.onProduce = () => ({
      error: () => ERROR.CLUSTER_AUTHORIZATION_FAILED,
      afterMs: 5,
    });
    world.send(topic, 'a', 0);
    await world.clock.advance(2);
    world.send(topic, 'b', 0);
    world.append(topic, 'c', 1);
    await world.clock.advance(100);
    expect(['a', 'b', 'c'].map((value) => world.outcome(value))).toEqual(
      Array(3).fill('CLUSTER_AUTHORIZATION_FAILED'),
    );
    const refused = (() => {
      try {
        world.append(topic, 'd');
        return null;
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(ProducerStateError);
    expect(refused).toMatchObject({
      kafkaName: 'CLUSTER_AUTHORIZATION_FAILED',
      code: ERROR.CLUSTER_AUTHORIZATION_FAILED,
      abortable: false,
    });
    await end(world);
  });

  it('says what is missing where brokers give out no producer ids', async () => {
    const world = new SimWorld({ settings: { acks: 'all' } });
    world.cluster.versions = world.cluster.versions.filter(([api]) => api !== INIT_PRODUCER_ID);
    const topic = await world.start();
    await world.clock.advance(10);
    expect(() => world.append(topic, 'a')).toThrow(/no common version of InitProducerId/);
    await end(world);
  });

  it('fails what waits while not authorised for a producer id, and goes on then', async () => {
    const world = new SimWorld({ settings: { acks: 'all', 'linger.ms': 0 } });
    let allowed = false;
    world.cluster.onRequest = ({ api }) =>
      api === INIT_PRODUCER_ID && !allowed
        ? { error: ERROR.CLUSTER_AUTHORIZATION_FAILED, afterMs: 20 }
        : {};
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(30);
    expect(world.outcome('a')).toBe('CLUSTER_AUTHORIZATION_FAILED');
    allowed = true;
    world.send(topic, 'b');
    await world.clock.advance(500);
    expect(world.outcome('b')).toBe('ok');
    await end(world);
  });

  it('asks another broker for the producer id when the first does not answer', async () => {
    const world = new SimWorld({
      brokers: 2,
      settings: { acks: 'all', 'linger.ms': 0, 'request.timeout.ms': 300 },
    });
    let silent = true;
    world.cluster.onRequest = ({ api }) => {
      if (api !== INIT_PRODUCER_ID) return {};
      const script = silent ? { silent } : {};
      silent = false;
      return script;
    };
    const topic = await world.start();
    world.send(topic, 'a');
    await world.clock.advance(2000);
    expect(world.outcome('a')).toBe('ok');
    await end(world);
  });

  it('sends one batch at a time with max.in.flight 1, numbered as ever', async () => {
    const { world, topic } = await idempotent({
      settings: { 'max.in.flight.requests.per.connection': 1 },
    });
    await introduce(world, topic);
    let fail = true;
    world.cluster.onProduce = () => {
      const code = fail ? ERROR.REQUEST_TIMED_OUT : ERROR.NONE;
      fail = false;
      return { error: () => code, afterMs: 5 };
    };
    for (const value of ['a', 'b']) world.send(topic, value);
    await world.clock.advance(1000);
    expect(sequences(world)).toEqual(['0/0/1+1', '0/0/1+1', '0/0/2+1']);
    await end(world);
  });
});
