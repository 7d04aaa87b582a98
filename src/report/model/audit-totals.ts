// What the audits of a point's runs came to, together. Also of runs that do not count for figures:
// what was lost was lost. Pure; called by summarize.
import type { AuditTotals, SummaryPoint } from '../../contract/summary.js';
import type { RunResult } from '../../contract/run-result.js';

/** Nothing where no run of the point was to be audited. */
export function auditTotals(runs: readonly RunResult[]): Pick<SummaryPoint, 'audit'> {
  const all = runs.flatMap(({ audit }) => audit ?? []);
  const notMade = runs.filter(({ notAudited }) => notAudited !== undefined).length;
  if (all.length + notMade === 0) return {};
  const sum = (pick: (each: (typeof all)[number]) => number): number =>
    all.reduce((total, each) => total + pick(each), 0);
  const torn = all.some(({ transactions }) => transactions !== null)
    ? {
        committedNotSeen: sum(({ transactions }) => transactions?.committedNotSeen ?? 0),
        abortedSeen: sum(({ transactions }) => transactions?.abortedSeen ?? 0),
      }
    : {};
  return {
    audit: {
      ...{ runs: all.length, notMade },
      acknowledged: sum((each) => each.acknowledged),
      found: sum((each) => each.found),
      lost: sum((each) => each.lost),
      gone: sum((each) => each.gone),
      duplicated: sum((each) => each.duplicated),
      reordered: sum((each) => each.reordered),
      corrupt: sum((each) => each.corrupt),
      storedThoughFailed: sum((each) => each.storedThoughFailed),
      unknown: sum((each) => each.unknown),
      unknownFound: sum((each) => each.unknownFound),
      foreign: sum((each) => each.foreign),
      ...torn,
      brokenPromises: sum(({ promises }) => promises.filter(({ broken }) => broken).length),
    },
  };
}

/** False where acknowledged records were lost or spoiled, or a promise was broken. */
export const keptAll = (audit: AuditTotals | undefined): boolean =>
  audit === undefined || audit.lost + audit.corrupt + audit.brokenPromises === 0;

/**
 * An audit that was asked for has failed: a promise was broken, or nothing can be said, of the
 * whole or of what was deleted before it was read.
 */
export const auditFailed = (audit: AuditTotals | undefined): boolean =>
  audit !== undefined && (audit.brokenPromises > 0 || audit.notMade > 0 || audit.gone > 0);
