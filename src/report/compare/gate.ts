// Whether a comparison is to fail a job, by what --fail-on asks for. Pure; the command turns it
// into exit code 99.
//
// regression: something is worse, or NEW has no valid run where BASE has, and the machine was not
// why. cannot-tell: that, or the machine was. difference: something is worse or better, the
// machine's doing or not. inconclusive: anything but the same or better, which includes what could
// not be judged or has no partner. Each of them: an audit failed in NEW and not in BASE. A machine
// that became slower is no regression of the product: such cells fail `difference` and
// `inconclusive` only.
import type { Comparison, FailOn, Finding } from '../../contract/comparison.js';
import { listed, plural } from '../text/format.js';

const FAILING: Readonly<Record<FailOn, readonly Finding[]>> = {
  never: [],
  regression: ['worse', 'lost'],
  'cannot-tell': ['worse', 'lost', 'cannot-tell'],
  difference: ['worse', 'lost', 'better', 'machine-changed'],
  inconclusive: ['worse', 'lost', 'machine-changed', 'cannot-tell', 'collect-more', 'not-judged'],
};

export const FINDING_WORDS: Readonly<Record<Finding, string>> = {
  worse: 'worse',
  lost: 'no valid run',
  better: 'better',
  'machine-changed': 'machine changed',
  'cannot-tell': 'cannot tell',
  'collect-more': 'collect more',
  same: 'same',
  'not-judged': 'not judged',
};

/** `failedAudits`: points whose audit failed in NEW and not in BASE. */
export function judgeGate(
  { counts, contenders }: Comparison,
  failOn: FailOn,
  failedAudits: readonly string[] = [],
): Comparison['gate'] {
  const reasons = FAILING[failOn]
    .filter((finding) => counts[finding] > 0)
    .map((finding) => `${plural(counts[finding], 'figure')}: ${FINDING_WORDS[finding]}`);
  if (failOn !== 'never' && failedAudits.length > 0)
    reasons.push(`audit failed at ${listed(failedAudits, 5)}`);
  if (failOn === 'inconclusive') {
    const unmatched = contenders.reduce(
      (sum, each) => sum + each.unmatched.base.length + each.unmatched.next.length,
      0,
    );
    if (unmatched > 0) reasons.push(`${plural(unmatched, 'point')} without a partner`);
  }
  return { failOn, failed: reasons.length > 0, reasons };
}
