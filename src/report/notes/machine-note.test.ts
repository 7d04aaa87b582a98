import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import { makePlan, makeResult } from '../../testing/sweep-fixtures.js';
import type { PointRow } from '../model/report-model.js';
import { ackDelayNotes, machineNotes } from './machine-note.js';
import { summarize } from '../model/summarize.js';

const canary = (cpuMs: number, sinkRecordsPerSecond = 6e6, version = 1) => ({
  version,
  cpuMs,
  sinkRecordsPerSecond,
});
const runs = (canaries: readonly RunResult['canary'][]) =>
  makePlan(1, canaries.length).runs.map((run, index) =>
    makeResult(run, { canary: canaries[index] }),
  );

describe('runs made while the machine was slow', () => {
  it('are named, with how much slower than the median of the sweep', () => {
    const [note] = machineNotes(runs([canary(40), canary(41), canary(50), canary(40), canary(39)]));
    expect(note.text).toMatch(
      /^1 run of 5 \(0003\) began while this machine was 25 % slower than usual/,
    );
    const two = machineNotes(
      runs([canary(40), canary(41), canary(50), canary(40), canary(40, 2e6)]),
    );
    expect(two[0].text).toContain(
      '2 runs of 5 (0003, 0005) began while this machine was up to 200 % (run 0005) slower',
    );
  });

  it('are not sought within the canary’s own noise, nor in too few or unlike measurements', () => {
    expect(
      machineNotes(runs([canary(40), canary(42), canary(45), canary(40), canary(40, 4.7e6)])),
    ).toEqual([]);
    expect(machineNotes(runs([canary(40), canary(80), canary(40)]))).toEqual([]);
    expect(
      machineNotes(runs([canary(900, 1, 0), canary(40), null, canary(40), canary(41), canary(40)])),
    ).toEqual([]);
  });
});

it('a point’s canary is the median beside its valid runs; none where there is none', () => {
  const summary = (made: RunResult[]) =>
    summarize('', makePlan(1, 1).points, made).points[0].canary;
  expect(summary(runs([canary(40), canary(44), canary(60)]))?.cpuMs?.median).toBe(44);
  expect(summary(runs([canary(900, 1, 0), canary(44)]))?.cpuMs?.median).toBe(44);
  expect(summary(runs([null, null]))).toBeUndefined();
});

const one = (value: number) => ({ median: value, low: value, high: value });

/** A point whose p99 is `p99`, and what probes told of its workers. */
function row(id: string, p99: number, ackDelayP99Ms?: number): PointRow {
  const generator = ackDelayP99Ms === undefined ? {} : { ackDelayP99Ms: one(ackDelayP99Ms) };
  return { point: { id, generator }, latency: { p99: one(p99) } } as unknown as PointRow;
}
const notes = (...rows: PointRow[]): string[] => ackDelayNotes({ rows }).map(({ text }) => text);

describe('what the event loop added to latencies', () => {
  it('is told of the points where it is more than 5 % of the p99 and 0.1 ms', () => {
    const told = notes(row('p01', 5, 1.5), row('p02', 1, 0.08), row('p03', 100, 4), row('p04', 5));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('up to 1.50 of the 5.00 ms of p99 at p01. A free core');
    expect(told[0]).not.toMatch(/p0[234]|other/);
    const [more] = notes(row('p01', 5, 1.5), row('p05', 4, 3), row('p06', 50, 5));
    expect(more).toContain(
      '3.00 of the 4.00 ms of p99 at 3 points (p01, p05, p06; figures of p05). A free core',
    );
  });

  it('is not told where nothing was probed, as of results of before', () => {
    expect(notes(row('p01', 5))).toEqual([]);
  });
});
