// The comparison for machines: JSON (kbench/comparison@1), JUnit's XML with a case a figure, and
// GitHub's annotations.
import type { ComparedCell, Comparison, Finding } from '../../contract/comparison.js';
import { githubAnnotation } from '../text/escape-github.js';
import { printable } from '../text/format.js';
import { renderJunit, type JunitCase, type JunitSuite } from '../formats/junit-xml.js';
import {
  answer,
  changeText,
  figure,
  intervalText,
  pairLabel,
  pText,
  sideTitle,
  findingText,
} from './cell-text.js';
import { unlikeNotes } from './comparison-notes.js';
import { rowsOf, type ComparisonRow } from './rows.js';

export function renderComparisonJson(comparison: Comparison): string {
  return `${JSON.stringify(comparison, null, 2)}\n`;
}

/**
 * A suite a contender. Worse and lost are failures, undecided is skipped: a CI system shows it
 * without failing.
 */
export function renderComparisonJunit(comparison: Comparison): string {
  const labels = new Map(comparison.metrics.map(({ name, label }) => [name, label]));
  return renderJunit(
    comparison.contenders.map((contender): JunitSuite => {
      const { side, pairs } = contender;
      const classname = printable(comparison.base.name, 60);
      const unlike = unlikeNotes(contender).map(({ text }) => `. ${text}`);
      return {
        name: `kbench compare: ${classname} -> ${sideTitle(side)}`,
        cases: pairs.flatMap((pair) =>
          pair.cells.map((cell) => {
            const metric = labels.get(cell.metric) ?? cell.metric;
            const base = { name: `${pairLabel(pair)}: ${metric}`, classname, seconds: 0 };
            return junitCase(base, cell, oneLine(cell) + unlike.join(''));
          }),
        ),
      };
    }),
  );
}

function junitCase(
  base: Omit<JunitCase, 'outcome'>,
  cell: ComparedCell,
  message: string,
): JunitCase {
  switch (cell.verdict) {
    case 'worse':
      return { ...base, outcome: { kind: 'failure', message } };
    case 'lost':
      return { ...base, outcome: { kind: 'error', message } };
    case 'machine-changed':
    case 'cannot-tell':
    case 'collect-more':
    case 'not-judged':
      return { ...base, outcome: { kind: 'skipped', message } };
    case 'better':
    case 'same':
      return { ...base, outcome: { kind: 'passed' } };
  }
}

const SAYS_WHY: readonly Finding[] = ['lost', 'cannot-tell'];

/** `worse: 812,000 -> 747,000, -8.0 % (-9.1 % to -6.8 %), p .0079, 5 and 5 runs`. */
function oneLine(cell: ComparedCell): string {
  if (cell.change === null)
    return findingText(cell) + (SAYS_WHY.includes(cell.verdict) ? `: ${cell.reason ?? ''}` : '');
  const [base, next] = [figure(cell.base.median), figure(cell.next.median)];
  return (
    `${findingText(cell)}: ${base} -> ${next}, ${changeText(cell)} ` +
    `(${intervalText(cell)}), p ${pText(cell)}, ${cell.base.runs} and ${cell.next.runs} runs`
  );
}

/** GitHub shows ten annotations of a level a step. */
const MOST_ANNOTATIONS = 9;

/**
 * The answer first, then an annotation for each figure that is worse or moved with the machine, and
 * for what must not be overlooked.
 */
export function renderComparisonGithub(comparison: Comparison): string {
  const { counts, gate } = comparison;
  const uncertain = counts['machine-changed'] + counts['cannot-tell'];
  const level = counts.worse + counts.lost > 0 ? 'error' : uncertain > 0 ? 'warning' : 'notice';
  const { rows } = rowsOf(comparison);
  const told = (which: (row: ComparisonRow) => boolean): readonly ComparisonRow[] =>
    rows.filter(which).slice(0, MOST_ANNOTATIONS);
  const annotation = (row: ComparisonRow, as: 'error' | 'warning'): string =>
    githubAnnotation(as, oneLine(row.cell), { title: `${pairLabel(row.pair)}: ${row.metric}` });
  const lines = [
    githubAnnotation(
      level,
      answer(comparison) + (gate.failed ? ` (--fail-on ${gate.failOn})` : ''),
      {
        title: 'kbench compare',
      },
    ),
    ...told(({ tone }) => tone === 'bad').map((row) => annotation(row, 'error')),
    ...told(({ cell }) => cell.verdict === 'machine-changed').map((row) =>
      annotation(row, 'warning'),
    ),
    ...[
      ...comparison.notes.filter(({ tone }) => tone === 'bad'),
      ...comparison.contenders.flatMap(unlikeNotes),
    ]
      .slice(0, MOST_ANNOTATIONS)
      .map(({ text }) => githubAnnotation('warning', text, { title: 'kbench compare' })),
  ];
  return `${lines.join('\n')}\n`;
}
