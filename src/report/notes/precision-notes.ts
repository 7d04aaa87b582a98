// What a report says of --until-precise: how many points are as precise as was asked, which are
// not, and how far off. Pure; called by notes.
import { listed, percent, plural, printable } from '../text/format.js';
import type { Note } from './note.js';
import { precisionText } from '../model/precision.js';
import type { Report } from '../model/report-model.js';

const MAX_POINTS = 10;

export function precisionNotes({ summary, results }: Report): Note[] {
  const asked = results.plan.precision;
  if (asked === undefined) return [];
  const { points } = summary;
  const open = points.filter(({ precision }) => precision?.reached !== true);
  const what =
    `±${percent(asked.target)} (95 % interval of the median: ` +
    `${listed(asked.metrics.map((name) => printable(name, 60)))})`;
  if (open.length === 0) {
    const all = points.length === 1 ? 'the point is' : `all ${points.length} points are`;
    return [{ tone: 'plain', text: `Precision: ${all} within ${what}.` }];
  }
  const told = open.flatMap(({ precision, ...point }) =>
    precision === undefined
      ? []
      : [`${printable(point.id, 24)}: ${precisionText(point, precision)}`],
  );
  const shown = told.slice(0, MAX_POINTS).join('; ');
  const more =
    told.length > MAX_POINTS ? `; and ${plural(told.length - MAX_POINTS, 'more point')}` : '';
  const text =
    `Precision: ${points.length - open.length} of ${plural(points.length, 'point')} ` +
    `within ${what}. Not settled: ${shown}${more}.`;
  return [{ tone: 'care', text }];
}
