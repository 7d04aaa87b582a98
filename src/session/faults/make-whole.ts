// Waits until a cluster is whole again after a run with faults: every broker there, every replica
// in sync, on kbench's own clusters the first replica leading again. Called by execute.ts before
// the run's topic goes and the next run begins.
import { RunError, StoppedError } from '../../base/errors.js';
import { sleep } from '../../base/time-limit.js';
import { ProbeFailure } from '../../connect/cold.js';
import type { ClusterState, PartitionState } from '../../targets/external/cluster-state.js';

const LIMIT_MS = 120_000;
const POLL_MS = 200;
const ELECT_EVERY_MS = 3_000;
const MAX_LISTED = 5;

export interface WholeCheck {
  readonly state: () => Promise<ClusterState>;
  readonly brokers: readonly number[];
  /** Null: who leads is left as it is. */
  readonly elect: (() => Promise<void>) | null;
  readonly stop: AbortSignal;
  readonly limitMs?: number;
}

/** RunError once the limit is over, StoppedError once the user stops. */
export async function makeWhole(check: WholeCheck): Promise<void> {
  const { state, brokers, elect, stop, limitMs = LIMIT_MS } = check;
  const endMs = performance.now() + limitMs;
  let electedMs = -Infinity;
  for (;;) {
    if (stop.aborted) throw new StoppedError('stopped');
    let missing: string | null;
    try {
      const found = await state();
      missing = broken(found, brokers);
      if (missing === null && elect !== null) {
        missing = misled(found);
        if (missing !== null && performance.now() - electedMs >= ELECT_EVERY_MS) {
          electedMs = performance.now();
          await elect();
        }
      }
    } catch (error) {
      if (!(error instanceof ProbeFailure)) throw error;
      missing = error.message;
    }
    if (missing === null) return;
    if (performance.now() >= endMs)
      throw new RunError(
        `the cluster did not come back within ${limitMs / 1000} s after the faults of the run: ` +
          missing,
        'see its logs; --resume makes the runs that are missing once it is well again',
      );
    await sleep(POLL_MS, stop);
  }
}

function broken({ brokers, partitions }: ClusterState, expected: readonly number[]): string | null {
  const absent = expected.filter((id) => !brokers.includes(id));
  if (absent.length > 0) return `broker ${absent.join(', ')} is not there`;
  const behind = partitions.filter(({ inSync, replicas }) => inSync.length < replicas.length);
  return behind.length === 0 ? null : `replicas are not in sync: ${listed(behind.map(nameOf))}`;
}

function misled({ partitions }: ClusterState): string | null {
  const elsewhere = partitions.filter(({ leader, replicas }) => leader !== replicas[0]);
  if (elsewhere.length === 0) return null;
  return `not led by their first replica: ${listed(elsewhere.map(nameOf))}`;
}

const nameOf = ({ topic, partition }: PartitionState): string => `${topic}-${partition}`;

const listed = (names: readonly string[]): string =>
  names.length <= MAX_LISTED
    ? names.join(', ')
    : `${names.slice(0, MAX_LISTED).join(', ')} and ${names.length - MAX_LISTED} more`;
