// What a run's consumers came to, as its result carries it, and as the verdict looks at it.
import type { Consumers, DropReason } from '../../contract/consumers.js';
import type { Measurement } from '../../contract/run-result.js';
import { mergeLatency } from '../measure/histogram.js';
import type { Consumed } from './consumer.js';

/** What of the producing side it is held against. */
export interface Produced {
  readonly records: Measurement['records'];
  readonly transactions: Measurement['transactions'];
  /** When the last record was handed over, in ms from the measured start. */
  readonly sentUntilMs: number;
}

export function consumersOf(consumed: Consumed, produced: Produced): Consumers {
  const { isolation, counts, backlog, cpuMs, utilisation } = consumed;
  const { kept, negative, duplicated, foreign } = counts;
  const expected = expectedOf(consumed, produced);
  const dropped = dropsOf(consumed, expected);
  const latency = mergeLatency([consumed.endToEnd]);
  const lags = sendingLags(consumed, produced);
  const { clockErrorMs } = consumed;
  const lost = dropped.reduce((sum, { records }) => sum + records, 0);
  return {
    kind: 'reader',
    isolation,
    endToEndMs:
      latency === null ? null : { ...latency, kept, dropped: lost, negative, clockErrorMs },
    ...{ expected, kept, negative, dropped, duplicated, foreign },
    maxLag: lags.length === 0 ? null : Math.max(...lags),
    endLag: lags.at(-1) ?? null,
    drainMs: consumed.drainMs,
    ...(backlog === null ? {} : { backlog }),
    intervals: [...consumed.intervals],
    cpuMicrosPerRecord: cpuMs === null || kept === 0 ? null : (cpuMs * 1000) / kept,
    threadUtilisation: utilisation,
  };
}

/** At the ends of the intervals in which records were sent. */
export function sendingLags(
  { intervals }: Pick<Consumed, 'intervals'>,
  { sentUntilMs }: Produced,
): number[] {
  return intervals
    .filter(({ atMs, durationMs }) => atMs + durationMs <= sentUntilMs)
    .flatMap(({ lag }) => lag ?? []);
}

/** Readers of committed records never see those of aborted transactions. */
function expectedOf({ isolation }: Consumed, { records, transactions }: Produced): number {
  if (transactions === null || isolation === 'read_uncommitted') return records.acked;
  return transactions.recordsCommitted;
}

/**
 * Offsets that were not read are records, at most as many as are missing: markers of transactions
 * and records of the warm-up have offsets too.
 */
function dropsOf(
  { counts, unread, undecided, gone, unreadable }: Consumed,
  expected: number,
): Consumers['dropped'] {
  let missing = Math.max(0, expected - counts.kept - counts.untimed);
  const offsets: readonly (readonly [DropReason, number])[] = [
    ['unread', unread],
    ['undecided', undecided],
    ['gone', gone],
    ['unreadable', unreadable],
    ['not-in-log', missing],
  ];
  const drops = offsets.map(([reason, most]) => {
    const records = Math.min(missing, most);
    missing -= records;
    return { reason, records };
  });
  return [...drops, { reason: 'time-forgotten' as const, records: counts.untimed }].filter(
    ({ records }) => records > 0,
  );
}
