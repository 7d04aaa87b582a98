// The run's times without an acknowledgement, from its workers' gaps, and which of them were an
// outage of the cluster. Pure; called once a run by merge.ts, its outages are judged by verdict.ts.
import type { Continuity, Outage } from '../../contract/run-result.js';
import type { MetricWindow } from '../../producer-core/harness.js';
import type { PackedGaps } from '../measure/ack-gaps.js';

/** What befell connections, and how long brokers throttled. */
export interface ConnectionFacts {
  readonly totals: Pick<
    MetricWindow['totals'],
    'connectionsLost' | 'connectionsFailed' | 'leaderChanges' | 'recordRetries'
  >;
  readonly maxima: Pick<MetricWindow['maxima'], 'throttleMs'>;
}

/** A time in which something was waited for and no worker got an acknowledgement. */
export interface Gap {
  readonly atMs: number;
  readonly forMs: number;
}

/** What else may have kept acknowledgements away, or says that it was the cluster. */
export interface ContinuityFacts {
  readonly lingerMs: number;
  /** The longest that a worker's own event loop kept its sockets waiting. */
  readonly lagMaxMs: number;
  /** Of the service time: what a record's acknowledgement usually takes. */
  readonly serviceP50Ms: number;
}

/**
 * From when on silence is an outage and not slowness. Nobody's acknowledgements are usually a
 * second apart but where batches linger, brokers throttle, the client itself was stuck (all three
 * are taken off), or where every answer takes that long: hence `UNUSUAL` times what the run's own
 * gaps were otherwise. Only time in which something was owed counts, so a low rate makes no gaps.
 * Where connections broke as well, less silence is needed to tell.
 */
const SILENT_MS = 1000;
const SILENT_AND_BROKEN_MS = 250;
const UNUSUAL = 5;
/**
 * One of several brokers may be gone while others answer: then single batches wait. How many times
 * the median wait that must be, with connections lost or leaders changed, and without.
 */
const UNUSUAL_WAIT = 3;
const UNUSUAL_WAIT_IN_PEACE = 10;
const MOST_OUTAGES = 20;

const WIDTH = 3;

export function continuityOf(
  parts: readonly PackedGaps[],
  window: ConnectionFacts,
  facts: ContinuityFacts,
): Continuity {
  const { connectionsLost, connectionsFailed, leaderChanges, recordRetries } = window.totals;
  const gaps = commonGaps(parts).sort((a, b) => b.forMs - a.forMs);
  const longest = gaps.at(0) ?? null;
  const waited = parts.reduce((a, b) => (b.longestWaitMs > a.longestWaitMs ? b : a));
  const explainedMs = facts.lingerMs + facts.lagMaxMs + Math.max(0, window.maxima.throttleMs);
  const broken = connectionsLost + connectionsFailed;
  const outages = outagesAmong(gaps, parts, explainedMs, broken > 0);
  const wait = { atMs: waited.longestWaitAtMs, forMs: waited.longestWaitMs };
  const least = broken + leaderChanges > 0 ? UNUSUAL_WAIT : UNUSUAL_WAIT_IN_PEACE;
  const partial =
    wait.forMs - explainedMs >= Math.max(SILENT_MS, least * facts.serviceP50Ms) &&
    !outages.some((outage) => overlap(outage, wait));
  return {
    longestGapMs: longest?.forMs ?? null,
    longestGapAtMs: longest?.atMs ?? null,
    longestWaitMs: wait.forMs,
    longestWaitAtMs: wait.atMs,
    connectionsLost,
    connectionsFailed,
    leaderChanges,
    recordRetries,
    outages: [...outages, ...(partial ? [{ ...wait, partial }] : [])]
      .slice(0, MOST_OUTAGES)
      .sort((a, b) => a.atMs - b.atMs),
  };
}

/** The longest first, as long as they stand out from what is left. */
function outagesAmong(
  gaps: readonly Gap[],
  parts: readonly PackedGaps[],
  explainedMs: number,
  broken: boolean,
): Outage[] {
  const outages: Outage[] = [];
  let takenMs = 0;
  for (const { atMs, forMs } of gaps) {
    const usual = parts.map(({ waitedMs, acks }) =>
      acks === 0 ? Infinity : Math.max(0, waitedMs - takenMs - forMs) / acks,
    );
    // Of the quickest worker; where nothing was ever acknowledged there is no usual.
    const usualMs = Math.min(...usual);
    const least = Math.max(
      broken ? SILENT_AND_BROKEN_MS : SILENT_MS,
      usualMs === Infinity ? 0 : UNUSUAL * usualMs,
    );
    if (forMs - explainedMs < least) break;
    outages.push({ atMs, forMs, partial: false });
    takenMs += forMs;
  }
  return outages;
}

const overlap = (a: Gap, b: Gap): boolean => a.atMs < b.atMs + b.forMs && b.atMs < a.atMs + a.forMs;

/**
 * Where the gaps of all workers meet, and something was waited for by one of them: exact, as a gap
 * of the run lies within a gap of each worker that is no shorter. In order of time.
 */
export function commonGaps(parts: readonly PackedGaps[]): Gap[] {
  const endMs = Math.max(...parts.map((part) => part.endMs));
  const floorMs = Math.max(...parts.map((part) => part.floorMs));
  const common = parts.map(({ gaps }) => gaps).reduce((a, b) => intersection(a, b, floorMs));
  const found: Gap[] = [];
  for (let at = 0; at < common.length; at += WIDTH) {
    const [fromMs, sinceMs, toMs] = common.subarray(at, at + WIDTH);
    const atMs = Math.max(fromMs, sinceMs);
    const forMs = Math.min(toMs, endMs) - atMs;
    if (forMs >= floorMs) found.push({ atMs, forMs });
  }
  return found;
}

function intersection(a: Float64Array, b: Float64Array, floorMs: number): Float64Array {
  const met: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const fromMs = Math.max(a[i], b[j]);
    const toMs = Math.min(a[i + 2], b[j + 2]);
    if (toMs - fromMs >= floorMs) met.push(fromMs, Math.min(a[i + 1], b[j + 1]), toMs);
    if (a[i + 2] <= b[j + 2]) i += WIDTH;
    else j += WIDTH;
  }
  return Float64Array.from(met);
}
