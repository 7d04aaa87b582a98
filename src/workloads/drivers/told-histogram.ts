// Histograms as drivers tell them: checked before anything is allocated for them, then as this
// process adds them up. Called by driver-run and merge-reports.
import type { DriverHistogram } from '../../contract/driver-protocol.js';
import { eachCount, inflateChecked } from '../../report/results/decode-histogram.js';
import { ReadTrouble } from '../../report/results/read-trouble.js';
import type { PackedHistogram } from '../measure/histogram.js';

/** Three significant digits, as kbench's own. */
const DIGITS = 3;
const DIGITS_AT = 12;
/** A slot holds values that differ by less than this share of them. */
const SLOT_SHARE = 1 / 512;

/** What is wrong with it, in words that follow its name; null where nothing is. */
export function histogramProblem({ encoded, count, minMicros, maxMicros }: DriverHistogram) {
  try {
    const { raw, count: held } = inflateChecked(encoded);
    const digits = raw.readInt32BE(DIGITS_AT);
    if (digits !== DIGITS) return `has ${digits} significant digits, not ${DIGITS}`;
    if (held !== count) return `holds ${held} values and says ${count}`;
    if (count > 0 && minMicros > maxMicros) return `says ${minMicros} to ${maxMicros} us`;
    return count === 0 ? null : extremesProblem(raw, minMicros, maxMicros);
  } catch (error) {
    if (!(error instanceof ReadTrouble)) throw error;
    return error.message.replace(/^holds a histogram that /, '');
  }
}

/** The extremes that are told beside it must be those of its lowest and its highest slot. */
function extremesProblem(raw: Buffer, minMicros: number, maxMicros: number): string | null {
  let [least, most] = [Infinity, 0];
  eachCount(raw, (micros) => {
    least = Math.min(least, micros);
    most = Math.max(most, micros);
  });
  const holds = (slot: number, micros: number): boolean =>
    micros >= slot && micros <= slot + 1 + slot * SLOT_SHARE;
  if (holds(least, minMicros) && holds(most, maxMicros)) return null;
  return `holds ${least} to ${most} us and says ${minMicros} to ${maxMicros} us`;
}

/** Of one that has no problem. */
export function packed({ encoded, count, minMicros, maxMicros }: DriverHistogram): PackedHistogram {
  const { raw } = inflateChecked(encoded);
  return { bytes: raw, count, minMicros: count === 0 ? Infinity : minMicros, maxMicros };
}
