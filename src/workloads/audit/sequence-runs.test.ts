import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceRuns } from './sequence-runs.js';

describe('the numbers of a batch', () => {
  it('come back as they were noted, the whole and any part, and after a new beginning', () => {
    const steps = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 9 })), {
      minLength: 1,
      maxLength: 60,
    });
    const runs = new SequenceRuns();
    fc.assert(
      fc.property(steps, fc.nat(59), fc.nat(60), (gaps, from, count) => {
        runs.clear();
        const numbers: number[] = [];
        for (const gap of gaps) numbers.push((numbers.at(-1) ?? 100) + gap);
        numbers.forEach((sequence, index) => runs.add(sequence, index));
        const most = Math.max(0, Math.min(count, numbers.length - from));
        const found: number[] = [];
        runs.each(from, most, (first, length, index) => {
          expect(index).toBe(from + found.length);
          for (let i = 0; i < length; i++) found.push(first + i);
        });
        expect(found).toEqual(numbers.slice(from, from + most));
        expect(runs.runs).toBe(gaps.filter((gap, i) => i === 0 || gap !== 1).length);
      }),
    );
  });
});
