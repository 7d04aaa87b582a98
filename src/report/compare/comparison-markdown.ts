// The comparison as GitHub Markdown: for a pull request or a job's summary. Everything foreign is
// escaped.
import type { Comparison } from '../../contract/comparison.js';
import { escapeMarkdown, escapeSentence } from '../text/escape-markdown.js';
import { plural } from '../text/format.js';
import { answer, countsText, sideTitle } from './cell-text.js';
import type { ComparisonFormatOptions } from './comparison-renderer.js';
import { rowsOf } from './rows.js';
import { hiddenLine } from './comparison-text.js';

const MARKS = { bad: '🔴', good: '🟢', care: '🟡', none: '' } as const;
/** GitHub cuts a job's summary off at 1 MiB. */
const MOST_ROWS = 1000;

export function renderMarkdown(comparison: Comparison, { most }: ComparisonFormatOptions): string {
  const found = rowsOf(comparison, Math.min(most, MOST_ROWS));
  const sides = [comparison.base, ...comparison.contenders.map(({ side }) => side)].map(
    (side) =>
      `- ${escapeMarkdown(sideTitle(side))}: ${side.valid} of ${plural(side.runs, 'run')} valid` +
      (side.startedAt === null ? '' : `, started ${escapeMarkdown(side.startedAt)}`),
  );
  const head = [
    'point',
    'metric',
    'base',
    'new',
    'change',
    '95 % interval',
    'adj. p',
    'runs',
    'finding',
  ];
  const rows = found.rows.map((row) => {
    const mark = MARKS[row.tone];
    const finding = `${mark === '' ? '' : `${mark} `}${escapeMarkdown(row.finding)}`;
    const cells = [
      row.pairText,
      row.metric,
      row.base,
      row.next,
      row.change,
      row.interval,
      row.p,
      row.runs,
    ];
    return [...cells.map((cell) => escapeCell(cell)), finding];
  });
  return (
    [
      `# Comparison: ${escapeSentence(answer(comparison))}`,
      sides.join('\n'),
      `Figures: ${escapeSentence(countsText(comparison))}.`,
      ...(rows.length === 0
        ? []
        : [
            [head, ['---', '---', '--:', '--:', '--:', '--:', '--:', '--:', '---'], ...rows]
              .map(line)
              .join('\n'),
          ]),
      ...hiddenLine(found).map(escapeSentence),
      comparison.notes
        .map(({ tone, text }) => `- ${tone === 'plain' ? '' : '**!** '}${escapeSentence(text)}`)
        .join('\n'),
    ].join('\n\n') + '\n'
  );
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A cell that begins with a sign is a figure, no list. */
const escapeCell = (text: string): string =>
  /^[-+<]?[\d.,]+( %)?$/.test(text) && !text.startsWith('<') ? text : escapeMarkdown(text);
