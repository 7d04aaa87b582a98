// A saved run's figures held against one another: what cannot all be true. Asked by run-files of
// every run that is read; such a run is left out by name, and --resume makes it again. Says nothing
// of whether a run is any good: that is its verdict.
import type { Consumers } from '../../contract/consumers.js';
import type { Latency, Measurement, RunResult } from '../../contract/run-result.js';

/**
 * Figures are rounded, sums are of doubles, windows end a moment apart; what is wrong is wrong by
 * more.
 */
const SLACK = 1.01;
/** Histograms keep three digits, and tell the ends of their buckets. */
const BUCKET = 1.002;
const BUCKET_MS = 0.002;

/** Each contradiction in a few words, the gravest first; empty where all fits. */
export function contradictions({ measurement, canary, consumers }: RunResult): readonly string[] {
  const found: string[] = [];
  const claim = (holds: boolean, text: () => string): void => {
    if (!holds) found.push(text());
  };
  if (measurement !== null) {
    counts(measurement, claim);
    rates(measurement, claim);
    const outcomes = measurement.records.acked + measurement.records.failed;
    for (const [name, latency] of Object.entries(measurement.latencyMs)) {
      if (latency !== null) ascending(`latencyMs.${name}`, latency, outcomes, claim);
    }
    transactions(measurement, claim);
    intervals(measurement, claim);
    for (const part of PARTS) possible(part, measurement[part], claim);
  }
  if (consumers !== undefined) consumed(consumers, claim);
  possible('canary', canary, claim);
  return found;
}

type Claim = (holds: boolean, text: () => string) => void;

function counts({ measuredMs, records }: Measurement, claim: Claim): void {
  const { sent, acked, failed } = records;
  claim(acked <= sent, () => `${acked} records acknowledged of ${sent} sent`);
  claim(
    acked + failed <= sent || acked > sent,
    () => `${acked} acknowledged and ${failed} failed of ${sent} sent`,
  );
  claim(measuredMs >= 0, () => `measuredMs is ${measuredMs}`);
  claim(
    measuredMs !== 0 || acked === 0,
    () => `${acked} records acknowledged in no time (measuredMs is 0)`,
  );
}

/** Not more than was acknowledged in the time. Less may be: the end of a run may not count. */
function rates({ measuredMs, records, throughput }: Measurement, claim: Claim): void {
  const { recordsPerSecond, mebibytesPerSecond } = throughput;
  const most = measuredMs > 0 ? ((records.acked * SLACK + 1) * 1000) / measuredMs : 0;
  claim(recordsPerSecond >= 0, () => `throughput is ${recordsPerSecond} records/s`);
  claim(mebibytesPerSecond >= 0, () => `throughput is ${mebibytesPerSecond} MiB/s`);
  claim(
    recordsPerSecond <= MAX_RECORDS_PER_SECOND,
    () => `throughput is ${recordsPerSecond} records/s`,
  );
  claim(
    recordsPerSecond <= most,
    () =>
      `throughput is ${recordsPerSecond} records/s, ` +
      `and ${records.acked} were acknowledged in ${measuredMs} ms`,
  );
  // No record is larger than what a request may be.
  claim(
    mebibytesPerSecond <= Math.max(0, most) * MAX_RECORD_MIB,
    () => `throughput is ${mebibytesPerSecond} MiB/s at ${recordsPerSecond} records/s`,
  );
}

const MAX_RECORD_MIB = 2048;
/** Ten a nanosecond: no machines hand over so many, in however short a time. */
const MAX_RECORDS_PER_SECOND = 1e10;

/** p75 and p95 came later. */
const ORDER = ['min', 'p50', 'p75', 'p90', 'p95', 'p99', 'p999', 'p9999', 'max'] as const;

