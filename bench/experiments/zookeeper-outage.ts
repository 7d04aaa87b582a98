// The tables of zookeeper-outage: producers that ran before (a sweep), and what is new while every
// ZooKeeper is gone (a program): producers, a topic, a leader.
import { sleep } from '../../src/base/time-limit.js';
import { kafkaAdmin } from '../../src/session/topics/kafka-admin.js';
import type { KafkaCluster } from '../../src/targets/kafka/kafka-cluster.js';
import { formatSpread } from '../bench-report.js';
import type { Experiment, PartContext } from './experiment.js';
import { AUDIT_COLUMNS, CALM_COLUMNS, GAP_COLUMN } from './fault-columns.js';
import { markdownTable } from './page-figures.js';
import { makeTopic, programPart, timed, withProducer, type Settings } from './program-part.js';
import { setting, sweepPart } from './sweep-part.js';

const TOPIC = 'before';
/** A producer that has sent nothing by then gives up. */
const LIMIT_MS = 15_000;
/** Until both brokers have a block of producer ids. */
const WARM_PRODUCERS = 12;

export const zookeeperOutage: Experiment = {
  name: 'zookeeper-outage',
  question: 'Does a cluster go on serving with all of its ZooKeepers gone?',
  parts: [
    sweepPart({
      name: 'zookeeper-outage',
      row: {
        head: 'producers that ran before',
        name: (point) =>
          setting('enable.idempotence')(point) === 'true' ? 'idempotent' : 'not idempotent',
      },
      columns: [GAP_COLUMN, ...CALM_COLUMNS, ...AUDIT_COLUMNS],
    }),
    programPart({
      title: 'what is new while they are gone',
      seconds: 100,
      rounds: 1,
      cluster: { version: '3.9.1', brokers: 2, mode: 'zookeeper', zookeepers: 3, heap: '512m' },
      measure,
    }),
  ],
};

/** What was tried, by its words: whether it was done, and how long that took. */
class Log {
  private readonly times = new Map<string, { ms: number[]; said: Set<string> }>();

  async note(what: string, work: () => Promise<unknown>): Promise<void> {
    const { ms, error } = await timed(work);
    const entry = this.times.get(what) ?? { ms: [], said: new Set() };
    this.times.set(what, entry);
    entry.ms.push(ms / 1000);
    entry.said.add(error === null ? 'yes' : `no: ${shorten(error.message)}`);
  }

  table(): string {
    return markdownTable(
      ['', 'done', 'after, s'],
      [...this.times].map(([what, { ms, said }]) => [
        ...[what, [...said].join('; or '), formatSpread(ms, 1)],
      ]),
    );
  }
}

const shorten = (message: string): string =>
  message
    .replaceAll(/127\.0\.0\.1:\d+/g, 'the broker')
    .split('\n')[0]
    .slice(0, 200);

type Asked = PartContext & { readonly rounds: number };

async function measure(cluster: KafkaCluster, { rounds, signal, tell }: Asked): Promise<string> {
  const log = new Log();
  const outage = { 'delivery.timeout.ms': LIMIT_MS, 'request.timeout.ms': LIMIT_MS };
  const send = (idempotent: boolean, limits = true) =>
    withProducer(
      cluster,
      {
        ...{ acks: 'all', 'enable.idempotence': idempotent, 'linger.ms': 0 },
        ...(limits ? { ...outage, 'max.block.ms': LIMIT_MS } : {}),
      },
      (producer) => producer.send({ topic: TOPIC, value: 'one' }),
    );
  await makeTopic(cluster, TOPIC, { partitions: 2, replicationFactor: 2 });
  for (let round = 0; round < rounds; round++) {
    tell(`round ${round + 1} of ${rounds}`);
    await log.note('before: a new producer without idempotence', () => send(false));
    await kill(cluster);
    await sleep(2000, signal);
    await log.note('gone: a new producer without idempotence', () => send(false));
    await log.note('gone: the first idempotent producer', () => send(true));
    await log.note('gone: a topic is created', () =>
      kafkaAdmin(cluster.internal).create(`during-${round}`, {
        ...{ kind: 'fresh', partitions: 1, replicationFactor: 1, config: {} },
      }),
    );
    const waiting = send(true, false);
    waiting.catch(() => undefined); // noted below, once ZooKeeper is back
    await start(cluster);
    await log.note('back: the idempotent producer that waited', () => waiting);
    for (let i = 0; i < WARM_PRODUCERS; i++) await send(true);
    await kill(cluster);
    await sleep(2000, signal);
    await log.note('gone again: an idempotent producer, brokers having ids', () => send(true));
    await leaderDies(cluster, log);
  }
  return log.table();
}

/** While nobody can elect another one. */
async function leaderDies(cluster: KafkaCluster, log: Log): Promise<void> {
  const settings: Settings = {
    ...{ acks: '1', 'enable.idempotence': false, 'linger.ms': 0 },
    ...{ 'delivery.timeout.ms': LIMIT_MS, 'request.timeout.ms': 2000 },
  };
  await withProducer(cluster, settings, async (producer) => {
    const partitions = await producer.partitionsFor(TOPIC);
    const { partition, leader } = partitions[0];
    const record = { topic: TOPIC, partition, value: 'one' };
    await producer.send(record);
    const broker = cluster.brokers.find(({ id }) => id === leader?.id)!;
    await broker.kill();
    await log.note('gone again, and a leader dies: its partition takes a record', () =>
      producer.send(record),
    );
    await start(cluster);
    await log.note('back: the partition of the dead leader takes a record', async () => {
      for (let left = 4; ; left--) {
        try {
          return await producer.send(record);
        } catch (error) {
          if (left === 0) throw error;
        }
      }
    });
    await broker.start();
  });
}

async function kill({ zookeepers }: KafkaCluster): Promise<void> {
  await Promise.all(zookeepers.map((each) => each.kill()));
}

async function start({ zookeepers }: KafkaCluster): Promise<void> {
  await Promise.all(zookeepers.map((each) => each.start()));
}
