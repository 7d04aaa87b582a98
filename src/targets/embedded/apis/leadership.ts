// Whether a broker may serve a partition to a client that knows of a certain leader epoch
// (KIP-320). Called by fetch.ts and list-offsets.ts.
import type { Partition } from '../topics.js';

const UNKNOWN_TOPIC_OR_PARTITION = 3;
const NOT_LEADER_OR_FOLLOWER = 6;
const FENCED_LEADER_EPOCH = 74;
const UNKNOWN_LEADER_EPOCH = 75;

/** Kafka's error code, 0 for none. An epoch of -1 is not checked. */
export function leadershipError(
  partition: Partition | undefined,
  broker: number,
  epoch: number,
): number {
  if (partition === undefined) return UNKNOWN_TOPIC_OR_PARTITION;
  if (epoch >= 0 && epoch < partition.leaderEpoch) return FENCED_LEADER_EPOCH;
  if (epoch > partition.leaderEpoch) return UNKNOWN_LEADER_EPOCH;
  return partition.leader === broker ? 0 : NOT_LEADER_OR_FOLLOWER;
}
