import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { judge, leastRuns } from './judge.js';

const around = (center: number, spread: number, runs: number) =>
  Array.from({ length: runs }, (_, i) => center * (1 + spread * ((2 * i) / (runs - 1) - 1)));

describe('judge', () => {
  it('tells a shift that stands apart from the noise', () => {
    const [{ finding, change, p }] = judge(
      [{ base: around(100, 0.01, 5), next: around(90, 0.01, 5) }],
      {
        margin: 0.05,
      },
    );
    expect(finding).toBe('different');
    expect(change!.estimate).toBeCloseTo(-0.1, 3);
    expect(p).toBeCloseTo(2 / 252, 9);
  });

  it('calls a shift within the margin the same, though it can be told', () => {
    const [{ finding, adjustedP }] = judge(
      [{ base: around(100, 0.002, 6), next: around(101, 0.002, 6) }],
      {
        margin: 0.05,
      },
    );
    expect(adjustedP).toBeLessThan(0.05);
    expect(finding).toBe('same');
  });

  it('asks for more runs where noise hides the answer, and says how many', () => {
    const [{ finding, moreRuns }] = judge(
      [{ base: around(100, 0.08, 5), next: around(98, 0.08, 5) }],
      {
        margin: 0.05,
      },
    );
    expect(finding).toBe('collect-more');
    expect(moreRuns).toBeGreaterThan(5);
    expect(
      judge([{ base: around(100, 0.9, 5), next: around(99, 0.9, 5) }], { margin: 0.05 })[0]
        .moreRuns,
    ).toBeNull();
  });

  it('never calls three runs the same or different', () => {
    for (const center of [100, 50]) {
      const next = around(center, 0.001, 3);
      const [{ finding, moreRuns }] = judge([{ base: around(100, 0.001, 3), next }], {
        margin: 0.05,
      });
      expect([finding, moreRuns]).toEqual(['collect-more', 1]); // 4 against 4 reach .029
    }
  });

  it('corrects for the number of pairs', () => {
    const clear = { base: around(100, 0.01, 4), next: around(90, 0.01, 4) };
    const noise = { base: around(100, 0.1, 4), next: around(100, 0.11, 4) };
    expect(judge([clear], { margin: 0.02 })[0].finding).toBe('different');
    expect(judge([clear, noise, noise, noise], { margin: 0.02 })[0].finding).toBe('collect-more');
  });

  it('needs a run on both sides', () => {
    expect(judge([{ base: [], next: [1, 2] }], { margin: 0.05 })).toEqual([
      { finding: 'collect-more', change: null, p: null, adjustedP: null, moreRuns: 4 },
    ]);
  });
});

it('leastRuns grows with the number of pairs', () => {
  expect([1, 2, 10, 100].map((tests) => leastRuns(tests))).toEqual([4, 5, 6, 8]);
});

describe('the advice how many more runs', () => {
  const SEED = 20261125;
  const generator = xoroshiro128plus(SEED);
  const uniform = () => (generator.next() >>> 0) / 2 ** 32;
  const gaussian = () =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const draw = (center: number, spread: number, runs: number) =>
    Array.from({ length: runs }, () => center * Math.exp(spread * gaussian()));

  // Change, spread, and the share that the advice must settle: it is made from few runs, so the
  // more noise, the less sure it is.
  it.each([
    { shift: 0, spread: 0.03, least: 0.9 },
    { shift: 0.02, spread: 0.03, least: 0.85 },
    { shift: 0.05, spread: 0.03, least: 0.85 },
    { shift: 0.1, spread: 0.05, least: 0.85 },
    { shift: 0.05, spread: 0.08, least: 0.65 },
  ])(
    `settles a shift of $shift in a spread of $spread as often as it says (seed ${SEED})`,
    ({ shift, spread, least }) => {
      let asked = 0;
      let settled = 0;
      while (asked < 150) {
        const [base, next] = [draw(100, spread, 5), draw(100 * (1 + shift), spread, 5)];
        const [{ finding, moreRuns }] = judge([{ base, next }], { margin: 0.05 });
        if (finding !== 'collect-more' || moreRuns === null) continue;
        asked++;
        const more = {
          base: [...base, ...draw(100, spread, moreRuns)],
          next: [...next, ...draw(100 * (1 + shift), spread, moreRuns)],
        };
        if (judge([more], { margin: 0.05 })[0].finding !== 'collect-more') settled++;
      }
      expect(settled / asked).toBeGreaterThan(least);
    },
  );

  it('asks for more where many pairs are judged together', () => {
    const open = { base: around(100, 0.03, 6), next: around(96, 0.05, 6) };
    const noise = { base: around(100, 0.1, 6), next: around(101, 0.11, 6) };
    const alone = judge([open], { margin: 0.01 })[0];
    const among = judge([open, ...Array.from({ length: 40 }, () => noise)], { margin: 0.01 })[0];
    expect([alone.finding, among.finding]).toEqual(['collect-more', 'collect-more']);
    expect(among.moreRuns!).toBeGreaterThan(alone.moreRuns!);
  });
});
