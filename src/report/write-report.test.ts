// The files that `kbench run` leaves beside the runs, and the formats of `kbench report`.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT, RunError } from '../base/errors.js';
import { summarySchema } from '../contract/summary.js';
import { writeSyntheticResults } from '../testing/synthetic-results.js';
import { FORMATS } from './formats/formats.js';
import { readResults } from './results/read-results.js';
import { makeReport } from './model/report-model.js';
import { writeReport } from './write-report.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'kbench-write-'));
  writeSyntheticResults(dir, { axes: { acks: ['1', 'all'] }, repeats: 6 });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const saved = (name: string): string => readFileSync(path.join(dir, name), 'utf8');

describe('writeReport', () => {
  it('writes summary.json by the contract, report.md, report.html and nothing else', async () => {
    const before = readdirSync(dir);
    const report = await writeReport(dir);
    expect(readdirSync(dir).sort()).toEqual(
      [...before, 'report.html', 'report.md', 'summary.json'].sort(),
    );
    expect(summarySchema.parse(JSON.parse(saved('summary.json')))).toEqual(report.summary);
    expect(saved('report.md')).toBe(FORMATS.md(report, { width: 80, colour: false }));
  });

  it('replaces earlier reports, and writes the same from the same runs', async () => {
    await writeReport(dir);
    const first = ['summary.json', 'report.md', 'report.html'].map(saved);
    await writeReport(makeReport(readResults(dir)));
    expect(['summary.json', 'report.md', 'report.html'].map(saved)).toEqual(first);
  });

  it('says what is missing and why when it cannot write, and writes the others', async () => {
    mkdirSync(path.join(dir, 'report.md', 'occupied'), { recursive: true });
    const error = await writeReport(dir).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RunError);
    expect((error as RunError).message).toMatch(
      /^cannot write report\.md in .*: a folder of this name/,
    );
    expect((error as RunError).exitCode).toBe(EXIT.runFailed);
    expect(readdirSync(dir).filter((name) => name.endsWith('.draft'))).toEqual([]);
    expect(readdirSync(dir)).toEqual(expect.arrayContaining(['summary.json', 'report.html']));
  });
});

describe('formats', () => {
  it('json is summary.json', async () => {
    const report = await writeReport(dir);
    expect(FORMATS.json(report, { width: 100, colour: false })).toBe(saved('summary.json'));
  });
});
