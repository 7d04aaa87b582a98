// Honest numbers: what the documentation says of false alarms and of the power to find a true
// shift, held to real saved runs. Every reference named aa-* is such a set: many repeats of the
// same points, recorded by `npm run bench -- aa`, which prints the same tables.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readResultsWithoutIntervals } from '../results/read-results.js';
import { tryOut, type Trial } from '../statistics/resampling.js';
import { repeatSeries } from './repeat-series.js';

const references = fileURLToPath(new URL('../../../results/reference', import.meta.url));
const sets = existsSync(references)
  ? readdirSync(references)
      .filter((name) => name.startsWith('aa-'))
      .map((name) => ({
        name,
        ...repeatSeries(readResultsWithoutIntervals(path.join(references, name))),
      }))
  : [];

const TRIAL: Trial = {
  design: 'shuffled',
  runs: 5,
  rounds: 1000,
  seed: 20261125,
  alpha: 0.05,
  margin: 0.05,
  factor: 1,
};

/**
 * How often a true shift of 5 % of a figure judged alone is called different, by runs a side, as
 * documented.
 */
const DOCUMENTED: Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<number, number>>>>>
> = {
  'aa-embedded': {
    'p01 records/s': { 5: 0.15, 10: 0.36, 20: 0.7 },
    'p01 CPU us/record': { 5: 0.25, 10: 0.6, 20: 0.92 },
    'p02 p50 ms': { 5: 0.74, 10: 0.98, 20: 0.97 },
    'p02 p99 ms': { 5: 0.12, 10: 0.28, 20: 0.53 },
  },
  'aa-kafka-4.3.1': {
    'p01 records/s': { 5: 0.09, 10: 0.19, 20: 0.35 },
    'p01 CPU us/record': { 5: 0.15, 10: 0.37, 20: 0.71 },
    'p02 p50 ms': { 5: 0.45, 10: 0.88, 20: 0.98 },
    'p02 p99 ms': { 5: 0.08, 10: 0.21, 20: 0.41 },
  },
};
/**
 * Comparisons with a false alarm where 10 runs are judged against the next 10, as of two sweeps one
 * after the other: drift, not chance.
 */
const DRIFT: Readonly<Record<string, number>> = { 'aa-embedded': 0.3, 'aa-kafka-4.3.1': 0.44 };
/** Of a rate near one half, over the rounds below, about twice its standard error. */
const TOLERANCE = 0.05;

it('has sets to draw from', () =>
  expect(sets.map(({ name }) => name)).toEqual(['aa-embedded', 'aa-kafka-4.3.1']));

describe.each(sets)(
  `A against A, $name ($repeats repeats, seed ${TRIAL.seed})`,
  ({ name, series, repeats }) => {
    const sizes = [4, 5, 10].filter((runs) => 2 * runs <= repeats);

    it.each(sizes)('%i runs a side: no more comparisons with a false alarm than alpha', (runs) => {
      for (const design of ['shuffled', 'interleaved'] as const) {
        const { any } = tryOut(series, {
          ...TRIAL,
          runs,
          design,
          rounds: runs < 10 ? TRIAL.rounds : 500,
        });
        // The rate itself is known to a binomial error only: what must not be is that it lies above
        // alpha beyond that.
        expect(any.low, `${design}: ${any.hits} of ${any.rounds}`).toBeLessThanOrEqual(TRIAL.alpha);
      }
    });

    it('each figure by itself raises no more false alarms than alpha', () => {
      for (const each of series) {
        const { any } = tryOut([each], { ...TRIAL, runs: 5 });
        expect(any.low, each.name).toBeLessThanOrEqual(TRIAL.alpha);
      }
    });

    it.runIf(Object.hasOwn(DRIFT, name))(
      'one stretch of time against the next raises as many as documented',
      () => {
        const { any } = tryOut(series, { ...TRIAL, runs: 10, design: 'consecutive' });
        expect(Math.abs(any.rate - DRIFT[name]), String(any.rate)).toBeLessThan(TOLERANCE);
      },
    );

    it.runIf(Object.hasOwn(DOCUMENTED, name))(
      'a true shift of 5 % is found as often as documented',
      () => {
        for (const [figure, rates] of Object.entries(DOCUMENTED[name] ?? {})) {
          const found = series.filter((each) => each.name === figure);
          expect(found, figure).toHaveLength(1);
          for (const [runs, rate] of Object.entries(rates)) {
            const { different } = tryOut(found, {
              ...TRIAL,
              runs: Number(runs),
              rounds: 600,
              factor: 1.05,
            });
            expect(
              Math.abs(different.rate - rate),
              `${figure}, ${runs} runs: ${different.rate}`,
            ).toBeLessThan(TOLERANCE);
          }
        }
      },
    );
  },
);
