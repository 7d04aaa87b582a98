import { describe, expect, test } from 'vitest';
import { RunError } from '../../base/errors.js';
import { PLAINTEXT, ProbeFailure } from '../../connect/cold.js';
import type { AdminClient, TopicAnswer } from '../../targets/external/wire-admin.js';
import { FRESH } from '../../testing/sweep-fixtures.js';
import { kafkaAdmin } from './kafka-admin.js';
import type { FreshTopic } from './kafka-admin.js';
import { refusedTopic } from './topic-refusal.js';
import { Topics } from './topics.js';
import type { OwnTopic } from './topics.js';
import { ERROR, errorCodeFrom } from '../../wire/error-codes.js';

const fresh = FRESH as FreshTopic;

const OK = { code: ERROR.NONE, message: null };
const UNKNOWN_TOPIC = { code: ERROR.UNKNOWN_TOPIC_OR_PARTITION, message: null };

interface FakeTopic {
  readonly partitions: number;
  readonly id: string | null;
  readonly written: boolean;
}

interface FakeKafka {
  readonly topics: Map<string, FakeTopic>;
  readonly calls: string[];
  /** Answers of the next creations, instead of making the topic. */
  readonly refuse: TopicAnswer[];
  /** Metadata answers before the leaders are there. */
  leaderless: number;
  /** A cluster of before 2.8 where false. */
  ids: boolean;
  /** As someone would, past kbench. */
  make(name: string, written?: boolean): void;
  open(): Promise<AdminClient>;
}

function fakeKafka(...existing: string[]): FakeKafka {
  const calls: string[] = [];
  const topics = new Map<string, FakeTopic>();
  let made = 0;
  const make = (name: string, partitions: number, written = false): FakeTopic => {
    const topic = { partitions, id: kafka.ids ? `id-${++made}` : null, written };
    topics.set(name, topic);
    return topic;
  };
  const kafka: FakeKafka = {
    topics,
    calls,
    refuse: [],
    leaderless: 0,
    ids: true,
    make: (name, written) => void make(name, 3, written),
    open: () =>
      Promise.resolve({
        get deletesById() {
          return kafka.ids;
        },
        close: () => void calls.push('close'),
        createTopic: ({ name, partitions }) => {
          calls.push(`create ${name}`);
          const refusal = kafka.refuse.shift();
          if (refusal !== undefined) return Promise.resolve({ ...refusal, id: null });
          if (topics.has(name))
            return Promise.resolve({ code: ERROR.TOPIC_ALREADY_EXISTS, message: null, id: null });
          return Promise.resolve({ ...OK, id: make(name, partitions).id });
        },
        deleteTopic: (name) => {
          calls.push(`delete ${name}`);
          return Promise.resolve(topics.delete(name) ? OK : UNKNOWN_TOPIC);
        },
        deleteTopicById: (id) => {
          calls.push(`delete ${id}`);
          const [name] = [...topics].find(([, topic]) => topic.id === id) ?? [''];
          return Promise.resolve(
            topics.delete(name) ? OK : { code: ERROR.UNKNOWN_TOPIC_ID, message: null },
          );
        },
        describeTopic: (name) => {
          const topic = topics.get(name);
          if (topic === undefined)
            return Promise.resolve({ ...UNKNOWN_TOPIC, id: null, leaders: [] });
          const leader = kafka.leaderless-- > 0 ? -1 : 1;
          const { id, partitions } = topic;
          return Promise.resolve({
            ...OK,
            id,
            leaders: Array.from({ length: partitions }, () => leader),
          });
        },
        wasWrittenTo: (name) => Promise.resolve(topics.get(name)?.written ?? null),
        topicSetting: () => Promise.resolve(null),
        moveToController: () => {
          calls.push('move to controller');
          return Promise.resolve();
        },
      }),
  };
  for (const name of existing) kafka.make(name);
  return kafka;
}

function openTopics(kafka: FakeKafka, leftBehind: OwnTopic[] = [], clusterId = 'c1') {
  const saved: OwnTopic[][] = [];
  const told: string[] = [];
  const topics = new Topics({
    admin: kafkaAdmin(['h:1'], PLAINTEXT, { open: () => kafka.open() }),
    sweepName: 'my sweep',
    sessionId: 'abcd1234',
    clusterId,
    save: (list) => {
      saved.push([...list]);
      kafka.calls.push(`list [${list.map(({ name }) => name).join()}]`);
      return Promise.resolve();
    },
    leftBehind,
    tell: (text) => told.push(text),
  });
  return { topics, saved, told };
}

const NAME = 'kbench-my-sweep-abcd1234-0001';

