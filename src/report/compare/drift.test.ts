import { describe, expect, it } from 'vitest';
import { resultsInMemory, steady } from '../../testing/compared-results.js';
import { driftOf } from './drift.js';

const runs = (grows: number) =>
  resultsInMemory('x', {
    axes: { acks: ['1', 'all'] },
    repeats: 12,
    alter: (run) =>
      steady(run, { throughput: (1 + (grows * run.repeat) / 12) * (run.point === 'p01' ? 3 : 1) }),
  }).runs;

describe('driftOf', () => {
  it('tells a side whose second half was another', () => {
    const [drift, ...others] = driftOf(runs(0.2));
    expect(others).toEqual([]);
    expect(drift.metric.label).toBe('records/s');
    expect(drift.change).toBeGreaterThan(0.05);
  });

  it('says nothing of steady runs, however different their points, nor of few', () => {
    expect(driftOf(runs(0))).toEqual([]);
    expect(driftOf(runs(0.2).slice(0, 6))).toEqual([]);
    expect(driftOf([])).toEqual([]);
  });
});
