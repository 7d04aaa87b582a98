// Published figures: R's wilcox.test, SciPy's examples, Apache Otava's tests; and properties that
// must hold for any samples.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changePoints, magnitude } from './change-points.js';
import { hodgesLehmann } from './hodges-lehmann.js';
import { mannWhitney, smallestP } from './mann-whitney.js';
import { adjust } from './multiple-tests.js';
import { erfc, normalQuantile, studentTwoSided } from './special-functions.js';

const X = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
const Y = [1.15, 0.88, 0.9, 0.74, 1.21];

describe('mannWhitney', () => {
  it("gives R's figures", () => {
    const { u, p, exact } = mannWhitney(X, Y);
    expect([u, exact]).toEqual([35, true]);
    expect(p).toBeCloseTo(0.2544122544, 9);
    expect(mannWhitney([2, 1, 3, 5], [12, 11, 13, 15]).p).toBeCloseTo(0.0285714, 6);
  });

  it("gives SciPy's figure for large samples", () => {
    const { u, p, exact } = mannWhitney(
      Array.from({ length: 500 }, (_, i) => 2 * i),
      Array.from({ length: 600 }, (_, i) => 2 * i - 41),
    );
    expect([u, exact]).toEqual([135_250, false]);
    expect(p).toBeCloseTo(0.00493353608, 10);
  });

  it('with ties is the share of all deals at least as far from the mean', () => {
    const small = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(small, small, (x, y) => {
        const all = [...x, ...y];
        const uOf = (chosen: readonly boolean[]) => {
          let u = 0;
          for (let i = 0; i < all.length; i++)
            for (let j = 0; j < all.length; j++)
              if (chosen[i] && !chosen[j]) u += all[i] > all[j] ? 1 : all[i] === all[j] ? 0.5 : 0;
          return u;
        };
        const mean = (x.length * y.length) / 2;
        const distance = Math.abs(uOf(all.map((_, i) => i < x.length)) - mean);
        let deals = 0;
        let far = 0;
        for (let mask = 0; mask < 2 ** all.length; mask++) {
          const chosen = all.map((_, i) => ((mask >> i) & 1) === 1);
          if (chosen.filter(Boolean).length !== x.length) continue;
          deals++;
          if (Math.abs(uOf(chosen) - mean) >= distance) far++;
        }
        expect(mannWhitney(x, y).p).toBeCloseTo(far / deals, 9);
      }),
      { numRuns: 60 },
    );
  });

  it('knows the least p that a number of repeats can reach', () => {
    expect([3, 4, 5, 6].map((n) => Number(smallestP(n, n).toPrecision(3)))).toEqual([
      0.1, 0.0286, 0.00794, 0.00216,
    ]);
    expect(mannWhitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]).p).toBeCloseTo(smallestP(5, 5), 12);
  });

  it('says nothing of equal samples', () => expect(mannWhitney([1, 1, 1], [1, 1, 1, 1]).p).toBe(1));
});

describe('hodgesLehmann', () => {
  it("gives R's figures", () => {
    const { estimate, low, high, coverage } = hodgesLehmann(X, Y);
    expect(estimate).toBeCloseTo(0.305, 12);
    expect(low).toBeCloseTo(-0.15, 12);
    expect(high).toBeCloseTo(0.76, 12);
    expect(coverage).toBeCloseTo(0.96004, 5);
  });

  it('says how sure the interval of too few runs is', () => {
    const { low, high, coverage } = hodgesLehmann([3, 4, 5], [1, 2, 6]);
    expect([low, high]).toEqual([-3, 4]);
    expect(coverage).toBeCloseTo(0.9, 12);
  });

  it('covers the true shift as often as it says', () => {
    // 1 / 252 of all deals lie on either side outside the range of 5 against 5 at rank 1; at 95 %
    // the rank is 3.
    expect(hodgesLehmann([1, 2, 3, 4, 5], [1.1, 2.1, 3.1, 4.1, 5.1]).coverage).toBeCloseTo(
      0.96825,
      4,
    );
  });

  it('for many runs is near the exact one', () => {
    const many = Array.from({ length: 60 }, (_, i) => (i * 37) % 61);
    const { low, estimate, high } = hodgesLehmann(
      many,
      many.map((value) => value - 10),
    );
    expect(estimate).toBeCloseTo(10, 9);
    expect(low).toBeLessThan(10);
    expect(low).toBeGreaterThan(0);
    expect(high - 10).toBeCloseTo(10 - low, 6);
  });
});

