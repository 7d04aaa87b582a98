// Idempotence and transactions against real brokers, with Java's own consumer as the witness. By
// default with the one release that every kafka test uses;
// KBENCH_TEST_KAFKA=4.4.0,4.3.1,4.1.0,3.9.1 runs it against each of these.
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKafkaCluster, type KafkaCluster } from '../../targets/kafka/kafka-cluster.js';
import { findKafkaJars } from '../../targets/kafka/kafka-jars.js';
import { consumeRecords, runKafkaTool } from '../../testing/kafka/kafka-tools.js';
import { testedVersions } from '../../testing/kafka/kafka-fixture.js';
import { CoreProducer } from '../library/core-producer.js';
import { ProducerStateError, type ProducerError } from '../errors.js';
import {
  type Network,
  type Socket,
  type SocketEvents,
  tcpNetwork,
} from '../../connect/connecting.js';
import type { ProducerSettingValues, TopicHandle } from '../producer-api.js';

/**
 * Levels of the finalized feature transaction.version that a release has; the last one is in force
 * at first. Null: none is told.
 */
const LEVELS: Readonly<Record<string, readonly (number | null)[]>> = {
  '4.4.0': [1, 2],
  '4.3.1': [1, 2],
  '4.1.0': [1, 2],
  '3.9.1': [null],
};

const found = await Promise.all(testedVersions.map((version) => findKafkaJars(version)));

/** TCP whose connections can be broken. */
class BreakableNetwork implements Network {
  private readonly open = new Map<Socket, SocketEvents>();

  resolve(host: string): Promise<readonly string[]> {
    return tcpNetwork.resolve(host);
  }

  connect(address: string, port: number, events: SocketEvents): Socket {
    const socket = tcpNetwork.connect(address, port, {
      onConnect: () => events.onConnect(),
      onData: (buffer, bytes) => events.onData(buffer, bytes),
      onClose: (error) => {
        if (this.open.delete(socket)) events.onClose(error);
      },
    });
    this.open.set(socket, events);
    return socket;
  }

