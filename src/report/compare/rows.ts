// A comparison as rows, one a figure: what the terminal's, Markdown's and the page's tables draw.
// Pure.
import type {
  ComparedCell,
  ComparedPair,
  Comparison,
  Contender,
} from '../../contract/comparison.js';
import {
  changeText,
  figure,
  intervalText,
  pairLabel,
  pText,
  runsText,
  toneOf,
  findingText,
  type Tone,
} from './cell-text.js';

export interface ComparisonRow {
  readonly contender: Contender;
  readonly pair: ComparedPair;
  readonly cell: ComparedCell;
  /** Empty on all but a pair's first row. */
  readonly pairText: string;
  readonly metric: string;
  readonly base: string;
  readonly next: string;
  readonly change: string;
  readonly interval: string;
  readonly p: string;
  readonly runs: string;
  readonly finding: string;
  readonly tone: Tone;
}

export interface ComparisonRows {
  readonly rows: readonly ComparisonRow[];
  /** Rows that are the same within the margin and left out for want of room. */
  readonly hidden: number;
}

/**
 * All rows; where they are more than `most`, those first that are not simply the same, and at most
 * `most`.
 */
export function rowsOf(comparison: Comparison, most = Infinity): ComparisonRows {
  const labels = new Map(comparison.metrics.map(({ name, label }) => [name, label]));
  const several = comparison.contenders.length > 1;
  const all = comparison.contenders.flatMap((contender) =>
    contender.pairs.flatMap((pair) => pair.cells.map((cell) => ({ contender, pair, cell }))),
  );
  let kept = all;
  if (all.length > most) {
    const urgent = { bad: 0, good: 1, care: 2, none: 3 } as const;
    kept = all
      .filter(({ cell }) => cell.verdict !== 'same')
      .map((each, index) => ({ each, index }))
      .sort(
        (a, b) =>
          urgent[toneOf(a.each.cell.verdict)] - urgent[toneOf(b.each.cell.verdict)] ||
          a.index - b.index,
      )
      .slice(0, most)
      .map(({ each }) => each);
  }
  let last: ComparedPair | null = null;
  const rows = kept.map(({ contender, pair, cell }): ComparisonRow => {
    const first = pair !== last;
    last = pair;
    const who = several ? `${contender.side.role.toUpperCase()} ` : '';
    return {
      contender,
      pair,
      cell,
      pairText: first ? who + pairLabel(pair) : '',
      metric: labels.get(cell.metric) ?? cell.metric,
      base: figure(cell.base.median),
      next: figure(cell.next.median),
      change: changeText(cell),
      interval: intervalText(cell),
      p: pText(cell),
      runs: runsText(cell),
      finding: findingText(cell),
      tone: toneOf(cell.verdict),
    };
  });
  return { rows, hidden: all.length - kept.length };
}
