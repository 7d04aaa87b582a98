// What CPU us/record is of, where something is paced: with what the pacing took beside it, and the
// points whose runs do not tell the two apart. For notes.ts.
import { holdsPacing } from '../model/cpu-figures.js';
import { listed, printable, significant } from '../text/format.js';
import type { Note } from './note.js';
import type { Report } from '../model/report-model.js';

export function cpuNotes({ rows }: Report): Note[] {
  const told = rows.flatMap(({ loop, point: { generator } }) => {
    const pacing = generator.pacingMicrosPerRecord?.median;
    return loop === 'open' && pacing !== undefined ? [pacing] : [];
  });
  const within = rows.filter(({ point }) => holdsPacing(point));
  return [
    ...(told.length === 0 ? [] : [apartNote(told)]),
    ...(within.length === 0 ? [] : [withinNote(within)]),
  ];
}

function apartNote(told: readonly number[]): Note {
  const [least, most] = [Math.min(...told), Math.max(...told)].map(significant);
  const range = least === most ? least : `${least} to ${most}`;
  const text =
    "CPU us/record is the producer's; " +
    `pacing (waiting for due times) took ${range} us/record beside it.`;
  return { tone: 'plain', text };
}

function withinNote(rows: Report['rows']): Note {
  const points = listed(rows.map(({ point }) => printable(point.id, 24)));
  const text =
    `CPU us/record has the pacing's CPU in it at ${points}: ` +
    'these runs do not tell the two apart.';
  return { tone: 'plain', text };
}
