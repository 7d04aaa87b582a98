// Why records were not acknowledged in time, in words: the first thing that went wrong on their
// way, so that a time-out never stands alone. Called where batches expire and where buffer.memory
// stays full. Reads state that others keep; must never change any.
import type { ProducerError } from './errors.js';
import type { RecordBatch } from './record-batch.js';
import type { NodeState, TopicState } from './topic-state.js';

/** Who leads at the moment, and what the last metadata had against the topic. */
export interface Leadership {
  readonly topicErrors: ReadonlyMap<string, ProducerError>;
  readonly cluster: { unreachable(): string };
}

/** Of a batch past delivery.timeout.ms: what stood in its way. */
export function whyExpired(batch: RecordBatch, nowMs: number, metadata: Leadership): string {
  const { topic, leader, lastLeader } = batch.partitionState;
  const node = leader ?? lastLeader;
  if (batch.firstFailure !== null) return withTroubles(batch.firstFailure, node);
  if (node?.firstTrouble != null) return withTroubles(node.firstTrouble, node);
  if (leader === null) {
    const why = metadata.topicErrors.get(topic.name)?.message ?? metadata.cluster.unreachable();
    return why === '' ? 'no leader of the partition is known' : `no leader is known: ${why}`;
  }
  return whySilent(leader, nowMs) ?? 'it waited behind others of its partition';
}

/** Of a buffer that stayed full: what is wrong with the nodes that should have emptied it. */
export function whyFull(topics: Iterable<TopicState>, nowMs: number): string {
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
  const silent = all.map((node) => whySilent(node, nowMs)).find((why) => why !== null);
  return silent ?? 'the brokers answer, but more slowly than records come';
}

/** An answer is owed: by whom, and since when. */
function whySilent(node: NodeState, nowMs: number): string | null {
  const { connection } = node;
  if (connection === null) return `no connection to ${node.title} yet`;
  const oldest = connection.inFlight[0];
  if (oldest === undefined) {
    return connection.state === 'ready' ? null : `no connection to ${node.title} yet`;
  }
  const waitedMs = Math.round(nowMs - oldest.sentMs);
  return `${node.title} had not answered a request for ${waitedMs} ms`;
}

/** The error, its node by name, and how many connections to it have ended since it last answered. */
function withTroubles(error: ProducerError, node: NodeState | null): string {
  if (node === null) return error.message;
  const named = (message: string): string => message.replace(`${node.address}: `, `${node.title}: `);
  const { troubles, firstTrouble, lastTrouble } = node;
  const first = named(error.message);
  if (troubles === 0 || firstTrouble === null || lastTrouble === null) return first;
  // What came before the connections broke: an error code, for one.
  const then = firstTrouble.message === error.message ? '' : `; then ${named(firstTrouble.message)}`;
  if (troubles === 1) return first + then;
  const last =
    lastTrouble.message === firstTrouble.message
      ? ''
      : `, the last: ${lastTrouble.message.replace(`${node.address}: `, '')}`;
  return `${first}${then} (${troubles} connections failed in a row${last})`;
}