function ascending(name: string, latency: Latency, most: number, claim: Claim): void {
  claim(latency.min >= 0, () => `${name}.min is ${latency.min}`);
  const known = ORDER.flatMap((label) => {
    const value = latency[label];
    return value === undefined ? [] : [{ label, value }];
  });
  for (const [i, upper] of known.slice(1).entries()) {
    const lower = known[i];
    const holds = lower.value <= upper.value * BUCKET + BUCKET_MS && upper.value < Infinity;
    claim(
      holds,
      () => `${name}.${lower.label} is ${lower.value} and ${upper.label} ${upper.value}`,
    );
  }
  const { min, mean, max, count } = latency;
  claim(
    mean <= max * BUCKET + BUCKET_MS && min <= mean * BUCKET + BUCKET_MS,
    () => `${name}.mean is ${mean}, and the values are from ${min} to ${max}`,
  );
  claim(count <= most, () => `${name} holds ${count} values of ${most}`);
}

function transactions({ transactions: all, records }: Measurement, claim: Claim): void {
  if (all === null) return;
  const { begun, committed, aborted, failed, recordsCommitted, recordsAborted } = all;
  const ended = committed + aborted + failed;
  claim(ended <= begun, () => `${ended} transactions ended of ${begun} begun`);
  const told = recordsCommitted + recordsAborted;
  claim(
    told <= records.acked,
    () => `${told} records in transactions of ${records.acked} acknowledged`,
  );
  claim(
    all.committedRecordsPerSecond >= 0,
    () => `transactions: ${all.committedRecordsPerSecond} records/s`,
  );
  for (const [name, latency] of Object.entries({
    commit: all.commitLatencyMs,
    abort: all.abortLatencyMs,
  })) {
    if (latency !== null) ascending(`transactions.${name}LatencyMs`, latency, begun, claim);
  }
}

function consumed(all: Consumers, claim: Claim): void {
  const { endToEndMs, expected, kept } = all;
  if (endToEndMs !== null) {
    ascending('consumers.endToEndMs', endToEndMs, kept, claim);
    const { count } = endToEndMs;
    claim(
      endToEndMs.kept === kept && count === kept,
      () => `consumers kept ${kept} records, and the histogram holds ${count}`,
    );
  }
  const dropped = all.dropped.reduce((sum, { records }) => sum + records, 0);
  claim(
    dropped <= expected,
    () => `consumers dropped ${dropped} records of ${expected} to be received`,
  );
  possible('consumers', all, claim);
}

function intervals({ intervals: all, records }: Measurement, claim: Claim): void {
  for (const name of ['sent', 'acked', 'failed'] as const) {
    const sum = all.reduce((total, each) => total + each[name], 0);
    claim(
      sum <= records[name] * SLACK + 1,
      () => `the intervals hold ${sum} records ${name}, and the run ${records[name]}`,
    );
  }
  for (const { atMs, durationMs, p50, p99, max } of all) {
    claim(durationMs >= 0, () => `the interval at ${atMs} ms lasts ${durationMs} ms`);
    const known = [p50, p99, max].filter((each) => each !== null);
    const rising = known.every((each, i) => i === 0 || known[i - 1] <= each * BUCKET + BUCKET_MS);
    claim(rising, () => `the interval at ${atMs} ms has ${known.join(', ')} for p50, p99, max`);
  }
}

/** Sections that later versions add are theirs to judge. */
const PARTS = [
  ...([
    'measuredMs',
    'drainMs',
    'records',
    'throughput',
    'latencyMs',
    'achieved',
    'metrics',
  ] as const),
  ...(['transactions', 'generator', 'continuity', 'intervals'] as const),
] as const;

/** Beyond what a double counts exactly nothing was ever measured. */
const MOST = Number.MAX_SAFE_INTEGER;

/** Java's metrics are what they are; what was waited for may have begun in the warm-up. */
const MAY_BE_NEGATIVE = /^metrics\.|\.metrics\.|atMs$/i;

function possible(where: string, figure: unknown, claim: Claim): void {
  if (typeof figure === 'number') {
    const holds = Math.abs(figure) <= MOST && (figure >= 0 || MAY_BE_NEGATIVE.test(where));
    claim(holds, () => `${where} is ${figure}`);
  } else if (typeof figure === 'object' && figure !== null) {
    for (const [name, each] of Object.entries(figure)) possible(`${where}.${name}`, each, claim);
  }
}
