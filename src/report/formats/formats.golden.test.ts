// Every format as a whole, held to files that were looked at: a change of a format shows in the
// diff. `npx vitest -u` writes them anew.
import { describe, expect, it } from 'vitest';
import type { Latency, RunResult } from '../../contract/run-result.js';
import { asFailed, syntheticResults, withReason } from '../../testing/synthetic-results.js';
import { FORMAT_INFO, FORMAT_NAMES } from './format-names.js';
import { FORMATS } from './formats.js';
import type { Output, RenderOptions } from './format-types.js';
import { makeReport, type Report } from '../model/report-model.js';

/**
 * 210, 340, 480 three times, 900, 2100 and 31000 microseconds. Made once: another zlib makes other
 * bytes of the same histogram.
 */
const LATENCY: Latency = {
  ...{
    count: 8,
    min: 0.21,
    mean: 4.498875,
    p50: 0.48,
    p90: 31,
    p99: 31,
    p999: 31,
    p9999: 31,
    max: 31,
  },
  encoded: 'HISTFAAAADZ4nJNpmSzMwMAgxMDAwMjAwMDMAAEgNsO1yUsYYPzFzEyNTExTmdiOsjGtFGJ6bcsEALH2B+o=',
};

/**
 * Two points, an open and a closed loop; with a gate, an invalid run, a failed one and one not
 * made.
 */
function report(): Report {
  const alter = (run: RunResult): RunResult | null => {
    if (run.run === '0003')
      return withReason(fixed(run), 'gc-pause', 'invalid', 'the collector paused 40 ms');
    if (run.run === '0006') return asFailed(run, 'h:9092 refused the connection');
    return run.run === '0008' ? null : fixed(run);
  };
  const axes = { 'workload.rate': ['max', 2000], acks: ['all'] };
  const { plan, runs, environment } = syntheticResults({
    name: 'golden',
    axes,
    repeats: 4,
    seconds: 1,
    alter,
  });
  const made = makeReport({
    ...{ dir: 'results/golden', name: plan.name, plan, runs, environment, skipped: [] },
    ...{ sweepYaml: 'name: golden\n', invocation: null, chosen: null },
  });
  const gate = {
    text: 'latencyMs.service.p99 < 20',
    metric: 'latencyMs.service.p99',
    bound: 20,
    value: 31,
    passed: false,
  };
  return {
    ...made,
    rows: made.rows.map((row) => ({ ...row, point: { ...row.point, thresholds: [gate] } })),
  };
}

function fixed(run: RunResult): RunResult {
  const { measurement } = run;
  if (measurement === null) return run;
  const { response } = measurement.latencyMs;
  const open = response === null ? null : LATENCY;
  const intervals = measurement.intervals.map((interval) => ({ ...interval, metrics: {} }));
  return {
    ...run,
    measurement: {
      ...measurement,
      latencyMs: { response: open, service: LATENCY, delay: open },
      metrics: {},
      intervals,
    },
  };
}

function text(output: Output): string {
  if (typeof output === 'string') return output;
  if ('pieces' in output) return [...output.pieces].join('');
  return [...output.files].map((file) => `== ${file.name}\n${file.text}`).join('');
}

/** The page is mostly a library's code; report-page.e2e.test.ts looks at it in a browser. */
const TEXTS = FORMAT_NAMES.filter((format) => format !== 'html');
const variants = TEXTS.flatMap(
  (format): [string, Parameters<(typeof FORMATS)[typeof format]>[1], typeof format][] => {
    const base: RenderOptions = { width: 120, colour: false };
    const { per, better } = FORMAT_INFO[format];
    if (per !== undefined)
      return per.map((each) => [`${format}-per-${each}`, { ...base, per: each }, format]);
    if (better === undefined) return [[format, base, format]];
    return (['smaller', 'bigger'] as const).map((each) => [
      `${format}-${each}`,
      { ...base, better: each },
      format,
    ]);
  },
);

describe('formats', () => {
  it.each(variants)('%s', async (name, options, format) => {
    await expect(text(FORMATS[format](report(), options))).toMatchFileSnapshot(
      `golden/${name}.txt`,
    );
  });
});
