// Who leads what: asks brokers for it, keeps it, and asks again when it is stale (age, an error
// that says so, a topic not known yet); goes back to the bootstrap addresses when nobody can be
// asked any more (KIP-899, KIP-1102). Java's Metadata, ProducerMetadata and the
// DefaultMetadataUpdater of its NetworkClient. Driven by the sender; changes TopicState in place.
// Must never forget a topic that has batches.
import { metadataRequest } from '../../wire/apis/index.js';
import {
  type Decoded,
  leadersResponse,
  type LeadersResponse,
  WireError,
} from '../../wire/index.js';
import { backoffMs } from './backoff.js';
import { ClusterNodes } from './cluster-nodes.js';
import type { Connection } from './connection.js';
import type { ConnectionContext, ConnectionEvents } from './connection-context.js';
import { AuthenticationError, brokerError, type ProducerError } from '../errors.js';
import { ERROR, errorRow } from '../../wire/error-codes.js';
import type { LeaderHint, NodeAddress } from './leader-hint.js';
import { PartitionState, TopicState, type NodeState } from '../batching/topic-state.js';
import {
  StickyPartitioner,
  type StickyOptions,
} from '../batching/partitioners/sticky-partitioner.js';
import type { WakeTimer } from '../sending/wake-timer.js';

/** Before this version the broker itself holds a throttled client back. */
const CLIENT_THROTTLES_FROM = 6;
/**
 * Before this version (Kafka 2.4) leader epochs may be stale during a reassignment, so that Java
 * does without them.
 */
const RELIABLE_EPOCHS_FROM = 9;
/**
 * Each is kept: a node takes some 400 bytes, a partition of a topic in use as many. The largest
 * clusters known have 1,000 and 200,000.
 */
const MAX_BROKERS = 50_000;
const MAX_PARTITIONS = 400_000;
const NO_TOPIC_ID = '00000000-0000-0000-0000-000000000000';

type Answer = Decoded<LeadersResponse>;
type PartitionAnswer = Answer['topics'][number]['partitions'][number];

/** All that connections need but whom they tell: metadata, as it hears of each end. */
export type ClusterContext = Omit<ConnectionContext, 'events'>;

export class Metadata implements ConnectionEvents {
  readonly cluster: ClusterNodes;
  /** Clock time of the last good answer about everything in use; -Infinity before the first. */
  refreshedMs = -Infinity;
  /**
   * Errors that the last answer had for a topic, by name: for messages when a wait ends in vain.
   */
  readonly topicErrors = new Map<string, ProducerError>();
  /**
   * TLS or SASL failed: whoever waits for metadata, now or next, is told, and that once (as in
   * Java's Metadata).
   */
  private fatalError: ProducerError | null = null;
  /**
   * What is to be asked for: all topics in use, or only those that nothing was ever asked of (a
   * partial update).
   */
  private wanted = true;
  private partial = false;
  private readonly newTopics = new Set<TopicState>();
  private pending = false;
  /** Requests that failed since the last answer, and answers in a row that told nothing new. */
  private failures = 0;
  private equivalent = 0;
  private notBeforeMs = 0;
  /**
   * Since when metadata is wanted in vain; NaN: it is not. metadata.recovery.rebootstrap.trigger.ms
   * counts from here.
   */
  private attemptStartMs = NaN;

  constructor(
    private readonly topics: Map<string, TopicState>,
    private readonly context: ClusterContext,
    private readonly sticky: StickyOptions,
    private readonly sender: WakeTimer,
  ) {
    this.cluster = new ClusterNodes({ ...context, events: this });
  }

  connectionUsable(): void {
    this.sender.now();
  }

  received(): void {
    this.sender.now();
  }

  connectionClosed(error: ProducerError): void {
    if (error instanceof AuthenticationError) this.fatalError = error;
    this.disconnected(error);
    this.sender.soon();
  }

  /** Told once to those who wait now, or else to the next. */
  takeFatalError(): ProducerError | null {
    const error = this.fatalError;
    this.fatalError = null;
    return error;
  }

  get nodeList(): readonly NodeState[] {
    return this.cluster.list;
  }

  get connections(): readonly Connection[] {
    return this.cluster.connections;
  }

  connectionOf(node: NodeState): Connection {
    return this.cluster.connectionOf(node);
  }

  /** A node to ask something of that any may answer; null while there is none. */
  leastLoaded(nowMs: number): NodeState | null {
    return this.cluster.leastLoaded(nowMs);
  }

  /** The node of this id, which another answer than Metadata's told of. */
  learnNode(address: NodeAddress): NodeState {
    if (this.cluster.get(address.nodeId) === undefined) this.cluster.add([address]);
    return this.cluster.get(address.nodeId)!;
  }

