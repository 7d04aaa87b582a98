// The cluster's topics and partitions: made, found by name or id, deleted. Called by the handlers
// and cluster.ts. Must never hold more partitions than its limit, nor know anything of connections.
import { randomUUID } from 'node:crypto';
import type { Refusal } from './log/batch.js';
import { ProducerStates } from './log/producer-states.js';
import { PartitionTransactions } from './log/partition-transactions.js';
import { PartitionLog } from './log/partition-log.js';
import type { RingBudget } from './log/partition-log.js';
import { readTopicConfigs } from './topic-configs.js';
import type { TopicConfigs } from './topic-configs.js';
import { ERROR } from '../../wire/error-codes.js';

export const NO_LEADER = -1;
const MAX_PARTITIONS = 10_000;
const ASK_DEFAULT = -1;

export class Partition {
  readonly producers = new ProducerStates();
  readonly transactions = new PartitionTransactions();
  leaderEpoch = 0;
  /** Node ids, the preferred leader first. */
  replicas: readonly number[];
  isr: readonly number[];
  /** Node id or NO_LEADER. */
  leader: number;
  /**
   * Called (each once a change at most) when there is more to fetch, or when the leader is another:
   * long-polling fetches.
   */
  readonly watchers = new Set<() => void>();

  constructor(
    readonly topic: Topic,
    readonly index: number,
    readonly log: PartitionLog,
    replicas: readonly number[],
    alive: (broker: number) => boolean,
  ) {
    this.replicas = replicas;
    this.isr = replicas.filter(alive);
    this.leader = this.isr[0] ?? NO_LEADER;
  }

  notify(): void {
    for (const watcher of this.watchers) watcher();
  }
}

export class Topic {
  readonly id = randomUUID();
  /** For comparing with a request's bytes in place. */
  readonly nameBytes: Buffer;
  readonly idBytes: Buffer;
  partitions: readonly Partition[] = [];
  deleted = false;

  constructor(
    readonly name: string,
    readonly configs: TopicConfigs,
  ) {
    this.nameBytes = Buffer.from(name);
    this.idBytes = Buffer.from(this.id.replaceAll('-', ''), 'hex');
  }

  get replicationFactor(): number {
    return this.partitions[0].replicas.length;
  }
}

export interface NewTopic {
  readonly name: string;
  /** -1 for the default (1), or where `assignments` says it. */
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly assignments?: readonly {
    readonly partitionIndex: number;
    readonly brokerIds: readonly number[];
  }[];
  readonly configs?: readonly { readonly name: string; readonly value: string | null }[];
}

/** Kafka's Topic.validate. */
export function isValidTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';
}

export class TopicRegistry {
  private readonly byName = new Map<string, Topic>();
  private readonly byId = new Map<string, Topic>();
  private partitionCount = 0;

  constructor(
    private readonly brokerCount: number,
    private readonly retentionBytes: number,
    private readonly budget: RingBudget,
    private readonly alive: (broker: number) => boolean,
  ) {}

  all(): Iterable<Topic> {
    return this.byName.values();
  }

  named(name: string): Topic | undefined {
    return this.byName.get(name);
  }

  withId(id: string): Topic | undefined {
    return this.byId.get(id);
  }

  partition(topic: string, index: number): Partition | undefined {
    return this.byName.get(topic)?.partitions[index];
  }

  /** Makes the topic, or only checks whether it could be made. A refusal has Kafka's error code. */
  create(wanted: NewTopic, validateOnly = false): Topic | Refusal {
    const assignment = this.assign(wanted);
    if ('code' in assignment) return assignment;
    const configs = readTopicConfigs(wanted.configs ?? []);
    if ('code' in configs) return configs;
    const topic = new Topic(wanted.name, configs);
    const { retentionBytes } = configs;
    const ringBytes =
      retentionBytes < 0 ? this.retentionBytes : Math.min(this.retentionBytes, retentionBytes);
    topic.partitions = assignment.map(
      (replicas, i) =>
        new Partition(topic, i, new PartitionLog(ringBytes, this.budget), replicas, this.alive),
    );
    if (!validateOnly) {
      this.partitionCount += topic.partitions.length;
      this.byName.set(topic.name, topic);
      this.byId.set(topic.id, topic);
    }
    return topic;
  }

  delete(topic: Topic): void {
    topic.deleted = true;
    this.byName.delete(topic.name);
    this.byId.delete(topic.id);
    this.partitionCount -= topic.partitions.length;
    for (const partition of topic.partitions) {
      partition.log.drop();
      partition.notify();
    }
  }

  /**
   * Replicas of each partition: partition p starts at broker p + 1, so that the same topic always
   * lies the same way.
   */
  private assign(wanted: NewTopic): readonly (readonly number[])[] | Refusal {
    const { name, assignments = [] } = wanted;
    if (!isValidTopicName(name)) {
      return {
        code: ERROR.INVALID_TOPIC_EXCEPTION,
        message: `a topic name is 1 to 249 of [a-zA-Z0-9._-], and not . or ..`,
      };
    }
    if (this.byName.has(name))
      return { code: ERROR.TOPIC_ALREADY_EXISTS, message: `Topic '${name}' already exists.` };
    if (assignments.length > 0) return this.checkAssignment(assignments);
    const partitions = wanted.partitions === ASK_DEFAULT ? 1 : wanted.partitions;
    const replicas = wanted.replicationFactor === ASK_DEFAULT ? 1 : wanted.replicationFactor;
    if (partitions < 1) {
      return {
        code: ERROR.INVALID_PARTITIONS,
        message: 'Number of partitions was set to an invalid non-positive value.',
      };
    }
    if (this.partitionCount + partitions > MAX_PARTITIONS) {
      return {
        code: ERROR.POLICY_VIOLATION,
        message: `the embedded cluster holds at most ${MAX_PARTITIONS} partitions`,
      };
    }
    if (replicas < 1 || replicas > this.brokerCount) {
      return {
        code: ERROR.INVALID_REPLICATION_FACTOR,
        message: `replication factor ${replicas} with ${this.brokerCount} broker(s)`,
      };
    }
    return Array.from({ length: partitions }, (_, p) =>
      Array.from({ length: replicas }, (_, r) => ((p + r) % this.brokerCount) + 1),
    );
  }

  private checkAssignment(
    assignments: NonNullable<NewTopic['assignments']>,
  ): readonly (readonly number[])[] | Refusal {
    const sorted = [...assignments].sort((a, b) => a.partitionIndex - b.partitionIndex);
    const width = sorted[0].brokerIds.length;
    const sound = sorted.every(
      ({ partitionIndex, brokerIds }, i) =>
        partitionIndex === i &&
        brokerIds.length === width &&
        width > 0 &&
        new Set(brokerIds).size === width &&
        brokerIds.every((id) => id >= 1 && id <= this.brokerCount),
    );
    if (!sound || this.partitionCount + sorted.length > MAX_PARTITIONS) {
      return {
        code: ERROR.INVALID_REPLICA_ASSIGNMENT,
        message: 'partitions must be 0, 1, ... with distinct known brokers',
      };
    }
    return sorted.map(({ brokerIds }) => brokerIds);
  }
}
