// Who leads what: asks brokers for it, keeps it, and asks again when it is stale (age, an error that says so, a topic not known yet).
// Driven by the sender; changes TopicState and NodeState in place. Must never forget a topic that has batches.
import { metadataRequest, metadataResponse, type MetadataResponse } from './protocol/apis/metadata.js';
import type { Decoded } from './protocol/message.js';
import { WireError } from './protocol/wire-error.js';
import { backoffMs } from './backoff.js';
import { Connection, type ConnectionContext } from './connection.js';
import { brokerError, type ProducerError } from './errors.js';
import type { LeaderHint, NodeEndpoint } from './produce-response.js';
import { NodeState, PartitionState, TopicState } from './topic-state.js';
import { StickyPartitioner, type StickyOptions } from './sticky-partitioner.js';

/** Before this version the broker itself holds a throttled client back. */
const CLIENT_THROTTLES_FROM = 6;
const NO_TOPIC_ID = '00000000-0000-0000-0000-000000000000';

export class Metadata {
  readonly nodes = new Map<number, NodeState>();
  /** The same, as an array: every pass goes through it, and iterating a map allocates. */
  nodeList: readonly NodeState[] = [];
  /** Clock time of the last good answer; -Infinity before the first. */
  refreshedMs = -Infinity;
  /** Errors that the last answer had for a topic, by name: for messages when a wait ends in vain. */
  readonly topicErrors = new Map<string, ProducerError>();
  private wanted = true;
  private pending = false;
  private failures = 0;
  private notBeforeMs = 0;
  private readonly bootstrap: NodeState[];
  /** Connections of nodes that are no more (or moved): closed once nothing is outstanding on them. */
  private retired: Connection[] = [];
  /** Times that connections which are no longer in `connections` were opened. */
  private retiredOpened = 0;
  /** Every connection there is, also of nodes that are no more. */
  readonly connections: Connection[] = [];

  constructor(
    private readonly topics: Map<string, TopicState>,
    private readonly context: ConnectionContext,
    private readonly sticky: StickyOptions,
    /** Called after every change of leadership. */
    private readonly changed: () => void,
  ) {
    // Bootstrap addresses are nodes -1, -2, ... until the first answer.
    this.bootstrap = context.config.bootstrapServers.map((address, i) => {
      const at = address.lastIndexOf(':');
      return new NodeState(-1 - i, address.slice(0, at).replace(/^\[|\]$/g, ''), Number(address.slice(at + 1)));
    });
    for (const node of this.bootstrap) this.nodes.set(node.id, node);
    this.nodeList = this.bootstrap;
  }

  /** What became of each bootstrap address, for BootstrapError. */
  bootstrapOutcomes(): { address: string; outcome: string }[] {
    return this.bootstrap.map((node) => ({
      address: node.address,
      outcome: node.connection?.lastFailure?.message.replace(`${node.address}: `, '') ?? 'no answer yet',
    }));
  }

  /** Why nodes cannot be reached at the moment, as one text; empty where none has failed. */
  unreachable(): string {
    const failures: string[] = [];
    for (const { connection } of this.nodes.values()) {
      if (connection !== null && connection.state !== 'ready' && connection.lastFailure !== null)
        failures.push(connection.lastFailure.message);
    }
    return failures.join('; ');
  }

  /** How often a connection was opened so far. */
  get connectionsOpened(): number {
    return this.connections.reduce((sum, connection) => sum + connection.opened, this.retiredOpened);
  }

  requestUpdate(): void {
    this.wanted = true;
  }

  /** The topic's state, made (and asked for) if it is new. */
  topic(name: string, nowMs: number): TopicState {
    let topic = this.topics.get(name);
    if (topic === undefined) {
      topic = new TopicState(name, new StickyPartitioner(this.sticky));
      this.topics.set(name, topic);
      this.wanted = true;
      this.notBeforeMs = 0; // a new topic waits for no backoff
    }
    topic.lastUsedMs = nowMs;
    if (topic.forgotten) {
      topic.forgotten = false;
      this.wanted = true;
    }
    return topic;
  }

  connectionOf(node: NodeState): Connection {
    if (node.connection === null) {
      node.connection = new Connection(node, this.context);
      this.connections.push(node.connection);
    }
    return node.connection;
  }

