import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { initHistograms } from '../../src/workloads/measure/histogram.js';
import {
  latency,
  pairedRatio,
  readSweep,
  recordsPerSecond,
  spread,
  type PointResults,
} from './sweep-results.js';

await initHistograms();
const REFERENCE = path.join(import.meta.dirname, '../../results/reference/acks-compared');
const { points, made, counted, environment } = readSweep(REFERENCE);

describe('a results folder, as the tables of experiments ask for it', () => {
  it('has its points with their runs by repeat, and the medians of its summary', () => {
    expect(points.map(({ point }) => point.config['acks'])).toEqual(['1', 'all']);
    expect(points.reduce((sum, { all }) => sum + all.length, 0)).toBe(made);
    expect(points.reduce((sum, { runs }) => sum + runs.length, 0)).toBe(counted);
    expect(environment?.cpu.cores).toBeGreaterThan(0);
    for (const point of points) {
      const repeats = point.runs.map(({ repeat }) => repeat);
      expect(repeats).toEqual(repeats.toSorted((a, b) => a - b));
      const median = Number(spread(point, latency('p50'), 3).split(' ')[0]);
      expect(median).toBeCloseTo(point.point.latencyMs.response!.p50!.median, 2);
    }
  });

  it('gives ratios repeat by repeat, and of a point to itself exactly one', () => {
    const [one] = points;
    expect(pairedRatio(one, one, recordsPerSecond)).toBe('1.00 (1.00-1.00)');
    // Without the other side of a repeat there is no ratio.
    const none: PointResults = { ...one, runs: [] };
    expect(pairedRatio(one, none, recordsPerSecond)).toBe('-');
  });
});
