// Intervals held to the vectors of the literature: order statistics for n = 100, and the least n
// with a finite interval.
import { describe, expect, it } from 'vitest';
import { median, quantileRanks, quantity } from './quantity.js';

describe('quantileRanks', () => {
  it.each([
    { quantile: 0.5, low: 40, high: 61, coverage: 0.9648 },
    { quantile: 0.9, low: 84, high: 96, coverage: 0.95569 },
  ])(
    'bounds p$quantile of 100 samples by ranks $low and $high',
    ({ quantile, low, high, coverage }) => {
      const ranks = quantileRanks(100, quantile);
      expect(ranks).toMatchObject({ low, high });
      expect(ranks.coverage).toBeCloseTo(coverage, 4);
    },
  );

  it('is open above for p99 of 100 samples', () => {
    expect(quantileRanks(100, 0.99)).toMatchObject({ low: 97, high: null });
  });

  it('has an interval of the median from 6 samples on', () => {
    expect(quantileRanks(5, 0.5)).toMatchObject({ low: null, high: null });
    expect(quantileRanks(6, 0.5)).toMatchObject({ low: 1, high: 6 });
  });

  it('neither under- nor overflows for many samples', () => {
    const { low, high, coverage } = quantileRanks(10_000, 0.5);
    expect([low, high]).toEqual([4902, 5099]);
    expect(coverage).toBeGreaterThanOrEqual(0.95);
    expect(coverage).toBeLessThan(0.96);
  });
});

describe('quantity', () => {
  it('is null without runs', () => expect(quantity([])).toBeNull());

  it('has no interval with fewer than 6 runs', () => {
    expect(quantity([3, 1, 2])).toEqual({ median: 2, low: null, high: null });
    expect(quantity([5, 3, 1, 2, 4])).toEqual({ median: 3, low: null, high: null });
  });

  it('takes the interval from the runs themselves, whatever their order', () => {
    expect(quantity([60, 10, 50, 20, 40, 30])).toEqual({ median: 35, low: 10, high: 60 });
    expect(quantity([9, 1, 8, 2, 7, 3, 6, 4, 5])).toEqual({ median: 5, low: 2, high: 8 });
  });

  it('does not reorder what it is given', () => {
    const values = [3, 1, 2];
    quantity(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

it('takes the mean of the middle two as the median of an even number', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});
