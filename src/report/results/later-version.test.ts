// Folders that a later version of kbench wrote without a new schema: what it added is read, shown
// as unknown, and never a refusal.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSyntheticResults } from '../../testing/synthetic-results.js';
import { FORMATS } from '../formats/formats.js';
import { FORMAT_NAMES } from '../formats/format-names.js';
import { readResults } from './read-results.js';
import { makeReport, type Report } from '../model/report-model.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'kbench-later-'));
  writeSyntheticResults(dir, { axes: { acks: ['1', 'all'] }, repeats: 2 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

type Json = Record<string, unknown>;

function alter(file: string, change: (json: Json) => void): void {
  const at = path.join(dir, file);
  const json = JSON.parse(readFileSync(at, 'utf8')) as Json;
  change(json);
  writeFileSync(at, JSON.stringify(json));
}

const measured = (run: Json): Json => run['measurement'] as Json;
const verdict = (valid: boolean, severity: string): Json => ({
  valid,
  reasons: [
    { code: 'quorum-lost', severity, message: 'two of three controllers were away for 4 s' },
  ],
});

function read(): Report {
  const report = makeReport(readResults(dir));
  expect(report.results.skipped).toEqual([]);
  return report;
}

function text(report: Report, format: keyof typeof FORMATS): string {
  const output = FORMATS[format](report, { width: Infinity, colour: false });
  if (typeof output === 'string') return output;
  return 'pieces' in output
    ? [...output.pieces].join('')
    : [...output.files].map((file) => file.text).join('');
}

const UNKNOWN = "unknown code quorum-lost (a later version's)";

describe('a later version', () => {
  it.each([
    ['invalid', false, 1, 'invalid, left out of the figures'],
    ['warning', true, 2, 'to be read with care'],
    ['notice', true, 2, 'to be read with care'],
    ['fatal', false, 1, 'invalid, left out of the figures'],
  ] as const)('gives a verdict code with severity %s', (severity, valid, counted, words) => {
    alter('runs/0001.json', (run) => (measured(run)['verdict'] = verdict(valid, severity)));
    const report = read();
    const { point } = report.results.runs.find(({ run }) => run === '0001')!;
    expect(report.rows.find((row) => row.point.id === point)!.point.valid).toBe(counted);
    expect(text(report, 'table').replace(/\s+/g, ' ')).toContain(
      `1 run ${words} (${point}): ${UNKNOWN}: two of three controllers`,
    );
    for (const format of FORMAT_NAMES) expect(text(report, format).length).toBeGreaterThan(0);
    if (!valid)
      for (const format of ['md', 'junit', 'html'] as const)
        expect(text(report, format)).toContain('unknown code quorum-lost');
  });

  it('gives a status of a run: it enters no figure, and the report says why', () => {
    alter('runs/0001.json', (run) => (run['status'] = 'evicted'));
    const report = read();
    expect(report.rows.map((row) => row.point.valid).sort()).toEqual([1, 2]);
    expect(text(report, 'table').replace(/\s+/g, ' ')).toContain(
      "unknown code evicted (a later version's)",
    );
  });

  it('adds sections: they are passed on in JSON Lines, enter no cell, and a note says so', () => {
    const faults = [{ atMs: 3, action: 'kill', target: 'leader' }];
    alter('runs/0002.json', (run) => {
      run['quakes'] = faults;
      measured(run)['audit'] = { acknowledged: 7, lost: 0 };
    });
    const report = read();
    expect(text(report, 'table').replace(/\s+/g, ' ')).toContain(
      'Sections that this kbench does not know, written by a later version: ' +
        'quakes in 1 run, audit in 1 run.',
    );
    const lines = text(report, 'jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Json);
    const line = lines.find((each) => each['run'] === '0002')!;
    expect([line['quakes'], measured(line)['audit']]).toEqual([
      faults,
      { acknowledged: 7, lost: 0 },
    ]);
    expect(text(report, 'csv')).not.toContain('kill');
  });

  it('adds values of enumerations: another target, pacing, source of CPU time', () => {
    alter(
      'environment.json',
      (environment) => ((environment['target'] as Json)['kind'] = 'redpanda'),
    );
    alter('runs/0001.json', (run) =>
      Object.assign(measured(run)['generator'] as Json, { pacing: 'busy', cpuSource: 'cgroup' }),
    );
    const report = read();
    expect(report.results.environment?.target.kind).toBe('redpanda');
    expect(report.results.runs).toHaveLength(4);
  });

  it('adds an operator of gates: such a gate has not passed', () => {
    const gate = {
      text: 'records.failed ~= 0',
      metric: 'records.failed',
      operator: '~=',
      bound: 0,
    };
    alter(
      'plan.json',
      (plan) =>
        (plan['thresholds'] = [{ ...gate, where: {}, abortOnFail: false, delayAbortEvalRuns: 0 }]),
    );
    const report = read();
    expect(report.rows[0].point.thresholds).toMatchObject([
      { passed: false, value: null, reason: "unknown operator ~= (a later version's)" },
    ]);
  });
});
