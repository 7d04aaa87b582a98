import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { syntheticHistory, writeNights } from '../../testing/synthetic-history.js';
import { writeSyntheticResults } from '../../testing/synthetic-results.js';
import { entryOf } from './history-entry.js';
import { appendToHistory, MAX_LINE_BYTES } from './history-file.js';
import { readHistory } from './read-history.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a folder of results', () => {
  it('is read in the order of the runs, not the files; a damaged night is left out, named', () => {
    const dir = path.join(folder, 'nights');
    const folders = writeNights(dir, { nights: 5, seed: 1 });
    writeFileSync(path.join(folders[1], 'environment.json'), '{"schema": "kbench/environment@1"');
    rmSync(path.join(folders[2], 'summary.json'));
    symlinkSync(folders[3], path.join(dir, 'latest'));
    const { entries, leftOut } = readHistory([dir]);
    expect(entries.map(({ environment }) => environment.startedAt.slice(0, 10))).toEqual([
      '2026-09-01',
      '2026-09-03',
      '2026-09-04',
      '2026-09-05',
    ]);
    expect(leftOut).toEqual([
      {
        source: folders[1],
        reason: expect.stringContaining('environment.json is not complete JSON') as string,
      },
    ]);
  });

  it('that lost its plan does not vanish', () => {
    const dir = path.join(folder, 'no-plan');
    const [first] = writeNights(dir, { nights: 2, seed: 1 });
    rmSync(path.join(first, 'plan.json'));
    const { entries, leftOut } = readHistory([dir]);
    expect(entries).toHaveLength(1);
    expect(leftOut).toEqual([{ source: first, reason: 'has no plan.json' }]);
  });

  it.skipIf(process.getuid?.() === 0)('that may not be read does not vanish either', () => {
    const dir = path.join(folder, 'closed');
    const [first] = writeNights(dir, { nights: 2, seed: 1 });
    chmodSync(first, 0o000);
    const { leftOut } = readHistory([dir]);
    chmodSync(first, 0o755);
    expect(leftOut).toEqual([{ source: first, reason: 'may not be read: permission denied' }]);
  });

  it('without a summary is read from its runs', () => {
    const dir = path.join(folder, 'runs-only');
    writeSyntheticResults(dir, { axes: { acks: ['1'] }, repeats: 2, seconds: 1 });
    const [point] = entryOf(dir).points;
    expect(point).toMatchObject({ runs: 2, valid: 2, loop: 'closed' });
    expect(point.values['recordsPerSecond']).toBeGreaterThan(0);
  });

  it('that holds none, or is not there, is an error with a remedy', () => {
    const empty = path.join(folder, 'empty');
    mkdirSync(empty);
    expect(() => readHistory([empty])).toThrow('holds no results');
    expect(() => readHistory([path.join(folder, 'nowhere')])).toThrow('does not exist');
  });
});

describe('a history file', () => {
  const file = path.join(folder, 'history.jsonl');
  const [first, second, third] = syntheticHistory({ nights: 3, seed: 1 });

  it('is appended to by line; what is twice, cut short, foreign or endless is named', () => {
    appendToHistory(file, first);
    appendToHistory(file, second);
    appendToHistory(file, { ...second, settings: { resumed: true } });
    appendFileSync(file, `\n${JSON.stringify({ ...third, schema: 'kbench/history@2' })}\n`);
    appendFileSync(file, `{"schema":"other"}\n${'x'.repeat(MAX_LINE_BYTES + 1)}\n`);
    appendFileSync(file, JSON.stringify(third).slice(0, 100));
    appendToHistory(file, third);
    const history = readHistory([file]);
    expect(history.entries).toEqual([first, { ...second, settings: { resumed: true } }, third]);
    expect(history.doubles).toBe(1);
    expect(
      history.leftOut.map(({ source, reason }) => [source.replace(file, ''), reason.slice(0, 40)]),
    ).toEqual([
      [':5', 'has the schema kbench/history@2, and thi'],
      [':6', 'is not a kbench/history@1 file: its sche'],
      [':7', 'is longer than 8 MiB'],
      [':8', 'is not complete JSON (Unterminated strin'],
    ]);
    expect(readFileSync(file, 'utf8').endsWith('\n')).toBe(true);
  });

  it('of a night takes a few hundred bytes a point', () => {
    const configs = Array.from({ length: 16 }, (_, i) => ({
      'batch.size': 16_384,
      'linger.ms': i,
    }));
    const [dir] = writeNights(path.join(folder, 'large'), { nights: 1, seed: 1, configs });
    expect(JSON.stringify(entryOf(dir)).length).toBeLessThan(16 * 280 + 1000);
  });

  it('is not written to through a link, nor read without end', () => {
    const link = path.join(folder, 'link.jsonl');
    symlinkSync(file, link);
    expect(() => appendToHistory(link, first)).toThrow('it is a symbolic link');
    const endless = path.join(folder, 'endless.jsonl');
    writeFileSync(endless, '');
    truncateSync(endless, 5 * 2 ** 30); // sparse
    expect(() => readHistory([endless])).toThrow('above the limit');
    expect(() => readHistory(['/dev/zero'])).toThrow('is not a regular file');
    expect(() => appendToHistory(path.join(folder, 'no', 'where.jsonl'), first)).toThrow(
      'its folder does not exist',
    );
  });
});
