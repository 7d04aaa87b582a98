// Where a partition's log begins and ends (ListOffsets). Called by reader.ts, and by the fetch
// session when an offset that it asked for is not in the log.
import { listOffsetsRequest, listOffsetsResponse } from '../wire/apis/all.js';
import type { BrokerLink } from './cluster-view.js';
import type { Isolation } from './reader-types.js';
import { ERROR, errorRow } from '../wire/error-codes.js';

const TIMESTAMP = { earliest: -2n, latest: -1n } as const;
const LOOKUP_TIMEOUT_MS = 10_000;

export const isolationLevel = (isolation: Isolation): number =>
  isolation === 'read_committed' ? 1 : 0;

/** What a partition's leader said: its offset, or why not, by Kafka's name. */
export type Looked = { readonly offset: number } | { readonly error: string };

/** Of partitions that the broker leads, by their number. Throws ProbeFailure. */
export async function lookUpOffsets(
  link: BrokerLink,
  topic: string,
  partitions: readonly number[],
  which: keyof typeof TIMESTAMP,
  isolation: Isolation,
): Promise<ReadonlyMap<number, Looked>> {
  const timestamp = TIMESTAMP[which];
  const asked = partitions.map((partitionIndex) => ({ partitionIndex, timestamp }));
  const version = link.version(listOffsetsRequest);
  const answer = await link.request(listOffsetsRequest, listOffsetsResponse, version, {
    isolationLevel: isolationLevel(isolation),
    topics: [{ name: topic, partitions: asked }],
    timeoutMs: LOOKUP_TIMEOUT_MS,
  });
  const found = new Map<number, Looked>();
  for (const { partitionIndex, errorCode, offset } of answer.topics[0]?.partitions ?? [])
    found.set(
      partitionIndex,
      errorCode === ERROR.NONE ? { offset: Number(offset) } : { error: errorRow(errorCode).name },
    );
  return found;
}
