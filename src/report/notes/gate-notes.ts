// What a report says of gates: notes (one for each gate that failed: where, and by how much), the
// table of report.md, and annotations for CI. Outcomes come from thresholds.ts. Pure.
import type { ThresholdOutcome } from '../../contract/threshold.js';
import { listed, plural, printable } from '../text/format.js';
import type { Note } from './note.js';
import type { Report } from '../model/report-model.js';
import { NOT_RUN, outcomeText } from '../model/gates/gate-outcomes.js';

/** Notes, or annotations; the rest are counted. GitHub shows 10 of a kind for each step. */
const MAX_TOLD = 10;
const MAX_TEXT = 120;
/** Rows of report.md; a sweep of a thousand points with ten gates would fill the page. */
const MAX_ROWS = 200;

export interface GateResult {
  readonly point: string;
  readonly outcome: ThresholdOutcome;
}

/** Every gate at every point that it applies to, by points. */
function gateResults({ summary }: Pick<Report, 'summary'>): GateResult[] {
  return summary.points.flatMap(({ id, thresholds }) =>
    (thresholds ?? []).map((outcome) => ({ point: id, outcome })),
  );
}

export function anyGateFailed(report: Pick<Report, 'summary'>): boolean {
  return gateResults(report).some(({ outcome }) => !outcome.passed);
}

/**
 * One sentence for each gate that failed somewhere: `latencyMs.response.p99 < 20 failed at 2 of 8
 * points: p01 (23.4 ms, 17 % above 20.0 ms), ...`.
 */
function gateFailures(report: Pick<Report, 'summary'>): string[] {
  const byGate = new Map<string, GateResult[]>();
  for (const result of gateResults(report)) {
    const same = byGate.get(result.outcome.text);
    if (same === undefined) byGate.set(result.outcome.text, [result]);
    else same.push(result);
  }
  return [...byGate].flatMap(([text, results]) => {
    const failed = results.filter(({ outcome }) => !outcome.passed && outcome.reason !== NOT_RUN);
    const open = results.filter(({ outcome }) => outcome.reason === NOT_RUN);
    if (failed.length + open.length === 0) return [];
    const gate = printable(text, MAX_TEXT);
    const where = (count: number) =>
      results.length === 1 ? '' : ` at ${count} of ${plural(results.length, 'point')}`;
    const told = failed.map(
      ({ point, outcome }) => `${printable(point, 24)} (${outcomeText(outcome)})`,
    );
    const notRun =
      open.length === 0
        ? []
        : [`not run yet, so not passed: ${listed(open.map(({ point }) => printable(point, 24)))}`];
    const what = failed.length === 0 ? `${gate} is open` : `${gate} failed${where(failed.length)}`;
    return [`${what}: ${[...(told.length === 0 ? [] : [listed(told)]), ...notRun].join('; ')}`];
  });
}

export function gateNotes(report: Report): Note[] {
  const results = gateResults(report);
  if (results.length === 0) return [];
  const failures = gateFailures(report);
  if (failures.length === 0) {
    const gates = new Set(results.map(({ outcome }) => outcome.text)).size;
    return [
      {
        tone: 'plain',
        text: `${gates === 1 ? 'The gate holds' : `All ${gates} gates hold`} at every point.`,
      },
    ];
  }
  const notes = failures
    .slice(0, MAX_TOLD)
    .map((text): Note => ({ tone: 'bad', text: `Gate ${text}.` }));
  const more = failures.length - MAX_TOLD;
  return more > 0
    ? [...notes, { tone: 'bad', text: `${plural(more, 'more gate')} failed: see summary.json.` }]
    : notes;
}

/** As gateNotes tells them, one text an annotation: at most 10. */
export function gateAnnotations(report: Report): string[] {
  return gateNotes(report).flatMap(({ tone, text }) => (tone === 'bad' ? [text] : []));
}

/** Rows for report.md, failed ones first; null where there are no gates. */
export function gateTable(
  report: Report,
): { readonly rows: readonly (readonly string[])[]; readonly more: number } | null {
  const results = gateResults(report);
  if (results.length === 0) return null;
  const order = [
    ...results.filter((each) => !each.outcome.passed),
    ...results.filter((each) => each.outcome.passed),
  ];
  const rows = order
    .slice(0, MAX_ROWS)
    .map(({ point, outcome }) => [
      outcome.passed ? 'passed' : 'FAILED',
      outcome.text,
      point,
      outcomeText(outcome),
    ]);
  return { rows, more: order.length - rows.length };
}