  /** Asks for metadata if it is due. Returns after how many ms to look again. */
  maintain(nowMs: number): number {
    const { config } = this.context;
    if (this.retired.length > 0) this.closeRetired();
    const ageMs = nowMs - this.refreshedMs;
    if (this.pending) return Infinity;
    if (!this.wanted && ageMs < config.metadataMaxAgeMs) return config.metadataMaxAgeMs - ageMs;
    if (nowMs < this.notBeforeMs) return this.notBeforeMs - nowMs;
    this.forgetIdleTopics(nowMs);
    const node = this.leastLoaded(nowMs);
    if (node === null) return this.nextConnectMs(nowMs);
    const connection = this.connectionOf(node);
    if (connection.state === 'ready') this.ask(connection);
    else if (connection.state === 'closed') connection.connect();
    return Infinity; // a connection event or answer wakes the sender
  }

  /** Java's choice: a usable connection with the fewest requests, else one being set up, else one that may be set up; from a random start. */
  private leastLoaded(nowMs: number): NodeState | null {
    const nodes = [...this.nodes.values()];
    const offset = Math.floor(this.context.random() * nodes.length);
    let ready: NodeState | null = null;
    let connecting: NodeState | null = null;
    let connectable: NodeState | null = null;
    let fewest = Infinity;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[(offset + i) % nodes.length];
      const { connection } = node;
      if (connection?.state === 'ready') {
        if (!connection.canSend(nowMs)) continue;
        if (connection.inFlight.length < fewest) {
          fewest = connection.inFlight.length;
          ready = node;
        }
      } else if (connection !== null && connection.state !== 'closed') connecting ??= node;
      else if (connection === null || nowMs >= connection.reconnectAtMs) {
        // The one that was tried longest ago, so that a dead first address does not hide the others.
        if (connectable === null || (connection?.reconnectAtMs ?? -1) < (connectable.connection?.reconnectAtMs ?? -1))
          connectable = node;
      }
    }
    return ready ?? connecting ?? connectable;
  }

  private nextConnectMs(nowMs: number): number {
    let wait = Infinity;
    for (const { connection } of this.nodes.values()) {
      if (connection?.state === 'closed') wait = Math.min(wait, Math.max(1, connection.reconnectAtMs - nowMs));
      else if (connection?.state === 'ready' && nowMs < connection.throttledUntilMs) {
        wait = Math.min(wait, connection.throttledUntilMs - nowMs);
      }
    }
    return wait;
  }

  private ask(connection: Connection): void {
    this.pending = true;
    this.wanted = false;
    const names: string[] = [];
    for (const topic of this.topics.values()) if (!topic.forgotten) names.push(topic.name);
    connection.request(
      metadataRequest,
      metadataResponse,
      // Version 0 takes an empty list for "all topics"; every broker since 0.10 has version 1, and Produce v3 needs 0.11.
      { topics: names.map((name) => ({ name })), allowAutoTopicCreation: true },
      (error, answer, version) => {
        if (answer !== null) checkPartitions(answer);
        this.pending = false;
        if (error !== null || answer === null) {
          this.failed(error);
          return;
        }
        if (version >= CLIENT_THROTTLES_FROM) connection.throttle(answer.throttleTimeMs);
        this.update(answer);
      },
    );
  }

  private failed(error: ProducerError | null): void {
    this.wanted = true;
    this.backOff();
    if (error !== null && !error.retriable) for (const name of this.topics.keys()) this.topicErrors.set(name, error);
  }

  private backOff(): void {
    const { config, clock, random } = this.context;
    this.notBeforeMs =
      clock.now() + backoffMs(config.retryBackoffMs, config.retryBackoffMaxMs, this.failures++, random);
  }

  private update(answer: Decoded<MetadataResponse>): void {
    const nowMs = this.context.clock.now();
    if (answer.brokers.length === 0) {
      this.failed(null);
      return;
    }
    for (const { nodeId, host, port } of answer.brokers) this.setNode(nodeId, host, port);
    const known = new Set(answer.brokers.map(({ nodeId }) => nodeId));
    for (const [id, node] of this.nodes) {
      if (known.has(id)) continue;
      this.nodes.delete(id);
      this.retire(node);
    }
    let incomplete = false;
    for (const entry of answer.topics) {
      const topic = entry.name === null ? undefined : this.topics.get(entry.name);
      if (topic === undefined) continue;
      if (entry.errorCode !== 0) {
        const error = brokerError(entry.errorCode, topic.name);
        this.topicErrors.set(topic.name, error);
        incomplete ||= error.retriable;
        continue;
      }
      this.topicErrors.delete(topic.name);
      const id = entry.topicId === NO_TOPIC_ID ? null : Buffer.from(entry.topicId.replaceAll('-', ''), 'hex');
      // Another topic of the same name: its leader epochs start anew.
      const recreated = id !== null && topic.id !== null && !id.equals(topic.id);
      topic.id = id;
      if (recreated) {
        for (const partition of topic.partitions) {
          partition.leader = null;
          partition.leaderEpoch = -1;
        }
      }
      for (const { partitionIndex, leaderId, leaderEpoch, errorCode } of entry.partitions) {
        const partition = ensurePartition(topic, partitionIndex);
        if (leaderId < 0 || (errorCode !== 0 && errorCode !== 9)) incomplete = true;
        // Older than what is known (another broker's stale view): keep what is known.
        if (leaderEpoch >= 0 && leaderEpoch < partition.leaderEpoch) continue;
        partition.leader = this.nodes.get(leaderId) ?? null;
        partition.leaderEpoch = leaderEpoch;
      }
    }
    this.refreshedMs = nowMs;
    if (incomplete) {
      this.wanted = true;
      this.backOff();
    } else {
      this.failures = 0;
      this.notBeforeMs = nowMs + this.context.config.retryBackoffMs;
    }
    this.assignPartitions();
    this.changed();
  }

  private setNode(id: number, host: string, port: number): NodeState {
    let node = this.nodes.get(id);
    if (node === undefined) {
      node = new NodeState(id, host, port);
      this.nodes.set(id, node);
    } else if (node.host !== host || node.port !== port) {
      this.retire(node);
      node.host = host;
      node.port = port;
    }
    return node;
  }

  private retire(node: NodeState): void {
    if (node.connection !== null) this.retired.push(node.connection);
    node.connection = null;
  }

  private closeRetired(): void {
    this.retired = this.retired.filter((connection) => {
      if (connection.inFlight.length > 0) return true;
      connection.close();
      this.retiredOpened += connection.opened;
      this.connections.splice(this.connections.indexOf(connection), 1);
      return false;
    });
  }

  /** KIP-951: a produce answer named newer leaders. Applied only where the epoch is newer. */
  applyHints(hints: ReadonlyMap<PartitionState, LeaderHint>, endpoints: readonly NodeEndpoint[]): void {
    for (const { nodeId, host, port } of endpoints) this.setNode(nodeId, host, port);
    for (const [partition, { leaderId, leaderEpoch }] of hints) {
      const node = this.nodes.get(leaderId);
      if (node === undefined || leaderEpoch <= partition.leaderEpoch) continue;
      partition.leader = node;
      partition.leaderEpoch = leaderEpoch;
    }
    this.assignPartitions();
    this.changed();
  }

  private assignPartitions(): void {
    this.nodeList = [...this.nodes.values()];
    for (const node of this.nodeList) node.partitions = [];
    for (const topic of this.topics.values()) {
      for (const partition of topic.partitions) {
        // A leader from an older answer may have left the cluster since.
        if (partition.leader !== null && this.nodes.get(partition.leader.id) !== partition.leader)
          partition.leader = null;
        partition.leader?.partitions.push(partition);
      }
    }
  }

  private forgetIdleTopics(nowMs: number): void {
    for (const topic of this.topics.values()) {
      const busy = topic.partitions.some(({ queue, inFlight }) => queue.length + inFlight.length > 0);
      if (busy) topic.lastUsedMs = nowMs;
      else if (nowMs - topic.lastUsedMs > this.context.config.metadataMaxIdleMs) {
        // Kept, as callers hold it; without leaders, so that the next batch asks for them.
        topic.forgotten = true;
        for (const partition of topic.partitions) partition.leader = null;
      }
    }
  }
}

/** A topic's partitions are 0 to n - 1 and all of them are told: an index beyond would have to be allocated for. */
function checkPartitions(answer: Decoded<MetadataResponse>): void {
  for (const { name, partitions } of answer.topics) {
    for (const { partitionIndex } of partitions) {
      if (partitionIndex >= 0 && partitionIndex < partitions.length) continue;
      throw new WireError(
        `MetadataResponse tells of partition ${partitionIndex} among ${partitions.length} of ${name ?? ''}`,
      );
    }
  }
}

function ensurePartition(topic: TopicState, index: number): PartitionState {
  for (let i = topic.partitions.length; i <= index; i++) topic.partitions.push(new PartitionState(topic, i));
  return topic.partitions[index];
}
