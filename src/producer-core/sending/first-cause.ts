// Why records were not acknowledged in time, in words: the first thing that went wrong on their
// way, so that a time-out never stands alone. Called where batches expire and where buffer.memory
// stays full. Reads state that others keep; must never change any.
import type { ProducerError } from '../errors.js';
import type { NodeState, PartitionBatch, TopicState } from '../batching/topic-state.js';

/** How the nodes are at the moment. */
export interface Reachability {
  /** Why nodes cannot be reached; empty where none has failed. */
  unreachable(): string;
  connectionTo(node: NodeState): WatchedConnection | null;
}

/** What of a connection tells of an answer that is owed: requests, oldest first. */
interface WatchedConnection {
  readonly state: string;
  readonly inFlight: readonly { readonly sentMs: number }[];
}

/** What the last metadata had against topics, and the nodes that it named. */
export interface Leadership {
  readonly topicErrors: ReadonlyMap<string, ProducerError>;
  readonly cluster: Reachability;
}

/** Of a batch past delivery.timeout.ms: what stood in its way. */
export function whyExpired(batch: PartitionBatch, nowMs: number, metadata: Leadership): string {
  const { topic, leader, lastLeader } = batch.partitionState;
  const node = leader ?? lastLeader;
  if (batch.firstFailure !== null) return withTroubles(batch.firstFailure, node);
  if (node?.firstTrouble != null) return withTroubles(node.firstTrouble, node);
  if (leader === null) {
    const why = metadata.topicErrors.get(topic.name)?.message ?? metadata.cluster.unreachable();
    return why === '' ? 'no leader of the partition is known' : `no leader is known: ${why}`;
  }
  return whySilent(leader, nowMs, metadata.cluster) ?? 'it waited behind others of its partition';
}

/** Of a buffer that stayed full: what is wrong with the nodes that should have emptied it. */
export function whyFull(
  topics: Iterable<TopicState>,
  nowMs: number,
  cluster: Reachability,
): string {
  const nodes = new Set<NodeState>();
  for (const { partitions } of topics) {
    for (const { leader, lastLeader } of partitions) {
      const node = leader ?? lastLeader;
      if (node !== null) nodes.add(node);
    }
  }
  const all = [...nodes];
  const broken = all.find(({ firstTrouble }) => firstTrouble !== null);
  if (broken?.firstTrouble != null) return withTroubles(broken.firstTrouble, broken);
  const silent = all.map((node) => whySilent(node, nowMs, cluster)).find((why) => why !== null);
  return silent ?? 'the brokers answer, but more slowly than records come';
}

/** An answer is owed: by whom, and since when. */
function whySilent(node: NodeState, nowMs: number, cluster: Reachability): string | null {
  const connection = cluster.connectionTo(node);
  if (connection === null) return `no connection to ${node.title} yet`;
  const oldest = connection.inFlight.at(0);
  if (oldest === undefined) {
    return connection.state === 'ready' ? null : `no connection to ${node.title} yet`;
  }
  const waitedMs = Math.round(nowMs - oldest.sentMs);
  return `${node.title} had not answered a request for ${waitedMs} ms`;
}

/**
 * The error, its node by name, and how many connections to it have ended since it last answered.
 */
function withTroubles(error: ProducerError, node: NodeState | null): string {
  if (node === null) return error.message;
  const named = (message: string): string =>
    message.replace(`${node.address}: `, `${node.title}: `);
  const { troubles, firstTrouble, lastTrouble } = node;
  const first = named(error.message);
  if (troubles === 0 || firstTrouble === null || lastTrouble === null) return first;
  // What came before the connections broke: an error code, for one.
  const then =
    firstTrouble.message === error.message ? '' : `; then ${named(firstTrouble.message)}`;
  if (troubles === 1) return first + then;
  const last =
    lastTrouble.message === firstTrouble.message
      ? ''
      : `, the last: ${lastTrouble.message.replace(`${node.address}: `, '')}`;
  return `${first}${then} (${troubles} connections failed in a row${last})`;
}
