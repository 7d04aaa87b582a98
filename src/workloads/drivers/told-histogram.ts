// Histograms as drivers tell them: checked before anything is allocated for them, then as this
// process adds them up. Called by driver-run and merge-reports.
import type { DriverHistogram } from '../../contract/driver-protocol.js';
import { inflateChecked } from '../../report/results/decode-histogram.js';
import { ReadTrouble } from '../../report/results/read-trouble.js';
import type { PackedHistogram } from '../measure/histogram.js';

/** Three significant digits, as kbench's own. */
const DIGITS = 3;
const DIGITS_AT = 12;

/** What is wrong with it, in words that follow its name; null where nothing is. */
export function histogramProblem({ encoded, count, minMicros, maxMicros }: DriverHistogram) {
  try {
    const { raw, count: held } = inflateChecked(encoded);
    const digits = raw.readInt32BE(DIGITS_AT);
    if (digits !== DIGITS) return `has ${digits} significant digits, not ${DIGITS}`;
    if (held !== count) return `holds ${held} values and says ${count}`;
    if (count > 0 && minMicros > maxMicros) return `says ${minMicros} to ${maxMicros} us`;
    return null;
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    return error.message.replace(/^holds a histogram that /, '');
  }
}

/** Of one that has no problem. */
export function packed({ encoded, count, minMicros, maxMicros }: DriverHistogram): PackedHistogram {
  const { raw } = inflateChecked(encoded);
  return { bytes: raw, count, minMicros: count === 0 ? Infinity : minMicros, maxMicros };
}
