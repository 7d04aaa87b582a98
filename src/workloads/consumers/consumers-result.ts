// What a run's consumers came to, as its result carries it, and as the verdict looks at it.
import type {
  ConsumedGroup,
  ConsumedStream,
  ConsumerInterval,
  Consumers,
  DropReason,
} from '../../contract/consumers.js';
import type { Measurement } from '../../contract/run-result.js';
import { mergeLatency, type PackedHistogram } from '../measure/histogram.js';
import type { Consumed, Pause, StreamConsumed } from './consumer.js';

/** What of the producing side it is held against. */
export interface Produced {
  readonly records: Measurement['records'];
  readonly transactions: Measurement['transactions'];
  /** When the last record was handed over, in ms from the measured start. */
  readonly sentUntilMs: number;
}

export function consumersOf(
  consumed: Consumed,
  produced: Produced,
  kind: 'reader' | 'group',
): Consumers {
  const { isolation, clockErrorMs, cpuMs, utilisation, streams } = consumed;
  const told = streams.map((stream) => streamOf(stream, consumed, produced));
  const whole = told.length === 1 ? told[0] : together(told, streams, clockErrorMs);
  const groups = streams.flatMap(({ group }, at): ConsumedGroup[] =>
    group === undefined ? [] : [{ ...group, events: [...group.events], ...told[at] }],
  );
  return {
    ...{ kind, isolation, ...whole },
    cpuMicrosPerRecord: cpuMs === null || whole.kept === 0 ? null : (cpuMs * 1000) / whole.kept,
    threadUtilisation: utilisation,
    ...(groups.length === 0 ? {} : { groups }),
  };
}

function streamOf(stream: StreamConsumed, consumed: Consumed, produced: Produced): ConsumedStream {
  const { kept, negative, duplicated, foreign } = stream.counts;
  const expected = expectedOf(consumed, produced);
  const dropped = dropsOf(stream, expected);
  const lags = sendingLags(stream, produced);
  const pause = longestPause(stream, produced);
  const { backlog } = stream;
  return {
    endToEndMs: endToEnd([stream.endToEnd], { kept, negative, dropped }, consumed.clockErrorMs),
    ...{ expected, kept, negative, dropped, duplicated, foreign },
    maxLag: lags.length === 0 ? null : Math.max(...lags),
    endLag: lags.at(-1) ?? null,
    longestPauseMs: pause?.forMs ?? null,
    longestPauseAtMs: pause?.atMs ?? null,
    drainMs: stream.drainMs,
    ...(backlog === null ? {} : { backlog }),
    intervals: [...stream.intervals],
  };
}

/** Several groups: sums, and the worst of what cannot be added. */
function together(
  told: readonly ConsumedStream[],
  streams: readonly StreamConsumed[],
  clockErrorMs: number,
): ConsumedStream {
  const sum = (field: 'expected' | 'kept' | 'negative' | 'duplicated' | 'foreign'): number =>
    told.reduce((total, each) => total + each[field], 0);
  const worst = (field: 'maxLag' | 'endLag'): number | null =>
    greatest(told.flatMap((each) => each[field] ?? []));
  const [kept, negative] = [sum('kept'), sum('negative')];
  const dropped = addedDrops(told.flatMap((each) => each.dropped));
  const paused = told.reduce((a, b) => ((b.longestPauseMs ?? 0) > (a.longestPauseMs ?? 0) ? b : a));
  const packed = streams.map((stream) => stream.endToEnd);
  return {
    endToEndMs: endToEnd(packed, { kept, negative, dropped }, clockErrorMs),
    ...{ expected: sum('expected'), kept, negative, dropped },
    ...{ duplicated: sum('duplicated'), foreign: sum('foreign') },
    ...{ maxLag: worst('maxLag'), endLag: worst('endLag') },
    longestPauseMs: paused.longestPauseMs,
    longestPauseAtMs: paused.longestPauseAtMs,
    drainMs: Math.max(...told.map(({ drainMs }) => drainMs)),
    intervals: worstIntervals(told.map(({ intervals }) => intervals)),
  };
}

function endToEnd(
  packed: readonly PackedHistogram[],
  { kept, negative, dropped }: Pick<ConsumedStream, 'kept' | 'negative' | 'dropped'>,
  clockErrorMs: number,
): ConsumedStream['endToEndMs'] {
  const latency = mergeLatency(packed);
  if (latency === null) return null;
  const lost = dropped.reduce((sum, { records }) => sum + records, 0);
  return { ...latency, kept, dropped: lost, negative, clockErrorMs };
}

function worstIntervals(all: readonly (readonly ConsumerInterval[])[]): ConsumerInterval[] {
  const longest = all.reduce((a, b) => (b.length > a.length ? b : a));
  return longest.map(({ atMs, durationMs }, at): ConsumerInterval => {
    const those = all.flatMap((intervals) => intervals[at] ?? []);
    const worst = (field: 'p50' | 'p99' | 'max' | 'lag'): number | null =>
      greatest(those.flatMap((each) => each[field] ?? []));
    return {
      ...{ atMs, durationMs },
      received: those.reduce((sum, { received }) => sum + received, 0),
      ...{ p50: worst('p50'), p99: worst('p99'), max: worst('max'), lag: worst('lag') },
    };
  });
}

function addedDrops(drops: Consumers['dropped']): Consumers['dropped'] {
  const sums = new Map<DropReason, number>();
  for (const { reason, records } of drops)
    sums.set(reason as DropReason, (sums.get(reason as DropReason) ?? 0) + records);
  return [...sums].map(([reason, records]) => ({ reason, records }));
}

const greatest = (values: readonly number[]): number | null =>
  values.length === 0 ? null : Math.max(...values);

/** At the ends of the intervals in which records were sent. */
export function sendingLags(
  { intervals }: Pick<StreamConsumed, 'intervals'>,
  { sentUntilMs }: Produced,
): number[] {
  return intervals
    .filter(({ atMs, durationMs }) => atMs + durationMs <= sentUntilMs)
    .flatMap(({ lag }) => lag ?? []);
}

/** Of those that begin while records are sent. */
const longestPause = ({ pauses }: StreamConsumed, { sentUntilMs }: Produced) =>
  pauses
    .filter(({ atMs }) => atMs < sentUntilMs)
    .reduce<Pause | null>((a, b) => (a !== null && a.forMs >= b.forMs ? a : b), null);

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
  { counts, unread, undecided, gone, unreadable }: StreamConsumed,
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
