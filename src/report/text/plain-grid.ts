// Rows under a heading and a rule, without boxes: how every table of kbench is drawn on a terminal.
// Called by table.ts and compare/text.ts.
import Table from 'cli-table3';

/** Between two columns. */
export const GAP = 2;
/** cli-table3 takes a time that grows with the square of the rows. */
const ROWS_AT_ONCE = 40;

/** Cells may have several lines and colours; `widths` are those of the columns' text. */
export function plainGrid(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  aligns: readonly ('left' | 'right')[],
  widths: readonly number[],
): string {
  const pieces: string[] = [];
  for (let at = 0; at < rows.length || at === 0; at += ROWS_AT_ONCE) {
    const table = new Table({
      head: at === 0 ? [...head] : [],
      colAligns: [...aligns],
      colWidths: [...widths],
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
      chars: {
        ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', left: '', right: '' },
        ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
        ...{
          'left-mid': '',
          'right-mid': '',
          mid: '─',
          'mid-mid': '─'.repeat(GAP),
          middle: ' '.repeat(GAP),
        },
      },
    });
    table.push(...rows.slice(at, at + ROWS_AT_ONCE).map((row) => [...row]));
    pieces.push(table.toString());
  }
  return pieces.join('\n').replace(/ +$/gm, '');
}
