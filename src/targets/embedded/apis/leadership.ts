// Whether a broker may serve a partition to a client that knows of a certain leader epoch
// (KIP-320). Called by fetch.ts and list-offsets.ts.
import type { Partition } from '../cluster-topics.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';

/** NONE if it may. An epoch of -1 is not checked. */
export function leadershipError(
  partition: Partition | undefined,
  broker: number,
  epoch: number,
): ErrorCode {
  if (partition === undefined) return ERROR.UNKNOWN_TOPIC_OR_PARTITION;
  if (epoch >= 0 && epoch < partition.leaderEpoch) return ERROR.FENCED_LEADER_EPOCH;
  if (epoch > partition.leaderEpoch) return ERROR.UNKNOWN_LEADER_EPOCH;
  return partition.leader === broker ? ERROR.NONE : ERROR.NOT_LEADER_OR_FOLLOWER;
}
