// A report of some of its points: those that --where keeps, in the order of --sort, at most --top
// many. Every format draws from the result as from a whole report; what was left out stands in
// `selection`. Pure.
import { listed, plural, printable } from '../text/format.js';
import {
  fieldsOf,
  parseConditions,
  parseOrder,
  type Order,
  type PointField,
} from './point-query.js';
import type { PointRow, Report } from './report-model.js';

export interface PointChoice {
  readonly sort?: string;
  /** All must hold. */
  readonly where?: readonly string[];
  readonly top?: number;
}

/**
 * Throws ConfigurationError for a field that the results have not, or a value that cannot be
 * compared with it.
 */
export function selectPoints(report: Report, { sort, where = [], top }: PointChoice): Report {
  if (sort === undefined && where.length === 0 && top === undefined) return report;
  const fields = fieldsOf(report);
  const conditions = where.flatMap((text) => parseConditions(text, fields));
  const order = sort === undefined ? null : parseOrder(sort, fields);
  const kept = report.rows.filter((row) => conditions.every((holds) => holds(row)));
  const sorted = order === null ? kept : kept.toSorted((a, b) => compareRows(order, a, b));
  const rows = top === undefined ? sorted : sorted.slice(0, top);
  return {
    ...restricted(report, rows),
    selection: told(report, rows.length, kept.length, order, { sort, where, top }),
  };
}

/** Runs follow the order of their points. */
function restricted(report: Report, rows: readonly PointRow[]): Report {
  const rank = new Map(rows.map((row, index) => [row.point.id, index]));
  const runs = report.results.runs
    .filter((run) => rank.has(run.point))
    .toSorted((a, b) => rank.get(a.point)! - rank.get(b.point)!);
  const summary = { ...report.summary, points: rows.map((row) => row.point) };
  return { ...report, results: { ...report.results, runs }, summary, rows };
}

/**
 * Points without the figure come last, in either direction. Numbers before text, text by its
 * numbers: p2 before p10.
 */
function compareRows({ field, descending }: Order, a: PointRow, b: PointRow): number {
  const [left, right] = [field.value(a), field.value(b)];
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  const ascending = compareValues(left, right);
  return descending ? -ascending : ascending;
}

type Value = NonNullable<ReturnType<PointField['value']>>;

function compareValues(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number' || typeof b === 'number') return typeof a === 'number' ? -1 : 1;
  return collator.compare(String(a), String(b));
}

const collator = new Intl.Collator('en', { numeric: true });

function told(
  report: Report,
  shown: number,
  kept: number,
  order: Order | null,
  { where = [], top }: PointChoice,
): string {
  const all = report.rows.length;
  const parts: string[] = [];
  if (where.length > 0) {
    const conditions = listed(where.map((text) => printable(text, 80)));
    parts.push(`--where ${conditions} keeps ${kept} of ${plural(all, 'point')}`);
  }
  if (order !== null)
    parts.push(
      `sorted by ${printable(order.field.name, 80)}${order.descending ? ', greatest first' : ''}`,
    );
  if (top !== undefined)
    parts.push(`--top ${top} shows ${shown === kept ? `all ${kept}` : `${shown} of ${kept}`}`);
  return (
    `${parts.join('; ')}. ` +
    (shown === all ? 'No point is left out.' : `Left out: ${plural(all - shown, 'point')}.`)
  );
}
