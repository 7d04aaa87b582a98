// What a report says of its audits: one sentence where all is as promised, else one for each broken
// promise with its first record, and one for what was found without being forbidden; once for all
// points of which the same is to be said. Called by
// notes.ts and, for CI, by commands/annotate. Pure.
import type { RunResult } from '../../contract/run-result.js';
import type { AuditTotals } from '../../contract/summary.js';
import { auditFailed } from '../model/audit-totals.js';
import type { PointRow, Report } from '../model/report-model.js';
import { auditSentence, findingsText, isClean, promiseText } from '../text/audit-text.js';
import { listed, plural, printable } from '../text/format.js';
import type { Note } from './note.js';
import { saidOnce, type Saying } from '../text/said-once.js';

/** The rest are counted. */
const MOST_NOTES = 20;

export const anyAuditFailed = ({ rows }: Pick<Report, 'rows'>): boolean =>
  rows.some(({ point }) => auditFailed(point.audit));

export function auditNotes({ rows, results }: Report): Note[] {
  const audited = rows.filter(({ point }) => point.audit !== undefined);
  if (audited.length === 0) return [];
  const clean = audited.filter(({ point }) => point.audit!.notMade === 0 && isClean(point.audit!));
  const rest = audited.filter((row) => !clean.includes(row));
  const notes = saidOnce(rest.flatMap((row) => sayingsOf(row, results.runs)));
  const more = notes.length - MOST_NOTES;
  return [
    ...notes.slice(0, MOST_NOTES),
    ...(more > 0
      ? [{ tone: 'bad', text: `Audit: ${plural(more, 'more note')}: see summary.json.` } as const]
      : []),
    ...cleanNote(clean, rest.length > 0),
  ];
}

/** As auditNotes tells them, one text an annotation. */
export const auditAnnotations = (report: Report): string[] =>
  auditNotes(report).flatMap(({ tone, text }) => (tone === 'bad' ? [text] : []));

function cleanNote(rows: readonly PointRow[], others: boolean): Note[] {
  if (rows.length === 0) return [];
  const sum = (pick: (audit: NonNullable<PointRow['point']['audit']>) => number): number =>
    rows.reduce((total, { point }) => total + pick(point.audit!), 0);
  const written = rows.every(({ until }) => until === 'written');
  const runs = sum((audit) => audit.runs);
  const records = sum((audit) => audit.acknowledged).toLocaleString('en-US');
  const beside = findingsText({
    ...rows[0].point.audit!,
    ...{ unknown: sum((audit) => audit.unknown), foreign: sum((audit) => audit.foreign) },
  });
  const where = others ? ` at ${listed(rows.map(({ point }) => printable(point.id, 24)))}` : '';
  const text =
    `Audit of ${plural(runs, 'run')}${where}: ${records} ` +
    `${written ? 'written (acks=0)' : 'acknowledged'}, all found once, in order` +
    `${beside === '' ? '' : `; beside them ${beside}`}.`;
  return [{ tone: 'plain', text }];
}

function sayingsOf({ point }: PointRow, all: readonly RunResult[]): Saying[] {
  const runs = all.filter((run) => run.point === point.id);
  const of = point.id;
  const audit = point.audit!;
  const notMade = runs.flatMap(({ run, notAudited }) =>
    notAudited === undefined ? [] : [{ run, ...notAudited }],
  );
  const broken = runs.flatMap(({ run, audit: own }) =>
    (own?.promises ?? []).filter((each) => each.broken).map((each) => ({ run, own: own!, each })),
  );
  const told = new Map<string, (typeof broken)[number]>();
  for (const each of broken) if (!told.has(each.each.promise)) told.set(each.each.promise, each);
  const promises = [...told.values()].map(({ run, own, each }): Saying => {
    const many = broken.filter(({ each: { promise } }) => promise === each.promise).length;
    const often = many === 1 ? '' : ` in ${many} of ${plural(audit.runs, 'run')}`;
    const what = promiseText(run, own, each);
    return {
      ...{ tone: 'bad', of, size: each.records },
      text: (where) => `Audit of ${where}: a promise was broken${often}: ${what}.`,
    };
  });
  const missing = notMade.slice(0, 1).map(({ run, message, remedy }): Saying => {
    const what = `not made of ${plural(notMade.length, 'run')} (${run}: ${printable(message)})`;
    const how = remedy === undefined ? '' : `; ${printable(remedy)}`;
    return {
      ...{ tone: 'bad', of, size: notMade.length },
      text: (where) => `Audit of ${where}: ${what}${how}.`,
    };
  });
  return [...promises, ...missing, ...(audit.runs === 0 ? [] : [foundAt(of, audit, runs)])];
}

function foundAt(of: string, audit: AuditTotals, runs: readonly RunResult[]): Saying {
  const what = `${auditSentence(audit)}.${notForbidden(runs)}${unknowable(audit.gone)}`;
  return {
    ...{ tone: audit.gone > 0 ? 'bad' : 'care', of, size: audit.acknowledged - audit.found },
    text: (where) => `Audit of ${where}: ${what}`,
  };
}

/** Why what was found is no failure, where the settings do not promise otherwise. */
function notForbidden(runs: readonly RunResult[]): string {
  const because = new Set(
    runs.flatMap(({ audit }) =>
      (audit?.promises ?? [])
        .filter(({ promised, records }) => !promised && records > 0)
        .map((each) => `${each.promise} is not promised: ${each.because}`),
    ),
  );
  return because.size === 0 ? '' : ` No failure, as ${[...because].join('; ')}.`;
}

/** What retention deleted before it was read. */
const unknowable = (gone: number): string =>
  gone === 0
    ? ''
    : ' What is gone was deleted before it could be read, so nobody can tell whether it ' +
      'was kept: raise retention.ms and retention.bytes in topic.config, or send less in a ' +
      'run (on the embedded cluster at most 1 GiB is kept).';
