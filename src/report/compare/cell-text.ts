// The words and numbers of a comparison that all its formats share. Pure; everything comes out
// printable, each format escapes it further.
import type { Scalar } from '../../contract/settings.js';
import {
  findings,
  type ComparedCell,
  type ComparedPair,
  type Comparison,
  type Finding,
} from '../../contract/comparison.js';
import { percent, plural, printable, settingValue, significant } from '../text/format.js';
import { FINDING_WORDS } from './gate.js';

/** `+8.2 %`, `-0.42 %`. */
export function signedPercent(share: number): string {
  if (Math.abs(share) < 0.000_05) return '0 %';
  return `${share < 0 ? '-' : '+'}${percent(Math.abs(share))}`;
}

/** `BASE nightly (results/nightly/...)`. */
export function sideTitle({
  role,
  name,
  dir,
}: {
  role: string;
  name: string;
  dir: string;
}): string {
  return `${role.toUpperCase()} ${printable(name, 60)} (${printable(dir, 120)})`;
}

/**
 * `batch.size=16 KiB acks=1`; the point's id where nothing tells the pairs apart; then what is
 * compared: `acks: 1 -> all`.
 */
export function pairLabel(pair: ComparedPair): string {
  const settings = Object.entries(pair.config).map(
    ([name, value]) => `${printable(name, 60)}=${settingValue(name, value)}`,
  );
  const across = acrossLabel(pair);
  const own = settings.length === 0 && across === '' ? [printable(pair.next, 24)] : settings;
  return [...own, ...(across === '' ? [] : [across])].join(' ');
}

export function acrossLabel({ across }: ComparedPair): string {
  const text = (name: string, value: Scalar | null): string =>
    value === null ? 'none' : settingValue(name, value);
  return Object.entries(across)
    .map(
      ([name, { base, next }]) =>
        `${printable(name, 60)}: ${text(name, base)} -> ${text(name, next)}`,
    )
    .join(', ');
}

export const figure = (value: number | null): string => (value === null ? '-' : significant(value));

export const changeText = ({ change }: ComparedCell): string =>
  change === null ? '-' : signedPercent(change.estimate);

export function intervalText({ change }: ComparedCell): string {
  if (change === null) return '-';
  const coverage = change.coverage < 0.95 ? ` (${percent(change.coverage)})` : '';
  return `${signedPercent(change.low)} to ${signedPercent(change.high)}${coverage}`;
}

export const runsText = ({ base, next }: ComparedCell): string =>
  base.runs === next.runs ? `${base.runs}` : `${base.runs}/${next.runs}`;

export function pText({ adjustedP }: ComparedCell): string {
  if (adjustedP === null) return '-';
  return adjustedP < 0.0001 ? '<.0001' : adjustedP.toFixed(4).replace(/^0/, '');
}

/** The finding, and what to do where there is none. */
export function findingText({ verdict: finding, moreRuns, reason }: ComparedCell): string {
  const words = FINDING_WORDS[finding];
  if (finding === 'collect-more')
    return moreRuns === null ? `${words} (too noisy)` : `${words} (+${moreRuns})`;
  return finding === 'not-judged' && reason !== null ? `${words}: ${reason}` : words;
}

export type Tone = 'good' | 'bad' | 'care' | 'none';

export function toneOf(finding: Finding): Tone {
  switch (finding) {
    case 'worse':
    case 'lost':
      return 'bad';
    case 'better':
      return 'good';
    case 'machine-changed':
    case 'cannot-tell':
    case 'collect-more':
      return 'care';
    case 'same':
    case 'not-judged':
      return 'none';
  }
}

/** `2 worse, 1 better, 13 same`: what came of all figures, in one line. */
export function countsText({ counts }: Comparison): string {
  return findings
    .filter((finding) => counts[finding] > 0)
    .map((finding) => `${counts[finding]} ${FINDING_WORDS[finding]}`)
    .join(', ');
}

/** The answer in one sentence. */
export function answer(comparison: Comparison): string {
  const { counts, margin } = comparison;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  // Two settings, or two clusters, are no before and after.
  const regression = comparison.across.length === 0 ? 'Regression' : 'Different';
  if (counts.worse + counts.lost > 0) {
    const told = [
      ...(counts.worse > 0 ? [`${plural(counts.worse, 'figure')} of ${total} worse`] : []),
      ...(counts.lost > 0
        ? [`${plural(counts.lost, 'figure')} of ${total} without a valid run in NEW`]
        : []),
      ...(comparison.across.length > 0 && counts.better > 0 ? [`${counts.better} better`] : []),
    ];
    return `${regression}: ${told.join(', ')}.`;
  }
  if (counts['cannot-tell'] > 0) {
    const told = `${plural(counts['cannot-tell'], 'figure')} of ${total}`;
    return (
      `Cannot tell: for ${told} every run of NEW is invalid ` +
      'because of the machine that kbench ran on.'
    );
  }
  if (counts['machine-changed'] > 0) {
    return (
      `The machine changed: ${plural(counts['machine-changed'], 'figure')} of ${total} ` +
      'moved with it, so no regression of the product can be claimed.'
    );
  }
  if (counts.same === total)
    return `No change: all ${total} figures the same within ${percent(margin)}.`;
  if (counts.better > 0) {
    const found = regression === 'Regression' ? 'No regression found; ' : 'Different: ';
    return `${found}${plural(counts.better, 'figure')} of ${total} better.`;
  }
  if (counts.same === 0)
    return (
      'Undecided: no difference told, ' +
      `and nothing shown to be the same within ${percent(margin)}.`
    );
  return (
    `No difference found; ${plural(counts.same, 'figure')} of ${total} ` +
    `the same within ${percent(margin)}, the others undecided.`
  );
}
