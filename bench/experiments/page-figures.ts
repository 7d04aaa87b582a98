// Figures between their two marks in an experiment's page. Everything else on the page is written
// by hand and stays as it is. Called by run-experiments.
import { RunError } from '../../src/base/errors.js';

const BEGIN = '<!-- figures -->';
const END = '<!-- /figures -->';

/** The page with these figures in place of the old ones; RunError where the marks are not there. */
export function withFigures(page: string, figures: string): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from || page.includes(BEGIN, from + 1) || page.includes(END, to + 1))
    throw new RunError(
      `the page has no place for figures`,
      `write one line ${BEGIN} and, below it, one line ${END}`,
    );
  return `${page.slice(0, from + BEGIN.length)}\n\n${figures.trim()}\n\n${page.slice(to)}`;
}

/** A table as Markdown has it, its columns padded; all but the first are numbers. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, i) => Math.max(3, ...lines.map((row) => row[i].length)));
  const text = (row: readonly string[]): string =>
    `| ${row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join(' | ')} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [text(lines[0]), text(rule), ...lines.slice(1).map(text)].join('\n');
}