describe('a fresh topic', () => {
  test('is on the list before it is made, then with its id, until it is deleted', async () => {
    const kafka = fakeKafka();
    const { topics, saved } = openTopics(kafka);
    expect(await topics.prepare('0001', fresh)).toBe(NAME);
    expect(await topics.release(NAME)).toBeNull();
    expect(kafka.calls.filter((call) => call !== 'close')).toEqual([
      `list [${NAME}]`,
      `create ${NAME}`,
      `list [${NAME}]`,
      'delete id-1',
      'list []',
    ]);
    expect(saved).toEqual([
      [{ name: NAME, cluster: 'c1', id: null }],
      [{ name: NAME, cluster: 'c1', id: 'id-1' }],
      [],
    ]);
    expect(kafka.topics.size).toBe(0);
  });

  test('of a cluster without ids goes by its name', async () => {
    const kafka = fakeKafka();
    kafka.ids = false;
    const { topics, saved } = openTopics(kafka);
    await topics.prepare('0001', fresh);
    expect(saved.at(-1)).toEqual([{ name: NAME, cluster: 'c1' }]);
    expect(await topics.release(NAME)).toBeNull();
    expect(kafka.calls).toContain(`delete ${NAME}`);
    expect(kafka.topics.size).toBe(0);
  });

  test('is waited for until all its partitions have leaders', async () => {
    const kafka = fakeKafka();
    kafka.leaderless = 3;
    const { topics } = openTopics(kafka);
    await topics.prepare('0001', { ...fresh, partitions: 6 });
    expect(kafka.leaderless).toBeLessThan(0);
  });

  test('that is refused fails with the broker’s reason and leaves the list', async () => {
    const kafka = fakeKafka();
    kafka.refuse.push({
      code: ERROR.INVALID_REPLICATION_FACTOR,
      message: 'Unable to replicate the partition 3 time(s)',
    });
    const { topics, saved } = openTopics(kafka);
    await expect(topics.prepare('0001', { ...fresh, replicationFactor: 3 })).rejects.toMatchObject({
      exitCode: 107,
      message: expect.stringContaining('INVALID_REPLICATION_FACTOR: Unable to replicate') as string,
      remedy: expect.stringContaining('replicationFactor') as string,
    });
    expect(saved.at(-1)).toEqual([]);
    expect(kafka.topics.size).toBe(0);
  });

  test('is asked for again where the broker is not controller, or not ready', async () => {
    const kafka = fakeKafka();
    kafka.refuse.push(
      { code: ERROR.NOT_CONTROLLER, message: null },
      { code: ERROR.REQUEST_TIMED_OUT, message: null },
    );
    const { topics } = openTopics(kafka);
    expect(await topics.prepare('0001', fresh)).toBe(NAME);
    const create = `create ${NAME}`;
    expect(kafka.calls.slice(1, 5)).toEqual([create, 'move to controller', create, create]);
  });

  test('that a broker made after all, after it gave up waiting, is this run’s', async () => {
    const kafka = fakeKafka(NAME);
    kafka.refuse.push({ code: ERROR.REQUEST_TIMED_OUT, message: null });
    const { topics, saved } = openTopics(kafka);
    expect(await topics.prepare('0001', { ...fresh, partitions: 3 })).toBe(NAME);
    expect(saved.at(-1)).toEqual([{ name: NAME, cluster: 'c1', id: 'id-1' }]);
  });

  test('never asked for, as the cluster cannot be reached, leaves the list', async () => {
    const kafka = fakeKafka();
    const { topics, saved } = openTopics({
      ...kafka,
      open: () =>
        Promise.reject(
          new ProbeFailure('refused', 'h:1: connection refused: nothing listens there'),
        ),
    });
    await expect(topics.prepare('0001', fresh)).rejects.toThrow(
      /cannot be reached: h:1: connection refused/,
    );
    expect(saved.at(-1)).toEqual([]);
    expect(kafka.calls).not.toContain(`create ${NAME}`);
  });

  test('whose name is taken is not used, and nobody’s topic is deleted', async () => {
    const kafka = fakeKafka(NAME);
    const { topics, saved } = openTopics(kafka);
    await expect(topics.prepare('0001', fresh)).rejects.toThrow(/exists already/);
    await topics.releaseAll();
    expect(kafka.topics.has(NAME)).toBe(true);
    expect(saved.at(-1)).toEqual([]);
  });
});