  requestUpdate(): void {
    this.wanted = true;
  }

  /** A connection has ended, or none came about. */
  private disconnected(error: ProducerError): void {
    const nowMs = this.context.clock.now();
    // KIP-1242: the broker is of another cluster, or another node. The next pass, which follows at
    // once, does it.
    if (error.kafkaName === 'REBOOTSTRAP_REQUIRED' && this.recovers)
      this.attemptStartMs = -Infinity;
    // While metadata is due that is a failed attempt to get it.
    if (!this.pending && this.due(nowMs) && nowMs >= this.notBeforeMs) this.failed();
    this.wanted = true;
  }

  /** The topic's state, made (and asked for) if it is new. */
  topic(name: string, nowMs: number): TopicState {
    let topic = this.topics.get(name);
    if (topic === undefined) {
      topic = new TopicState(name, new StickyPartitioner(this.sticky));
      this.topics.set(name, topic);
      this.askForNew(topic);
    } else if (topic.forgotten || this.newTopics.has(topic)) this.askForNew(topic);
    else if (topic.partitions.length === 0) this.wanted = true;
    topic.use(nowMs);
    return topic;
  }

  private askForNew(topic: TopicState): void {
    this.newTopics.add(topic);
    this.partial = true;
    this.equivalent = 0;
    this.notBeforeMs = 0; // a new topic waits for no backoff
  }

  private due(nowMs: number): boolean {
    return (
      this.wanted ||
      this.partial ||
      nowMs - this.refreshedMs >= this.context.config.metadataMaxAgeMs
    );
  }

  /** Asks for metadata if it is due. Returns after how many ms to look again. */
  maintain(nowMs: number): number {
    const { config } = this.context;
    if (this.cluster.retiring) this.cluster.closeRetired(nowMs);
    const triggerMs = this.rebootstrapIfLate(nowMs);
    if (this.pending) return triggerMs;
    if (!this.due(nowMs))
      return Math.min(triggerMs, this.refreshedMs + config.metadataMaxAgeMs - nowMs);
    if (nowMs < this.notBeforeMs) return Math.min(triggerMs, this.notBeforeMs - nowMs);
    if (Number.isNaN(this.attemptStartMs)) this.attemptStartMs = nowMs;
    this.forgetIdleTopics(nowMs);
    const node = this.chooseNode(nowMs);
    if (node === null) return Math.min(triggerMs, this.cluster.nextChanceMs(nowMs));
    const connection = this.cluster.connectionOf(node);
    if (connection.state === 'ready') this.ask(connection, nowMs);
    else if (connection.state === 'closed') connection.connect();
    // A connection event or answer wakes the sender.
    return this.recovers
      ? Math.min(triggerMs, config.metadataRecoveryRebootstrapTriggerMs)
      : Infinity;
  }

  private get recovers(): boolean {
    return this.context.config.metadataRecoveryStrategy === 'rebootstrap';
  }

  /**
   * KIP-899: with no node that could be asked or tried now, and no connection that is merely busy,
   * back to the bootstrap addresses.
   */
  private chooseNode(nowMs: number): NodeState | null {
    const node = this.cluster.leastLoaded(nowMs);
    if (node !== null || this.cluster.anyReady || !this.recovers) return node;
    this.rebootstrap(nowMs);
    return this.cluster.leastLoaded(nowMs);
  }

  /**
   * KIP-1102: metadata is wanted in vain for too long, whatever the connections look like. Returns
   * ms until that is so.
   */
  private rebootstrapIfLate(nowMs: number): number {
    if (Number.isNaN(this.attemptStartMs) || !this.recovers) return Infinity;
    // Java waits for more than the trigger: hence the one millisecond.
    const leftMs =
      this.attemptStartMs + this.context.config.metadataRecoveryRebootstrapTriggerMs + 1 - nowMs;
    if (leftMs > 0) return leftMs;
    this.cluster.disconnect('no metadata came, back to the bootstrap addresses');
    this.rebootstrap(nowMs);
    return this.context.config.metadataRecoveryRebootstrapTriggerMs + 1;
  }

  private rebootstrap(nowMs: number): void {
    this.attemptStartMs = nowMs;
    this.wanted = true;
    if (this.cluster.onlyBootstrap) return;
    this.cluster.rebootstrap();
    // As after a topic was made anew, leader epochs say nothing about those of the cluster that
    // answers next.
    for (const topic of this.topics.values()) forgetLeaders(topic);
    this.assignPartitions();
    this.sender.soon(); // leaders have changed
  }