  breakAll(): void {
    for (const [socket, events] of [...this.open]) {
      this.open.delete(socket);
      socket.destroy();
      events.onClose(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    }
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

class TestProducer {
  readonly core: CoreProducer;
  readonly network = new BreakableNetwork();
  acked = 0;
  readonly errors: ProducerError[] = [];

  constructor(bootstrap: readonly string[], settings: ProducerSettingValues = {}) {
    this.core = new CoreProducer({
      settings: { 'bootstrap.servers': bootstrap.join(','), ...settings },
      network: this.network,
      hooks: {
        onBatchDone: (batch, error) => {
          if (error === null) this.acked += batch.recordCount;
          else this.errors.push(error);
        },
      },
    });
  }

  append(topic: TopicHandle, partition: number, value: string): void {
    const batch = this.core.append(
      topic,
      partition,
      null,
      Buffer.from(value),
      Date.now(),
      performance.now(),
    );
    if (batch === null) throw new Error('no memory');
  }

  async send(topic: TopicHandle, values: readonly string[]): Promise<void> {
    for (const value of values) this.append(topic, 0, value);
    await this.core.flush();
  }

  async transact(topic: TopicHandle, values: readonly string[], commit = true): Promise<void> {
    this.core.beginTransaction();
    if (commit) for (const value of values) this.append(topic, 0, value);
    else await this.send(topic, values);
    await (commit ? this.core.commitTransaction() : this.core.abortTransaction());
  }
}

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => error,
  );

describe.each(found.map((jars) => [jars.version, jars] as const))(
  'Apache Kafka %s',
  (version, jars) => {
    if (!jars.available) {
      it.skip(`(skipped: ${jars.reason})`, () => undefined);
      return;
    }
    let cluster: KafkaCluster;
    const producers: TestProducer[] = [];
    const producer = (settings?: ProducerSettingValues) => {
      const made = new TestProducer(cluster.bootstrap, settings);
      producers.push(made);
      return made;
    };
    const connected = async (topic: string, settings?: ProducerSettingValues) => {
      const made = producer(settings);
      await made.core.connect();
      return { made, core: made.core, topic: await made.core.topic(topic) };
    };
    const tools = { timeoutMs: 60_000, version };
    const admin = async <T>(use: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> => {
      const client = new Kafka({
        brokers: [...cluster.bootstrap],
        logLevel: logLevel.NOTHING,
      }).admin();
      await client.connect();
      try {
        return await use(client);
      } finally {
        await client.disconnect();
      }
    };
    const createTopic = (topic: string, numPartitions = 1) =>
      admin((client) =>
        client.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] }),
      );
    /**
     * The first `count` values of the topic's only partition as a read_committed consumer gets
     * them.
     */
    const committed = async (topic: string, count: number) =>
      (
        await consumeRecords(cluster.bootstrap[0], topic, count, {
          ...tools,
          isolation: 'read_committed',
        })
      ).map(({ value }) => String(value));

    beforeAll(async () => {
      cluster = await startKafkaCluster({
        version,
        heap: '512m',
        properties: {
          // Java's defaults make a test wait for 10 s and more.
          'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
          'group.initial.rebalance.delay.ms': '0',
        },
      });
    }, 240_000);
    afterAll(async () => {
      await Promise.all(producers.map(({ core }) => core.close(0)));
      await cluster.close();
    }, 60_000);

    // A broker that comes back remembers the last batch of each producer only: with more in flight,
    // one before it whose answer was lost is refused as out of order, and stored again in a new
    // epoch; by Java's producer, too. Hence one request in flight there.
    it.each([
      ['connections break', 5],
      ['the broker restarts', 1],
    ])('stores every record once and in order, while %s', async (_, inFlight) => {
      const name = `weather-${inFlight}`;
      await createTopic(name, 3);
      const settings = {
        'linger.ms': 2,
        'batch.size': 1000,
        'max.in.flight.requests.per.connection': inFlight,
      };
      const { made, core, topic } = await connected(name, settings);
      const sent: string[][] = [[], [], []];
      let restart: Promise<void> | null = null;
      for (let round = 0; round < 200; round++) {
        for (let i = 0; i < 21; i++) {
          const value = `${round}.${i} ${'x'.repeat(100)}`;
          sent[i % 3].push(value);
          made.append(topic, i % 3, value);
        }
        core.wake();
        if (inFlight > 1 && round % 20 === 10) {
          void core.flush(); // so that requests are under way when it breaks
          made.network.breakAll();
        }
        if (inFlight === 1 && round === 50) restart = cluster.brokers[0].restart();
        await sleep(10);
      }
      await core.flush();
      await restart;
      expect(made.errors).toEqual([]);
      expect(made.acked).toBe(4200);
      expect(core.totals.retries).toBeGreaterThan(0);
      const read: string[][] = [[], [], []];
      // As many as were sent: a duplicate would take the place of a last one.
      for (const { partition, value } of await consumeRecords(
        cluster.bootstrap[0],
        name,
        4200,
        tools,
      ))
        read[partition].push(String(value));
      for (const partition of [0, 1, 2])
        expect(read[partition].findIndex((value, at) => value !== sent[partition][at])).toBe(-1);
      expect(read.map(({ length }) => length)).toEqual([1400, 1400, 1400]);
    });

    describe.each((LEVELS[version] ?? [null]).toReversed())(
      'with transaction.version %s',
      (level) => {
        const name = (text: string) => `${text}-v${level ?? 'none'}`;
        const transactional = async (text: string, settings: ProducerSettingValues = {}) => {
          const all = await connected(name(text), { 'transactional.id': name(text), ...settings });
          await all.core.initTransactions();
          return all;
        };

        beforeAll(async () => {
          if (level === null) return;
          const current = await runKafkaTool(
            'org.apache.kafka.tools.FeatureCommand',
            ['--bootstrap-server', cluster.bootstrap[0], 'describe'],
            tools,
          );
          const finalized = Number(
            /transaction\.version.*FinalizedVersionLevel: (\d+)/.exec(current.stdout)?.[1],
          );
          if (finalized === level) return;
          const command = finalized > level ? 'downgrade' : 'upgrade';
          const change = [
            '--bootstrap-server',
            cluster.bootstrap[0],
            command,
            '--feature',
            `transaction.version=${level}`,
          ];
          const changed = await runKafkaTool(
            'org.apache.kafka.tools.FeatureCommand',
            change,
            tools,
          );
          expect(changed, changed.stderr).toMatchObject({ code: 0 });
        }, 120_000);

        it('commits and aborts: Java’s read_committed sees what was committed', async () => {
          await createTopic(name('bank'));
          const { made, core, topic } = await transactional('bank');
          const expected: string[] = [];
          for (let i = 0; i < 30; i++) {
            const commit = i % 3 !== 1;
            const values = Array.from({ length: 20 }, (_, j) => `${i}.${j}`);
            await made.transact(topic, values, commit);
            if (commit) expected.push(...values);
          }
          // Broken connections in the middle, and an abort that drops what was not sent.
          core.beginTransaction();
          for (let i = 0; i < 200; i++) {
            made.append(topic, 0, `broken.${i}`);
            if (i % 50 === 25) {
              core.wake();
              await sleep(2);
              made.network.breakAll();
            }
          }
          await core.commitTransaction();
          expected.push(...Array.from({ length: 200 }, (_, i) => `broken.${i}`));
          core.beginTransaction();
          made.append(topic, 0, 'never sent');
          await core.abortTransaction();
          expect(made.errors.map(({ kafkaName }) => kafkaName)).toEqual(['TRANSACTION_ABORTED']);
          await made.transact(topic, ['end']);
          expected.push('end');
          expect(await committed(name('bank'), expected.length)).toEqual(expected);
        });

        it('fences a producer when another one with its transactional.id begins', async () => {
          await createTopic(name('fence'));
          const first = await transactional('fence');
          first.core.beginTransaction();
          await first.made.send(first.topic, ['of the first']);
          const second = await transactional('fence');
          const error = await failureOf(first.core.commitTransaction());
          expect(error).toBeInstanceOf(ProducerStateError);
          expect(error).toMatchObject({ kafkaName: 'PRODUCER_FENCED', abortable: false });
          expect(() => first.made.append(first.topic, 0, 'more')).toThrow(ProducerStateError);
          await second.made.transact(second.topic, ['of the second']);
          expect(await committed(name('fence'), 1)).toEqual(['of the second']);
        });

        it('learns that the broker has aborted a transaction that took too long', async () => {
          await createTopic(name('slow'));
          const { made, core, topic } = await transactional('slow', {
            'transaction.timeout.ms': 1000,
          });
          core.beginTransaction();
          await made.send(topic, ['too slow']);
          await sleep(4000);
          const error = await failureOf(core.commitTransaction());
          expect(error).toBeInstanceOf(ProducerStateError);
          const again = await transactional('slow');
          await again.made.transact(again.topic, ['in time']);
          expect(await committed(name('slow'), 1)).toEqual(['in time']);
        });

        it('commits a consumer group’s offsets with the transaction', async () => {
          await createTopic(name('offsets'));
          const { made, core, topic } = await transactional('offsets');
          const groupId = name('readers');
          for (const [offset, commit] of [
            [7, true],
            [9, false],
          ] as const) {
            core.beginTransaction();
            await made.send(topic, [`up to ${offset}`]);
            await core.sendOffsetsToTransaction([{ topic: topic.name, partition: 0, offset }], {
              groupId,
            });
            await (commit ? core.commitTransaction() : core.abortTransaction());
          }
          const offsets = await admin((client) =>
            client.fetchOffsets({ groupId, topics: [topic.name] }),
          );
          expect(offsets[0]?.partitions).toMatchObject([{ partition: 0, offset: '7' }]);
        });
      },
    );

    if ((LEVELS[version] ?? []).length > 1) {
      it('goes on through an upgrade of transaction.version', async () => {
        await createTopic('upgrade');
        const { made, core, topic } = await connected('upgrade', { 'transactional.id': 'upgrade' });
        await core.initTransactions();
        await made.transact(topic, ['before']);
        const change = [
          '--bootstrap-server',
          cluster.bootstrap[0],
          'upgrade',
          '--feature',
          'transaction.version=2',
        ];
        await runKafkaTool('org.apache.kafka.tools.FeatureCommand', change, tools);
        made.network.breakAll(); // the next connection tells of it
        for (const value of ['a', 'b', 'c']) await made.transact(topic, [value]);
        await made.transact(topic, ['aborted'], false);
        await made.transact(topic, ['end']);
        expect(await committed('upgrade', 5)).toEqual(['before', 'a', 'b', 'c', 'end']);
      });
    }
  },
);
