// Which promises a run's settings make about its records, and which were broken. Pure. A promise
// that was not made is told with its figures all the same, and is never called broken.
import type { Audit, AuditPromise } from '../../contract/audit.js';
import type { PointSettings } from '../../contract/settings.js';
import { effectiveIdempotence } from '../../producer-core/harness.js';
import type { AuditCounts } from './account.js';

/** Least in-sync replicas that keep a record when one of them dies. */
const REPLICAS_THAT_KEEP = 2;

/** `minInsyncReplicas`: the topic's, null where it could not be asked. */
export function promisesOf(
  { producer, workload }: PointSettings,
  minInsyncReplicas: number | null,
  counts: AuditCounts,
): Audit['promises'] {
  const { transactions } = counts;
  const torn = transactions === null ? 0 : transactions.committedNotSeen + transactions.abortedSeen;
  return [
    judged('durability', durability(producer, minInsyncReplicas), counts.lost),
    judged('idempotence', idempotence(producer), counts.duplicated + counts.reordered),
    ...(workload.transaction === null
      ? []
      : [judged('transactions', [true, 'workload.transaction'], torn)]),
    judged('integrity', [true, 'brokers store what they acknowledge'], counts.corrupt),
    judged('refusals', [true, 'a refused record is not stored'], counts.storedThoughFailed),
  ];
}

type Promised = readonly [promised: boolean, because: string];

const judged = (
  promise: AuditPromise['promise'],
  [promised, because]: Promised,
  records: number,
): AuditPromise => ({ promise, promised, because, records, broken: promised && records > 0 });

function durability(producer: PointSettings['producer'], least: number | null): Promised {
  const acks = String(producer['acks'] ?? 'all');
  if (acks === '0') return [false, 'acks=0: nothing is acknowledged, only written to the socket'];
  if (acks === '1') return [false, 'acks=1: only for as long as the leader lives'];
  if (least === null) return [false, 'acks=all, but min.insync.replicas of the topic is not known'];
  const settings = `acks=all, min.insync.replicas=${least}`;
  return least >= REPLICAS_THAT_KEEP
    ? [true, `${settings}: not by the death of one broker`]
    : [false, `${settings}: only for as long as the last in-sync replica lives`];
}

function idempotence(producer: PointSettings['producer']): Promised {
  return effectiveIdempotence(producer)
    ? [true, 'enable.idempotence=true']
    : [false, 'not idempotent: what is sent again may be stored twice, or out of order'];
}
