// A part that is a program, for what a YAML cannot say: a Kafka of its own for as long as it takes,
// what the programs share of asking it, and a round for each repeat.
import { RunError } from '../../src/base/errors.js';
import { Producer, type ProducerSettings } from '../../src/producer-core/index.js';
import { kafkaAdmin } from '../../src/session/topics/kafka-admin.js';
import {
  startKafkaCluster,
  type KafkaCluster,
  type KafkaClusterOptions,
} from '../../src/targets/kafka/kafka-cluster.js';
import { loadNow, programCircumstances } from './circumstances.js';
import type { Part, PartContext } from './experiment.js';

export interface Program {
  readonly title: string;
  /** Of one round. */
  readonly seconds: number;
  readonly rounds: number;
  readonly cluster: KafkaClusterOptions;
  readonly measure: (
    cluster: KafkaCluster,
    context: PartContext & { readonly rounds: number },
  ) => Promise<string>;
}

const START_SECONDS = 20;

export function programPart({ title, seconds, rounds, cluster: options, measure }: Program): Part {
  const roundsOf = (repeats: number | null): number => repeats ?? rounds;
  return {
    title,
    estimate: (repeats) => START_SECONDS + seconds * roundsOf(repeats),
    async measure(context) {
      const loadBefore = loadNow();
      const cluster = await startKafkaCluster({ ...options, signal: context.signal });
      try {
        const n = roundsOf(context.repeats);
        const tables = await measure(cluster, { ...context, rounds: n });
        const deaths = cluster.deaths();
        if (deaths !== null) throw new RunError(`${title}: ${deaths}`);
        return `${programCircumstances(cluster.version, n, loadBefore)}\n\n${tables}`;
      } finally {
        await cluster.close();
      }
    },
  };
}

export interface TopicShape {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config?: Readonly<Record<string, string | number>>;
}

/** All but the addresses, which are the cluster's. */
export type Settings = Omit<ProducerSettings, 'bootstrap.servers'>;

/** Asked for past the listener for clients. */
export async function makeTopic(
  { internal }: KafkaCluster,
  name: string,
  { partitions, replicationFactor, config = {} }: TopicShape,
): Promise<void> {
  const shape = { kind: 'fresh', partitions, replicationFactor, config } as const;
  await kafkaAdmin(internal).create(name, shape);
}

/** A producer for as long as `use` takes; then it has a second to close. */
export async function withProducer<T>(
  { bootstrap }: Pick<KafkaCluster, 'bootstrap'>,
  settings: Settings,
  use: (producer: Producer) => Promise<T>,
): Promise<T> {
  const producer = new Producer({ ...settings, 'bootstrap.servers': bootstrap.join(',') });
  try {
    return await use(producer);
  } finally {
    await producer.close(1000);
  }
}

/** What came of it and how long that took; never rejects. */
export async function timed(
  work: () => Promise<unknown>,
): Promise<{ readonly ms: number; readonly error: Error | null }> {
  const startMs = performance.now();
  let error: Error | null = null;
  try {
    await work();
  } catch (thrown) {
    error = thrown instanceof Error ? thrown : new Error('unknown');
  }
  return { ms: performance.now() - startMs, error };
}