  private ask(connection: Connection, nowMs: number): void {
    const all = this.wanted || nowMs - this.refreshedMs >= this.context.config.metadataMaxAgeMs;
    const asked = (
      all ? [...this.topics.values()].filter(({ forgotten }) => !forgotten) : [...this.newTopics]
    ).map(({ name }) => name);
    this.pending = true;
    this.wanted &&= !all;
    this.partial = false;
    connection.request(
      metadataRequest,
      leadersResponse,
      // Version 0 takes an empty list for "all topics"; every broker since 0.10 has version 1, and
      // Produce v3 needs 0.11.
      { topics: asked.map((name) => ({ name })), allowAutoTopicCreation: true },
      (error, answer, version) => {
        if (answer !== null) this.check(answer);
        this.pending = false;
        if (answer === null) {
          this.wanted ||= all;
          this.partial ||= !all;
          this.failed();
          if (error !== null && !error.retriable) this.fatalError = error;
          return;
        }
        if (version >= CLIENT_THROTTLES_FROM) connection.throttle(answer.throttleTimeMs);
        this.answered(answer, version, all, asked);
      },
    );
  }

  /**
   * What an answer says is kept for as long as the producer lives, so that it has bounds of its
   * own. Throws WireError.
   */
  private check({ brokers, topics }: Answer): void {
    let partitions = 0;
    for (const topic of topics) {
      checkIndexes(topic);
      if (topic.name !== null && this.topics.has(topic.name)) partitions += topic.partitions.length;
    }
    if (brokers.length > MAX_BROKERS)
      throw new WireError(
        `MetadataResponse names ${brokers.length} brokers; ${MAX_BROKERS} are the most taken`,
      );
    if (partitions > MAX_PARTITIONS) {
      throw new WireError(
        `MetadataResponse tells of ${partitions} partitions of topics in use; ` +
          `${MAX_PARTITIONS} are the most taken`,
      );
    }
  }

  private answered(answer: Answer, version: number, all: boolean, asked: readonly string[]): void {
    if (answer.errorCode === ERROR.REBOOTSTRAP_REQUIRED && this.recovers) {
      this.wanted = true;
      this.attemptStartMs = -Infinity; // the next pass, which follows at once, does it
      return;
    }
    // A broker that has just started may know nothing yet.
    if (answer.brokers.length > 0) this.update(answer, version, all, asked);
    else {
      this.wanted ||= all;
      this.partial ||= !all;
      this.failed();
    }
  }

  /** An attempt to get metadata has failed. */
  private failed(): void {
    this.failures++;
    this.equivalent = 0;
    this.backOff();
  }

  private backOff(): void {
    const { config, clock, random } = this.context;
    const { retryBackoffMs, retryBackoffMaxMs } = config;
    const last = Math.max(this.failures, this.equivalent, 1) - 1;
    this.notBeforeMs = clock.now() + backoffMs(retryBackoffMs, retryBackoffMaxMs, last, random);
  }

  private update(answer: Answer, version: number, all: boolean, asked: readonly string[]): void {
    const nowMs = this.context.clock.now();
    this.cluster.replace(answer.brokers, answer.clusterId);
    this.attemptStartMs = NaN;
    this.failures = 0;
    if (nowMs - this.refreshedMs >= this.context.config.metadataMaxAgeMs) this.equivalent = 0;
    this.equivalent++;
    if (all) this.refreshedMs = nowMs;
    const told = new Set<string>();
    for (const entry of answer.topics) {
      const topic = entry.name === null ? undefined : this.topics.get(entry.name);
      if (topic === undefined) continue;
      told.add(topic.name);
      this.newTopics.delete(topic);
      if (entry.errorCode === ERROR.NONE)
        this.updateTopic(topic, entry.topicId, entry.partitions, version);
      else {
        const error = brokerError(entry.errorCode, topic.name);
        this.topicErrors.set(topic.name, error);
        this.wanted ||= error.retriable;
        forgetLeaders(topic);
      }
    }
    this.wanted ||= asked.some((name) => !told.has(name));
    this.backOff();
    if (this.partial) this.notBeforeMs = 0; // a topic came while this was under way
    this.assignPartitions();
    this.sender.soon(); // leaders have changed
  }

