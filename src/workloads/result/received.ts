// What the consumers of all shares of a run received, held against what each share produced, for
// the merging of results, whatever client sent them. Pure; called by merge and by drivers/.
import type { Consumers } from '../../contract/consumers.js';
import type { Measurement } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { Pause } from '../consumers/consumer.js';
import {
  consumersOf,
  sendingLags,
  slowestBacklog,
  type ConsumedShare,
  type Produced,
} from '../consumers/consumers-result.js';
import { shareOf } from '../load/run-share.js';
import type { SharePart } from '../share-outcome.js';
import type { ConsumerFacts } from './verdict.js';

export interface Received {
  readonly shares: readonly ConsumedShare[];
  readonly consumers: Consumers;
  /** Times in which one of them received nothing. */
  readonly pauses: readonly Pause[];
}

/** Null where nothing consumed, or not all were waited for: never of those that happened to be. */
export function receivedOf<Result>(
  spec: RunSpec,
  parts: readonly SharePart<Result>[],
  producedBy: (results: readonly Result[]) => Produced,
): Received | null {
  const shares = parts.flatMap(({ results, consumed }) =>
    consumed === null ? [] : [{ consumed, produced: producedBy(results) }],
  );
  if (shares.length === 0 || shares.length < parts.length) return null;
  const { kind = 'reader' } = spec.settings.consumers ?? {};
  const pauses = shares.flatMap(({ consumed }) => consumed.streams.flatMap((each) => each.pauses));
  return { shares, consumers: consumersOf(shares, kind), pauses };
}

/** What the verdict looks at. */
export function consumerFacts(
  spec: RunSpec,
  { shares, consumers }: Received,
  { throughput, measuredMs }: Pick<Measurement, 'throughput' | 'measuredMs'>,
): ConsumerFacts {
  const { workers, of } = shareOf(spec);
  const { drainMs, dropped, threadUtilisation } = consumers;
  const unread = dropped.find(({ reason }) => reason === 'unread')?.records ?? 0;
  return {
    // Of the stream that is furthest behind in the end.
    lags: shares
      .flatMap(({ consumed, produced }) =>
        consumed.streams.map((stream) => sendingLags(stream, produced)),
      )
      .reduce((a, b) => ((b.at(-1) ?? 0) > (a.at(-1) ?? 0) ? b : a)),
    // Lags are of the whole log, which other shares write to, too.
    recordsPerSecond: (throughput.recordsPerSecond * of) / workers,
    backlog: slowestBacklog(shares.flatMap(({ consumed }) => consumed.streams)),
    ...{ drainMs, measuredMs, unread },
    busyShare: threadUtilisation ?? 0,
  };
}
