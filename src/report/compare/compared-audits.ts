// What a comparison says of audits: where a side has broken promises or lost records, beside what
// the other side had at the same point. Called by comparison-notes; the gate fails by what is new.
import type { Contender } from '../../contract/comparison.js';
import type { AuditTotals } from '../../contract/summary.js';
import { auditFailed, auditTotals } from '../model/audit-totals.js';
import { groupByPoint } from '../model/summarize.js';
import type { Note } from '../notes/note.js';
import type { Results } from '../results/read-results.js';
import { auditSentence, isClean } from '../text/audit-text.js';
import { printable } from '../text/format.js';

interface AuditedPair {
  readonly label: string;
  readonly base: AuditTotals | undefined;
  readonly next: AuditTotals | undefined;
}

export function comparedAudits(
  { pairs }: Pick<Contender, 'pairs'>,
  base: Results,
  next: Results,
): readonly AuditedPair[] {
  const [before, after] = [groupByPoint(base.runs), groupByPoint(next.runs)];
  return pairs.map((pair) => ({
    label:
      pair.base === pair.next
        ? printable(pair.base, 24)
        : `${printable(pair.base, 24)} / ${printable(pair.next, 24)}`,
    base: auditTotals(before.get(pair.base) ?? []).audit,
    next: auditTotals(after.get(pair.next) ?? []).audit,
  }));
}

/** Points at which NEW's audit has failed and BASE's has not. */
export const newlyFailed = (audits: readonly AuditedPair[]): string[] =>
  audits
    .filter(({ base, next }) => auditFailed(next) && !auditFailed(base))
    .map(({ label }) => label);

/** Nothing where no side was audited. */
export function auditNotes(
  { side, ...contender }: Contender,
  base: Results,
  next: Results,
): Note[] {
  const audits = comparedAudits(contender, base, next);
  const audited = audits.filter((each) => each.base !== undefined || each.next !== undefined);
  if (audited.length === 0) return [];
  const told = audited.filter((each) => [each.base, each.next].some((one) => !untroubled(one)));
  if (told.length === 0) return [{ tone: 'plain', text: 'Audits: nothing amiss on either side.' }];
  const role = side.role.toUpperCase();
  return told.map(({ label, base: before, next: after }) => ({
    tone: auditFailed(after) ? 'bad' : 'care',
    text: `Audit at ${label}: BASE ${sentence(before)}. ${role} ${sentence(after)}.`,
  }));
}

const untroubled = (audit: AuditTotals | undefined): boolean =>
  audit === undefined || (isClean(audit) && !auditFailed(audit));

function sentence(audit: AuditTotals | undefined): string {
  if (audit === undefined) return 'was not audited';
  const missing = audit.notMade === 0 ? '' : ` (${audit.notMade} of its audits were not made)`;
  return `${audit.runs === 0 ? 'has no audit' : auditSentence(audit)}${missing}`;
}
