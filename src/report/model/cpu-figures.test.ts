import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import type { HistoryEntry } from '../../contract/trend.js';
import { resultsInMemory, steady } from '../../testing/compared-results.js';
import { syntheticHistory } from '../../testing/synthetic-history.js';
import { compareResults } from '../compare/comparison.js';
import { metricsNamed } from '../compare/compared-metrics.js';
import { summarize } from './summarize.js';
import { makeTrend } from '../trend/make-trend.js';
import { trendOptions } from '../trend/trend-options.js';

/** 47 us in all, of which `producer` are the producer's; of old files only the whole is known. */
function paced(run: RunResult, producer: number | null): RunResult {
  const alike = steady(run);
  const measurement = alike.measurement!;
  const noise = measurement.generator.cpuMicrosPerRecord / 0.3;
  const told =
    producer === null
      ? { cpuMicrosPerRecord: 47 * noise }
      : { cpuMicrosPerRecord: producer * noise, pacingMicrosPerRecord: (47 - producer) * noise };
  return {
    ...alike,
    measurement: {
      ...measurement,
      generator: { ...measurement.generator, pacing: 'auto', ...told },
    },
  };
}

const OPTIONS = { axes: { acks: ['all'] }, repeats: 8 } as const;
const folder = (dir: string, producer: (repeat: number) => number | null) =>
  resultsInMemory(dir, {
    ...OPTIONS,
    seed: dir.length,
    alter: (run) => paced(run, producer(run.repeat)),
  });

describe('CPU us/record', () => {
  const compare = (base: number | null, next: number | null) =>
    compareResults(
      folder('base', () => base),
      [folder('newer', () => next)],
      {
        ...{
          across: [],
          baseWhere: [],
          newWhere: [],
          metrics: metricsNamed(['cpu']),
          margin: 0.05,
        },
        ...{ alpha: 0.05, failOn: 'never', kbench: '0.0.0', defaultOf: () => undefined },
      },
    );

  it('is compared as the producer’s share where both tell it: the pacing hides no codec', () => {
    const found = compare(6, 30);
    const [cell] = found.contenders[0].pairs[0].cells;
    expect(cell.verdict).toBe('worse');
    expect(cell.change!.estimate).toBeCloseTo(4, 1);
    expect(found.notes.map(({ text }) => text).join()).not.toContain('pacing');
  });

  it('is compared with the pacing’s on both sides where one has no other, and says so', () => {
    for (const [base, next] of [
      [null, 6],
      [6, null],
    ] as const) {
      const found = compare(base, next);
      const [pair] = found.contenders[0].pairs;
      expect(pair.cpuWithPacing).toBe(true);
      expect(pair.cells[0].verdict).toBe('same');
      expect(pair.cells[0].base.median).toBeCloseTo(47, 0);
      expect(pair.cells[0].next.median).toBeCloseTo(47, 0);
      expect(found.notes.map(({ text }) => text).join('\n')).toContain(
        "compared with the pacing's CPU on both sides",
      );
    }
  });

  it('is summed up as the producer’s, and with the pacing’s where one run does not tell', () => {
    const summed = (producer: (repeat: number) => number | null) => {
      const { plan, runs } = folder('base', producer);
      return summarize('s', plan.points, runs).points[0].generator;
    };
    const apart = summed(() => 6);
    expect(apart.cpuMicrosPerRecord!.median).toBeCloseTo(6, 0);
    expect(apart.pacingMicrosPerRecord!.median).toBeCloseTo(41, 0);
    const mixed = summed((repeat) => (repeat === 3 ? null : 6));
    expect(mixed.cpuMicrosPerRecord!.median).toBeCloseTo(47, 0);
    expect(mixed.pacingMicrosPerRecord).toBeUndefined();
  });

  it('has its trend over results that are measured as the newest is', () => {
    const told = (entry: HistoryEntry, night: number): HistoryEntry => ({
      ...entry,
      points: entry.points.map((point) => ({
        ...point,
        loop: 'open',
        values:
          night < 12
            ? { ...point.values, cpuMicrosPerRecord: 47 + (night % 3) / 10 }
            : {
                ...point.values,
                cpuMicrosPerRecord: 6 + (night % 3) / 10,
                pacingMicrosPerRecord: 41,
              },
      })),
    });
    const entries = syntheticHistory({ nights: 24, seed: 3 }).map(told);
    const trend = makeTrend(
      { entries, leftOut: [], doubles: 0 },
      trendOptions({ metric: ['cpuMicrosPerRecord'] }),
    );
    expect(trend.series[0].values.map(([night]) => night)).toEqual(
      Array.from({ length: 12 }, (_, i) => 12 + i),
    );
    expect(trend.events).toEqual([]);
  });
});