interface OtavaCase {
  readonly maxP: number;
  readonly minMagnitude: number;
  readonly series: readonly number[];
  /**
   * What Otava 0.8.0 finds, and what it finds with both neighbours of a dropped point computed
   * anew: index and p.
   */
  readonly otava: readonly number[];
  readonly mended: readonly (readonly [index: number, p: number])[];
}
const OTAVA = JSON.parse(
  readFileSync(new URL('change-points.otava.json', import.meta.url), 'utf8'),
) as readonly OtavaCase[];

describe('changePoints', () => {
  it('finds what Apache Otava 0.8.0 finds in random series, with the same p', () => {
    // 400 were compared when this file was made; these are some of each kind. In the last four
    // Otava keeps a stale p of a neighbour.
    let asIs = 0;
    for (const { series, maxP, minMagnitude, otava, mended } of OTAVA) {
      const found = changePoints(series, { maxP, minMagnitude });
      expect(found.map(({ index }) => index)).toEqual(mended.map(([index]) => index));
      found.forEach(({ p }, i) => expect(Math.abs(p / mended[i][1] - 1)).toBeLessThan(1e-9));
      if (otava.join() === mended.map(([index]) => index).join()) asIs++;
    }
    expect([OTAVA.length, asIs]).toEqual([34, 30]);
  });

  it("finds Otava's", () => {
    const series = [
      0.3, 2.4, 1.5, -0.9, -0.5, 99.7, 98.3, 99.1, 149, 149.7, 149.5, 149.1, 148.8, 150,
    ];
    expect(changePoints(series).map(({ index }) => index)).toEqual([5, 8]);
  });

  it('finds one step in two thousand', () => {
    const series = [...new Array<number>(1000).fill(0), ...new Array<number>(1000).fill(1)];
    const found = changePoints(series);
    expect(found.map(({ index }) => index)).toEqual([1000]);
    expect(magnitude(found[0])).toBe(Infinity);
  });

  it("has Otava's p, which takes the population's deviation", () => {
    const [found] = changePoints([1, 1.02, 1.05, 0.95, 0.98, 0.8, 0.82, 0.85, 0.79, 0.77]);
    expect(found.index).toBe(5);
    expect(found.p).toBeCloseTo(8.86791e-6, 11);
    expect(magnitude(found)).toBeCloseTo(1 / 0.806 - 1, 9);
  });

  it('finds none in noise nor in a constant', () => {
    const noise = Array.from({ length: 300 }, (_, i) => 100 + ((7919 * i) % 13) - 6);
    expect(changePoints(noise)).toEqual([]);
    expect(changePoints(new Array<number>(100).fill(5))).toEqual([]);
    expect(changePoints([])).toEqual([]);
  });

  it('drops changes smaller than asked for', () => {
    const series = Array.from(
      { length: 60 },
      (_, i) => (i < 30 ? 100 : 102) + ((7919 * i) % 13) / 20,
    );
    expect(changePoints(series).map(({ index }) => index)).toEqual([30]);
    expect(changePoints(series, { minMagnitude: 0.05 })).toEqual([]);
  });
});

describe('adjust', () => {
  it("gives R's p.adjust(method = 'BH')", () => {
    for (const p of adjust([0.01, 0.02, 0.03, 0.04, 0.05])) expect(p).toBeCloseTo(0.05, 12);
    const mixed = adjust([0.005, 0.9, 0.03]);
    expect(mixed[0]).toBeCloseTo(0.015, 12);
    expect(mixed[1]).toBeCloseTo(0.9, 12);
    expect(mixed[2]).toBeCloseTo(0.045, 12);
  });
});

describe('special functions', () => {
  it('have their published values', () => {
    expect(erfc(0.5)).toBeCloseTo(0.4795001221869535, 14);
    expect(erfc(3) / 2.209049699858544e-5).toBeCloseTo(1, 12);
    expect(erfc(-1)).toBeCloseTo(1.8427007929497148, 14);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963985, 8);
    expect(normalQuantile(0.8)).toBeCloseTo(0.8416212336, 8);
    expect(normalQuantile(0.0005)).toBeCloseTo(-3.290526731, 8);
    expect(studentTwoSided(2.228138852, 10)).toBeCloseTo(0.05, 9);
    expect(studentTwoSided(12.70620474, 1)).toBeCloseTo(0.05, 8);
  });
});
