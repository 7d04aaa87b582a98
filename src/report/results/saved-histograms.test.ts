// Histograms of saved runs: counts and percentiles as the package has them; one that is damaged or
// of another run is left out by name, and no format falls over it.
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import { syntheticResults } from '../../testing/synthetic-results.js';
import { readCounts, valuesAtPercentiles } from './decode-histogram.js';
import { FORMAT_NAMES } from '../formats/format-names.js';
import { FORMATS } from '../formats/formats.js';
import type { Output } from '../formats/format-types.js';
import { makeReport } from '../model/report-model.js';
import { withHistogram } from './saved-histograms.js';

const made = syntheticResults({ axes: { acks: ['1', 'all'] }, repeats: 3, rate: 1000, seconds: 1 });

/** The first run with something else where its response histogram was. */
function spoiled(encoded: string): RunResult[] {
  return made.runs.map((run, index) => {
    const { measurement } = run;
    if (index !== 0 || measurement === null) return run;
    const response = { ...measurement.latencyMs.response!, encoded };
    return {
      ...run,
      measurement: { ...measurement, latencyMs: { ...measurement.latencyMs, response } },
    };
  });
}

const drain = (output: Output): string => {
  if (typeof output === 'string') return output;
  return 'pieces' in output
    ? [...output.pieces].join('')
    : [...output.files].map((file) => file.text).join('');
};

describe('saved histograms', () => {
  it('give their counts from low to high, as the package has them', () => {
    const { encoded, count, max } = made.runs[0].measurement!.latencyMs.service!;
    const decoded = decodeFromCompressedBase64(encoded, 64, false);
    let below = 0;
    let last = -1;
    const counts = readCounts(encoded);
    for (let at = 0; at < counts.length; at++) {
      const [micros, each] = [counts.highest[at], counts.count[at]];
      expect(micros).toBeGreaterThan(last);
      last = micros;
      below += each;
      // The value at just this share of all is the one that the counts reach here.
      expect(decoded.getValueAtPercentile(Math.min(100, (100 * (below - 0.5)) / count))).toBe(
        micros,
      );
    }
    expect(below).toBe(count);
    expect(last).toBeGreaterThanOrEqual(max * 1000);
  });

  it('have the same percentiles in one pass as the package finds one by one', () => {
    const percents = [0.01, 10, 50, 75, 90, 95, 99, 99.9, 99.99, 100];
    for (const run of made.runs) {
      const { encoded } = run.measurement!.latencyMs.delay!;
      const decoded = decodeFromCompressedBase64(encoded, 64, false);
      const values = valuesAtPercentiles(readCounts(encoded), percents);
      expect(values).toEqual(percents.map((percent) => decoded.getValueAtPercentile(percent)));
    }
  });

  it.each([
    ['no histogram', 'not base64!', 'it is not base64'],
    [
      'one that is cut short',
      made.runs[0].measurement!.latencyMs.response!.encoded.slice(0, 60),
      'it declares',
    ],
    [
      'one of other values',
      'HISTFAAAADZ4nJNpmSzMwMAgxMDAwMjAwMDMAAEgNsO1yUsYYPzFzEyNTExTmdiOsjGtFGJ6bcsEALH2B+o=',
      'holds a response histogram of 8 values beside a count of 4000',
    ],
  ])(
    '%s is left out and named, in every format, and the rest is there',
    (_what, encoded, message) => {
      const runs = spoiled(encoded);
      const report = makeReport({
        ...{
          dir: 'results/x',
          name: 'x',
          plan: made.plan,
          runs,
          environment: made.environment,
          skipped: [],
        },
        ...{ sweepYaml: null, invocation: null, chosen: null },
      });
      for (const format of FORMAT_NAMES) {
        const said: string[] = [];
        const written = drain(
          FORMATS[format](report, {
            width: 100,
            colour: false,
            leaveOut: (each) => said.push(each),
          }),
        );
        expect(written.length, format).toBeGreaterThan(100);
        const needsIt = ['hlog', 'hgrm', 'openmetrics'].includes(format);
        expect(
          said.filter((each) => each.includes(message) && each.includes('runs/0001.json')),
          format,
        ).toHaveLength(needsIt ? 1 : 0);
      }
      expect(withHistogram(runs[1], 'response', undefined, ({ count }) => count)).toBe(4000);
    },
  );
});
