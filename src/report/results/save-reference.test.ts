import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSyntheticResults } from '../../testing/synthetic-results.js';
import { readResults } from './read-results.js';
import { saveReference } from './save-reference.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-reference-'));
const source = path.join(folder, 'results');
const to = path.join(folder, 'reference');
const OPTIONS = { name: null, to, histograms: false, force: false } as const;

beforeAll(() => {
  writeSyntheticResults(source, {
    name: 'nightly',
    axes: { acks: ['1', 'all'] },
    repeats: 2,
    rate: 1000,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('saveReference', () => {
  it('keeps every figure of every run in a few KB', () => {
    const { dir, runs, bytes } = saveReference(source, OPTIONS);
    expect([dir, runs]).toEqual([path.join(to, 'nightly'), 4]);
    expect(bytes / runs).toBeLessThan(8 * 1024);
    const [whole, slim] = [readResults(source), readResults(dir)];
    expect(slim.plan).toEqual(whole.plan);
    expect(slim.environment).toEqual(whole.environment);
    const figures = ({ runs: all }: typeof whole) =>
      all.map(({ measurement }) => [
        measurement!.throughput,
        measurement!.latencyMs.response!.p99,
        measurement!.generator,
      ]);
    expect(figures(slim)).toEqual(figures(whole));
    expect(slim.runs[0].measurement).toMatchObject({
      intervals: [],
      latencyMs: { response: { encoded: '' } },
    });
    expect(readdirSync(to)).toEqual(['nightly']);
  });

  it('keeps the histograms when asked', () => {
    const { dir } = saveReference(source, { ...OPTIONS, name: 'full', histograms: true });
    expect(readResults(dir).runs[0].measurement!.latencyMs.service!.encoded).toBe(
      readResults(source).runs[0].measurement!.latencyMs.service!.encoded,
    );
  });

  it('replaces nothing unasked, and no folder that is not a reference', () => {
    expect(() => saveReference(source, OPTIONS)).toThrow(/nightly is there already/);
    expect(saveReference(source, { ...OPTIONS, force: true }).runs).toBe(4);
    mkdirSync(path.join(to, 'mine'));
    writeFileSync(path.join(to, 'mine', 'thesis.txt'), 'x');
    expect(() => saveReference(source, { ...OPTIONS, name: 'mine', force: true })).toThrow(
      /is no results folder/,
    );
    expect(existsSync(path.join(to, 'mine', 'thesis.txt'))).toBe(true);
  });

  it.each(['../out', '.hidden', 'a/b', ''])('takes no name like %j', (name) => {
    expect(() => saveReference(source, { ...OPTIONS, name })).toThrow(
      /cannot be the name of a reference/,
    );
  });
});