  private updateTopic(
    topic: TopicState,
    topicId: string,
    partitions: readonly PartitionAnswer[],
    version: number,
  ): void {
    this.topicErrors.delete(topic.name);
    const id = topicId === NO_TOPIC_ID ? null : Buffer.from(topicId.replaceAll('-', ''), 'hex');
    // Another topic of the same name: its leader epochs start anew.
    const another = id !== null && (topic.id === null || !id.equals(topic.id));
    topic.identify(id);
    if ((another || id === null) && partitions.length > 0) dropPartitions(topic, partitions.length);
    for (const { partitionIndex, leaderId, leaderEpoch, errorCode } of partitions) {
      const partition = ensurePartition(topic, partitionIndex);
      if (errorCode !== ERROR.NONE && errorRow(errorCode).refreshesMetadata) this.wanted = true;
      const epoch = version >= RELIABLE_EPOCHS_FROM ? leaderEpoch : -1;
      // Older than what is known (another broker's stale view): keep what is known.
      if (epoch >= 0 && epoch < partition.leaderEpoch && !another) continue;
      if (epoch < 0 || another || epoch > partition.leaderEpoch) this.equivalent = 0;
      if (another) partition.forgetLastLeader();
      this.lead(partition, leaderId);
      partition.noteEpoch(epoch);
    }
  }

  /**
   * KIP-951: a produce answer named newer leaders, and where they are. Followed only where the
   * epoch is newer than the one known and the leader's address is known
   * (Metadata.updatePartitionLeadership); where no hint is of use its addresses are not either.
   */
  applyHints(
    hints: ReadonlyMap<PartitionState, LeaderHint>,
    endpoints: readonly NodeAddress[],
  ): void {
    if (this.cluster.onlyBootstrap) return;
    const named = endpoints.filter(({ nodeId }) => nodeId >= 0);
    const useful = [...hints].filter(
      ([partition, { leaderId, leaderEpoch }]) =>
        leaderEpoch > partition.leaderEpoch &&
        (this.cluster.get(leaderId) !== undefined ||
          named.some(({ nodeId }) => nodeId === leaderId)),
    );
    if (useful.length === 0) return;
    this.cluster.add(named);
    for (const [partition, { leaderId, leaderEpoch }] of useful) {
      this.lead(partition, leaderId);
      partition.noteEpoch(leaderEpoch);
    }
    this.assignPartitions();
    this.sender.soon(); // leaders have changed
  }

  private lead(partition: PartitionState, leaderId: number): void {
    const node = this.cluster.get(leaderId) ?? null;
    const { lastLeader } = partition;
    if (node !== null && lastLeader !== null && lastLeader.id !== node.id) {
      this.context.counters.leaderChanged();
    }
    partition.lead(node);
  }

  private assignPartitions(): void {
    for (const node of this.cluster.list) node.leadNone();
    for (const topic of this.topics.values()) {
      topic.leadersChanged();
      for (const partition of topic.partitions) {
        // A leader from an older answer may have left the cluster since.
        if (partition.leader !== null && this.cluster.get(partition.leader.id) !== partition.leader)
          partition.lead(null);
        partition.leader?.partitions.push(partition);
      }
    }
  }

  private forgetIdleTopics(nowMs: number): void {
    for (const topic of this.topics.values()) {
      const busy = topic.partitions.some(isBusy) || this.newTopics.has(topic);
      if (busy) topic.touch(nowMs);
      else if (nowMs - topic.lastUsedMs > this.context.config.metadataMaxIdleMs) topic.forget();
    }
  }
}

const isBusy = ({ queue, inFlight }: PartitionState) => queue.length + inFlight.length > 0;

/**
 * A topic's partitions are 0 to n - 1 and all of them are told: an index beyond would have to be
 * allocated for.
 */
function checkIndexes({ name, partitions }: Answer['topics'][number]): void {
  for (const { partitionIndex } of partitions) {
    if (partitionIndex >= 0 && partitionIndex < partitions.length) continue;
    throw new WireError(
      `MetadataResponse tells of partition ${partitionIndex} among ${partitions.length} ` +
        `of ${name ?? ''}`,
    );
  }
}

/** Nothing is known of the topic for now; what waits for it waits on. */
function forgetLeaders(topic: TopicState): void {
  topic.identify(null);
  for (const partition of topic.partitions) partition.lead(null);
}

function ensurePartition(topic: TopicState, index: number): PartitionState {
  for (let i = topic.partitions.length; i <= index; i++)
    topic.partitions.push(new PartitionState(topic, i));
  return topic.partitions[index];
}

/**
 * The topic may have been made anew with `count` partitions: those beyond are gone, once the
 * batches that they have are settled.
 */
function dropPartitions(topic: TopicState, count: number): void {
  const { partitions } = topic;
  for (let i = count; i < partitions.length; i++) partitions[i].lead(null);
  while (partitions.length > count && !isBusy(partitions[partitions.length - 1])) partitions.pop();
}
