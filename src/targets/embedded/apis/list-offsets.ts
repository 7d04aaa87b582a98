// ListOffsets (2): the ends of a partition's log, and offsets by time. Called through api-table.ts.
// By time it is exact to the record where batches are not compressed, and to the batch where they
// are.
import { listOffsetsRequest, listOffsetsResponse } from '../../../wire/apis/all.js';
import { api } from './api.js';
import { leadershipError } from './leadership.js';
import type { Partition } from '../cluster-topics.js';
import { ERROR } from '../../../wire/error-codes.js';

const READ_COMMITTED = 1;
/**
 * What special timestamps ask for, and the version from which they may (ListOffsetsRequest.json).
 */
const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;
const LOWEST_VERSION: Readonly<Record<number, number>> = {
  [MAX_TIMESTAMP]: 7,
  [EARLIEST_LOCAL]: 8,
  [LATEST_TIERED]: 9,
  [EARLIEST_PENDING_UPLOAD]: 11,
};

export const listOffsets = api(
  listOffsetsRequest,
  listOffsetsResponse,
  [1, 11],
  (request, call) => {
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }) => {
        const partition = call.cluster.topics.partition(name, partitionIndex);
        const asked = Number(timestamp);
        const wrong = leadershipError(partition, call.broker, currentLeaderEpoch);
        if (wrong !== ERROR.NONE) return { partitionIndex, errorCode: wrong };
        if (asked < EARLIEST_PENDING_UPLOAD || call.version < (LOWEST_VERSION[asked] ?? 1)) {
          return { partitionIndex, errorCode: ERROR.UNSUPPORTED_VERSION };
        }
        return {
          partitionIndex,
          ...lookUp(partition!, asked, request.isolationLevel === READ_COMMITTED),
        };
      }),
    }));
    call.answer({ topics });
  },
);

function lookUp({ log, leaderEpoch, transactions }: Partition, asked: number, committed: boolean) {
  switch (asked) {
    case LATEST:
      return {
        offset: BigInt(committed ? transactions.lastStableOffset(log.nextOffset) : log.nextOffset),
        leaderEpoch,
      };
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { offset: BigInt(log.logStartOffset), leaderEpoch };
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      // There is no remote storage: nothing tiered, nothing to upload.
      return { offset: -1n };
    default: {
      const found = asked === MAX_TIMESTAMP ? log.findMaxTimestamp() : log.findByTime(asked);
      if (found === null) return { offset: -1n };
      return { offset: BigInt(found.offset), timestamp: BigInt(found.timestamp), leaderEpoch };
    }
  }
}
