// What must be said of points with acks=0, alone or beside others. Called by notes.ts.
import { listed, printable } from '../text/format.js';
import type { Note } from './note.js';
import type { PointRow } from '../model/report-model.js';

const WHAT =
  'no answer is asked for, so records count as written, not acknowledged, and their latency ends ' +
  'when their request was handed to the socket, whatever the broker did with it then';

/** Nothing where all points are acknowledged. */
export function writtenNote(rows: readonly PointRow[]): Note[] {
  const written = rows.filter(({ until }) => until === 'written');
  if (written.length === 0) return [];
  if (written.length === rows.length) return [{ tone: 'care', text: `acks=0: ${WHAT}.` }];
  const ids = listed(written.map(({ point }) => printable(point.id, 24)));
  return [
    {
      tone: 'care',
      text:
        `acks=0 at ${ids}: ${WHAT}. ` +
        "That time is not comparable with the others', which end at the " +
        "broker's acknowledgement.",
    },
  ];
}
