import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigurationError, EXIT, RunError } from '../../base/errors.js';
import { makeReport } from '../../report/model/report-model.js';
import { syntheticResults } from '../../testing/synthetic-results.js';
import { handOver, readHold } from './hand-over.js';

const LONG_MS = 60_000;
const { plan, runs, environment } = syntheticResults();
const report = makeReport({
  ...{ dir: 'results/x', name: plan.name, plan, runs, environment },
  ...{ skipped: [], sweepYaml: null, invocation: null, chosen: null },
});

let out = '';
let printed = '';
beforeEach(() => {
  out = mkdtempSync(path.join(tmpdir(), 'kbench-hold-'));
  printed = '';
  const put = (data: unknown): boolean => {
    printed += String(data);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(put);
  vi.spyOn(process.stderr, 'write').mockImplementation(put);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(out, { recursive: true, force: true });
});

const given = (more: { readonly holdMs: number; readonly stop?: AbortSignal }) => ({
  ...{ out, report, stop: new AbortController().signal },
  ...more,
});

describe('--hold', () => {
  it('ends with the summary on one line, and does not stay for 0s', async () => {
    expect(await handOver(given({ holdMs: 0 }), () => EXIT.gateFailed)).toBe(EXIT.gateFailed);
    expect(JSON.parse(printed.trimEnd().split('\n').at(-1)!)).toEqual(
      JSON.parse(JSON.stringify(report.summary)),
    );
  });

  it('stays until the results were copied', async () => {
    const handed = handOver(given({ holdMs: LONG_MS }), () => EXIT.ok);
    setTimeout(() => writeFileSync(path.join(out, 'done'), ''), 300);
    expect(await handed).toBe(EXIT.ok);
  });

  it('stays where only an earlier sweep was copied, and ends when its time is over', async () => {
    writeFileSync(path.join(out, 'done'), '');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const begun = performance.now();
    await handOver(given({ holdMs: 400 }), () => EXIT.ok);
    expect(performance.now() - begun).toBeGreaterThan(390);
  });

  it('ends with a stop', async () => {
    const stop = new AbortController();
    const handed = handOver(given({ holdMs: LONG_MS, stop: stop.signal }), () => EXIT.ok);
    stop.abort();
    expect(await handed).toBe(EXIT.ok);
  });

  it('tells what ended the sweep before the summary, and keeps its exit code', async () => {
    const fail = (): never => {
      throw new RunError('2 of 3 agents are missing');
    };
    expect(await handOver(given({ holdMs: 0 }), fail)).toBe(EXIT.runFailed);
    expect(printed.indexOf('2 of 3 agents are missing')).toBeGreaterThanOrEqual(0);
    expect(printed.indexOf('2 of 3')).toBeLessThan(printed.indexOf('{"'));
  });

  it('takes times alone', () => {
    expect(readHold('10m')).toBe(600_000);
    expect(readHold('0s')).toBe(0);
    expect(readHold(undefined)).toBeNull();
    for (const bad of ['10', 'soon', '-1s', '25h'])
      expect(() => readHold(bad)).toThrow(ConfigurationError);
  });
});
