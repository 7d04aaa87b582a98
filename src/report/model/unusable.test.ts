// Runs in which nothing worked, as saved by an older version that called them completed: every
// reader must take them for failed ones.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import { withHonestStatus } from '../../contract/usable.js';
import { withReason, writeSyntheticResults } from '../../testing/synthetic-results.js';
import { FORMATS } from '../formats/formats.js';
import { sizeLine } from '../text/heading.js';
import { readResults } from '../results/read-results.js';
import { makeReport } from './report-model.js';
import { entryOf } from '../trend/history-entry.js';

const dir = mkdtempSync(path.join(tmpdir(), 'kbench-unusable-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Nothing was acknowledged, so there are no histograms. */
function silent(run: RunResult): RunResult {
  const { sent } = run.measurement!.records;
  const measurement = {
    ...run.measurement!,
    records: { sent, acked: 0, failed: sent },
    throughput: { recordsPerSecond: 0, mebibytesPerSecond: 0 },
    intervals: run.measurement!.intervals.map((each) => ({ ...each, acked: 0, failed: each.sent })),
    latencyMs: { response: null, service: null, delay: null },
    errors: [{ name: 'TIMEOUT', message: 't-0: 20 records expired', records: sent }],
  };
  const none = withReason(
    { ...run, measurement },
    'no-records',
    'invalid',
    'no record was acknowledged',
  );
  return { ...none, status: 'completed' };
}

beforeAll(() => {
  writeSyntheticResults(dir, {
    axes: { acks: ['all'] },
    repeats: 1,
    rate: 5000,
    seconds: 1,
    alter: silent,
  });
});

describe('a run without a usable measurement', () => {
  it('is a failed one, whatever its file says, and names why', () => {
    const [run] = readResults(dir).runs;
    expect(run.status).toBe('failed');
    expect(run.failure?.message).toMatch(
      /^none of \d+ records was acknowledged: t-0: 20 records expired \(\d+ records\)$/,
    );
  });

  it('is not made in the headline, nor a pass in any format, and keeps its loop', () => {
    const report = makeReport(readResults(dir));
    expect(sizeLine(report)).toBe('1 point x 1 repeat, 0 of 1 run made, 1 failed');
    expect(report.loop).toBe('open');
    expect(report.summary.points[0]).toMatchObject({ loop: 'open', runs: 1, valid: 0 });
    expect(report.rows[0]).toMatchObject({
      failed: 1,
      verdict: { parts: ['failed'], tone: 'bad' },
    });
    const told = (format: 'junit' | 'csv' | 'jsonl' | 'table'): string => {
      const output = FORMATS[format](report, { width: 120, colour: false, per: 'run' });
      if (typeof output === 'string') return output;
      return 'pieces' in output ? [...output.pieces].join('') : '';
    };
    expect(told('junit')).toMatch(/<error message="failed: none of \d+ records was acknowledged/);
    expect(told('csv')).toContain(',failed,');
    expect(told('jsonl')).toContain('"status":"failed"');
    expect(told('table')).toContain('Open loop');
    expect(told('table')).not.toContain('Closed loop');
  });

  it('keeps its loop in a history, also where an older summary does not tell it', () => {
    const report = makeReport(readResults(dir));
    expect(report.summary.points[0].latencyMs.response).toBeUndefined();
    expect(entryOf(dir).points[0].loop).toBe('open');
  });

  it('leaves alone what was acknowledged, stopped or failed before', () => {
    const run = JSON.parse(readFileSync(path.join(dir, 'runs', '0001.json'), 'utf8')) as RunResult;
    const some = {
      ...run,
      measurement: { ...run.measurement!, records: { sent: 9, acked: 1, failed: 8 } },
    };
    expect(withHonestStatus(some)).toBe(some);
    const stopped: RunResult = { ...run, status: 'stopped' };
    expect(withHonestStatus(stopped)).toBe(stopped);
    const failed: RunResult = { ...run, status: 'failed', failure: { message: 'x' } };
    expect(withHonestStatus(failed)).toBe(failed);
  });
});
