import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BitTable } from './bit-table.js';

describe('a bit table', () => {
  it.each([1, 2] as const)('of %d bits holds what was set and filled, over chunks', (bits) => {
    const most = (1 << bits) - 1;
    const about = fc.oneof(
      fc.nat(200),
      fc.nat(200).map((n) => (1 << 20) - 100 + n),
    );
    const step = fc.record({ first: about, count: fc.nat(150), value: fc.nat(most) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const table = new BitTable(bits);
        const model = new Map<number, number>();
        for (const { first, count, value } of steps) {
          if (count % 5 === 1) {
            table.set(first, value);
            model.set(first, value);
            continue;
          }
          table.fill(first, count, value);
          for (let at = first; at < first + count; at++) model.set(at, value);
        }
        const again = new BitTable(bits, table.buffers);
        for (const base of [0, (1 << 20) - 100]) {
          const of = (get: (at: number) => number) =>
            Array.from({ length: 400 }, (_each, at) => get(base + at)).join('');
          expect(of((at) => again.get(at))).toBe(of((at) => model.get(at) ?? 0));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('takes a quarter of a byte a record', () => {
    const table = new BitTable(2);
    table.fill(0, 10_000_000, 1);
    expect(table.bytes).toBeLessThan(10_000_000 / 4 + 300_000);
  });
});
