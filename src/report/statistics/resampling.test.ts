import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { tryOut, type Design, type Series, type Trial } from './resampling.js';

const SEED = 7;
const generator = xoroshiro128plus(SEED);
const noise = () => (generator.next() >>> 0) / 2 ** 32;
const flat: Series = {
  name: 'flat',
  values: Array.from({ length: 80 }, () => 100 * (1 + 0.1 * noise())),
};
const drifting: Series = {
  name: 'drifting',
  values: flat.values.map((value, i) => value * (1 + i / 80)),
};
const TRIAL: Trial = {
  design: 'shuffled',
  runs: 5,
  rounds: 1000,
  seed: 1,
  alpha: 0.05,
  margin: 0.05,
  factor: 1,
};

describe(`tryOut (seed ${SEED})`, () => {
  it.each(['shuffled', 'interleaved', 'consecutive'] as Design[])(
    'finds no more than alpha where nothing changes (%s)',
    (design) =>
      // Windows of one series overlap, so they are not independent: twice the rate is still far
      // from what drift does.
      expect(tryOut([flat], { ...TRIAL, design }).any.low).toBeLessThan(0.05),
  );

  it('finds drift between stretches of time, but hardly any between neighbours', () => {
    const rate = (design: Design) => tryOut([drifting], { ...TRIAL, design, runs: 10 }).any.rate;
    expect(rate('consecutive')).toBeGreaterThan(0.5);
    expect(rate('interleaved')).toBeLessThan(0.06);
  });

  it('finds what is there', () => {
    expect(tryOut([flat], { ...TRIAL, factor: 1.3 }).any.rate).toBe(1);
    expect(tryOut([flat], { ...TRIAL, factor: 1.02, rounds: 200 }).any.rate).toBeLessThan(0.5);
  });

  it('gives the same figures for the same seed', () =>
    expect(tryOut([flat], TRIAL)).toEqual(tryOut([flat], TRIAL)));

  it('refuses to draw more than there is', () =>
    expect(() => tryOut([flat], { ...TRIAL, runs: 41 })).toThrow(/82 repeats/));
});
