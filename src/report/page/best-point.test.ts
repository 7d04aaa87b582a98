// The answer under a limit, the Pareto front, and main effects: small cases worked by hand.
import { describe, expect, it } from 'vitest';
import { bestUnder, paretoFront, type Candidate } from './best-point.js';
import { mainEffects, type EffectPoint } from './main-effects.js';

const candidate = (
  point: number,
  rates: readonly number[],
  p99s: readonly number[],
): Candidate => ({
  point,
  rate: rates[rates.length >> 1],
  latency: p99s[p99s.length >> 1],
  rates,
  latencies: p99s,
});

const slow = candidate(0, [90, 100, 110], [1, 2, 3]);
const fast = candidate(1, [190, 200, 210], [8, 9, 11]);
const close = candidate(2, [180, 195, 205], [4, 5, 6]);
const beaten = candidate(3, [50, 60, 70], [20, 21, 22]);
const all = [slow, fast, close, beaten];

describe('bestUnder', () => {
  it('takes the most throughput with p99 at most the limit, and says how near the next is', () => {
    const answer = bestUnder(all, 9, 'closed');
    expect(answer).toMatchObject({
      kind: 'best',
      best: fast,
      runnerUp: close,
      by: 'rate',
      lead: 'within-spread',
      ties: 1,
      fitting: 3,
    });
    expect(answer).toMatchObject({ runsAbove: 1 }); // the run of 11
    expect(bestUnder(all, 5, 'closed')).toMatchObject({
      best: close,
      runnerUp: slow,
      lead: 'few',
      ties: 0,
    });
    expect(bestUnder(all, 2, 'closed')).toMatchObject({ best: slow, runnerUp: null, lead: null });
  });

  it('says that none fits, and which is nearest', () => {
    expect(bestUnder(all, 1.9, 'closed')).toEqual({ kind: 'none-fits', nearest: slow });
    expect(bestUnder([], 5, 'closed')).toEqual({ kind: 'nothing-measured' });
  });

  it('claims nothing of a lead that a single run has', () => {
    expect(
      bestUnder([candidate(0, [100], [1]), candidate(1, [50], [1])], 5, 'closed'),
    ).toMatchObject({
      lead: 'unknown',
    });
  });

  it('tells runs that overlap apart where chance would hardly part them so far', () => {
    const lead = (rates: readonly number[]) =>
      bestUnder(
        [candidate(0, [200, 201, 202, 203, 150], [1]), candidate(1, rates, [1])],
        5,
        'closed',
      );
    // One pair of 25 is the wrong way round: p .0159; thirteen: p 1.
    expect(lead([140, 141, 142, 143, 160])).toMatchObject({ lead: 'clear', ties: 0 });
    expect(lead([160, 161, 162, 205, 206])).toMatchObject({ lead: 'within-spread', ties: 1 });
  });

  it('calls a lead clear only with so many runs that chance hardly parts them: 4 and 4', () => {
    const four = (point: number, rate: number): Candidate =>
      candidate(point, [rate, rate + 1, rate + 2, rate + 3], [1, 1, 1, 1]);
    expect(bestUnder([four(0, 100), four(1, 200)], 5, 'closed')).toMatchObject({ lead: 'clear' });
    const three = (point: number, rate: number): Candidate =>
      candidate(point, [rate, rate + 1, rate + 2], [1, 1, 1]);
    expect(bestUnder([three(0, 100), three(1, 200)], 5, 'closed')).toMatchObject({
      lead: 'few',
      chance: 0.1,
    });
  });

  it('ranks points that keep the same set rate by p99, not by the noise in their rates', () => {
    const a = candidate(0, [99_980, 99_990, 100_000, 100_010], [7, 8, 9, 10]);
    const b = candidate(1, [99_970, 99_980, 99_990, 100_000], [1, 2, 3, 4]);
    const late = candidate(2, [90_000, 91_000, 92_000], [1, 1.5, 2]);
    expect(bestUnder([a, b, late], 20, 'open')).toMatchObject({
      best: b,
      runnerUp: a,
      by: 'latency',
      lead: 'clear',
      ties: 0,
    });
    expect(bestUnder([a, b, late], 2, 'open')).toMatchObject({ best: late, by: 'rate' });
  });
});

describe('paretoFront', () => {
  it('holds those that no other beats in both, by p99', () => {
    expect(paretoFront(all)).toEqual([slow, close, fast]);
    const twin = { ...slow, point: 9 };
    expect(paretoFront([slow, twin])).toEqual([slow]);
  });
});

describe('mainEffects', () => {
  const point = (values: number[], figures: readonly (number | null)[]): EffectPoint => ({
    values,
    byRepeat: new Map(
      figures.flatMap((figure, index) => (figure === null ? [] : [[index + 1, figure] as const])),
    ),
  });

  it('compares points that differ in one setting alone, repeat by repeat', () => {
    // The second setting doubles; the first adds half. Both exactly, so each repeat says the same.
    const points = [
      point([0, 0], [10, 20]),
      point([1, 0], [15, 30]),
      point([0, 1], [20, 40]),
      point([1, 1], [30, 60]),
    ];
    const [first] = mainEffects(points, 0);
    expect(first).toMatchObject({ value: 1, repeats: 2, kind: 'min-max' });
    expect(first.ratio).toBeCloseTo(1.5, 12);
    expect(first.low).toBeCloseTo(1.5, 12);
    expect(first.pairs).toHaveLength(2);
    expect(mainEffects(points, 1)[0].ratio).toBeCloseTo(2, 12);
  });

  it('is not moved by a run that is missing', () => {
    // The pair at [., 1] has ten times the effect; without correction a repeat that lacks it would
    // read 2 instead of 4.47.
    const points = [
      point([0, 0], [10, 10]),
      point([1, 0], [20, 20]),
      point([0, 1], [10, null]),
      point([1, 1], [100, 100]),
    ];
    const [effect] = mainEffects(points, 0);
    expect(effect.low).toBeCloseTo(Math.sqrt(20), 9);
    expect(effect.high).toBeCloseTo(Math.sqrt(20), 9);
  });

  it('is silent where no two points differ in one setting; interval from 6 repeats on', () => {
    expect(mainEffects([point([0, 0], [1]), point([1, 1], [2])], 0)).toEqual([]);
    const six = [point([0], [1, 1, 1, 1, 1, 1]), point([1], [2, 2, 2, 2, 2, 3])];
    expect(mainEffects(six, 0)[0]).toMatchObject({ kind: 'interval', repeats: 6 });
  });
});
