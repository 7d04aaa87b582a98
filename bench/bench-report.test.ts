import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { formatSpread, spreadOf } from './bench-report.js';

it('takes the middle value, or the mean of the middle two, and the range', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(spreadOf([])).toBeNull();
});

it('writes a spread in one form', () => {
  expect(formatSpread([0.31, 0.3, 0.35], 2)).toBe('0.31 (0.30-0.35)');
  expect(formatSpread([1234.5], 1)).toBe('1,234.5');
  expect(formatSpread([], 1)).toBe('-');
});

it('is printed by benchmarks that lie where `npm run bench` looks for them', () => {
  const all = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  const benches = all.filter(
    (file) =>
      file.endsWith('.ts') &&
      readFileSync(path.join(import.meta.dirname, file), 'utf8').includes('\nexport const title ='),
  );
  expect(benches).toContain('embedded-sink.ts');
  expect(benches.filter((file) => file.includes(path.sep))).toEqual([]);
});