describe('deleting', () => {
  test('touches only topics on the list', async () => {
    const kafka = fakeKafka('orders', 'kbench-someone-elses-0001');
    const { topics } = openTopics(kafka);
    expect(await topics.release('orders')).toBeNull();
    expect(await topics.release('kbench-someone-elses-0001')).toBeNull();
    expect(await topics.releaseAll()).toEqual([]);
    expect(kafka.calls).toEqual([]);
    expect([...kafka.topics.keys()]).toEqual(['orders', 'kbench-someone-elses-0001']);
  });

  test('goes over what a killed run left behind, but not on another cluster', async () => {
    const kafka = fakeKafka('kbench-a-1', 'kbench-a-2');
    const { topics, saved } = openTopics(kafka, [
      { name: 'kbench-a-1', cluster: 'c1' },
      { name: 'kbench-a-2', cluster: 'c2' },
      { name: 'kbench-a-3', cluster: 'c1' },
    ]);
    expect(await topics.releaseAll()).toEqual([]);
    expect([...kafka.topics.keys()]).toEqual(['kbench-a-2']);
    expect(saved.at(-1)).toEqual([{ name: 'kbench-a-2', cluster: 'c2' }]);
  });

  test('leaves a topic alone that someone made anew under the name, and says so', async () => {
    const kafka = fakeKafka();
    const { topics, saved, told } = openTopics(kafka);
    await topics.prepare('0001', fresh);
    kafka.topics.delete(NAME);
    kafka.make(NAME);
    expect(await topics.release(NAME)).toBeNull();
    expect(kafka.topics.has(NAME)).toBe(true);
    expect(told).toEqual([expect.stringMatching(/0001 is left alone: someone made it anew/)]);
    expect(saved.at(-1)).toEqual([]);
  });

  test('leaves it alone too where the brokers delete by name only', async () => {
    const kafka = fakeKafka();
    kafka.make(NAME);
    const { topics, told } = openTopics(kafka, [{ name: NAME, cluster: 'c1', id: 'id-0' }]);
    kafka.ids = false;
    expect(await topics.releaseAll()).toEqual([]);
    expect(kafka.topics.has(NAME)).toBe(true);
    expect(told).toHaveLength(1);
  });

  test('takes a topic whose id was not noted while it is empty, and no other', async () => {
    const kafka = fakeKafka();
    kafka.make('kbench-a-1');
    kafka.make('kbench-a-2', true);
    const { topics, told } = openTopics(
      kafka,
      ['kbench-a-1', 'kbench-a-2', 'kbench-a-3'].map((name) => ({ name, cluster: 'c1', id: null })),
    );
    expect(await topics.releaseAll()).toEqual([]);
    expect([...kafka.topics.keys()]).toEqual(['kbench-a-2']);
    expect(kafka.calls).toContain('delete id-1');
    expect(told).toEqual([expect.stringMatching(/kbench-a-2 is left alone: .*was written to/)]);
  });

  test('keeps a topic on the list that does not tell whether it was written to', async () => {
    const kafka = fakeKafka();
    kafka.make(NAME);
    const { topics, told } = openTopics(
      {
        ...kafka,
        open: async () => ({ ...(await kafka.open()), wasWrittenTo: () => Promise.resolve(null) }),
      },
      [{ name: NAME, cluster: 'c1', id: null }],
    );
    expect(await topics.releaseAll()).toEqual([
      expect.stringMatching(/not all of its partitions tell/),
    ]);
    expect(kafka.topics.has(NAME)).toBe(true);
    expect(told).toEqual([]);
  });

  test('is done also where the list cannot be saved any more', async () => {
    const kafka = fakeKafka();
    const admin = kafkaAdmin(['h:1'], PLAINTEXT, { open: () => kafka.open() });
    let full = false;
    const save = () =>
      full ? Promise.reject(new RunError('the disk is full')) : Promise.resolve();
    const tell = () => undefined;
    const topics = new Topics({
      admin,
      sweepName: 'my sweep',
      sessionId: 'abcd1234',
      clusterId: 'c1',
      save,
      tell,
    });
    await topics.prepare('0001', fresh);
    full = true;
    expect(await topics.release(NAME)).toBeNull();
    expect(kafka.topics.size).toBe(0);
  });

  test('keeps what could not be deleted, and gives up on a cluster that is gone', async () => {
    const tried: string[] = [];
    const { topics } = (() => {
      const admin = {
        create: () => Promise.resolve(true),
        partitionsOf: () => Promise.resolve(1),
        remove: ({ name }: { name: string }) => {
          tried.push(name);
          return Promise.reject(new RunError('connection refused'));
        },
      };
      const leftBehind = Array.from({ length: 10 }, (_, i) => ({
        name: `kbench-${i}`,
        cluster: null,
      }));
      const save = () => Promise.resolve();
      const tell = () => undefined;
      return {
        topics: new Topics({
          admin,
          sweepName: 's',
          sessionId: 'x',
          clusterId: null,
          save,
          leftBehind,
          tell,
        }),
      };
    })();
    expect(await topics.releaseAll()).toHaveLength(10);
    expect(tried).toHaveLength(3);
  });
});

describe('an existing topic', () => {
  test('is used, never made, never deleted', async () => {
    const kafka = fakeKafka('orders');
    const { topics, saved } = openTopics(kafka);
    expect(await topics.prepare('0001', { kind: 'existing', name: 'orders' })).toBe('orders');
    expect(await topics.release('orders')).toBeNull();
    await topics.releaseAll();
    expect(kafka.topics.has('orders')).toBe(true);
    expect(kafka.calls.filter((call) => call !== 'close')).toEqual([]);
    expect(saved).toEqual([]);
  });

  test('that does not exist is an error, and is not made', async () => {
    const kafka = fakeKafka();
    const { topics } = openTopics(kafka);
    await expect(topics.prepare('0001', { kind: 'existing', name: 'orders' })).rejects.toThrow(
      /does not exist/,
    );
    expect(kafka.topics.size).toBe(0);
  });
});

test('a refusal of an unknown kind is still named', () => {
  expect(refusedTopic('t', { code: errorCodeFrom(999), message: null }).message).toContain('999');
});
