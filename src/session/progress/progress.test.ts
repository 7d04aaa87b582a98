import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makePlan, makeResult, measurement } from '../../testing/sweep-fixtures.js';
import { openProgress } from './progress.js';
import { endedLine, liveLines, outcomeText, timeLeftText } from './progress-text.js';
import type { RunPosition } from './progress-text.js';
import { TimeLeft } from './time-left.js';

const plan = makePlan(2, 2);
const at = (index: number): RunPosition => ({
  run: plan.runs[index],
  point: plan.points.find(({ id }) => id === plan.runs[index].point)!,
  index: index + 1,
  total: plan.runs.length,
  repeats: plan.repeats,
});

const news = {
  phase: 'measuring',
  sent: 1000,
  acked: 900,
  failed: 0,
  recordsPerSecond: 412_345.6,
  p99Ms: 8.123,
  fraction: 0.5,
  elapsedMs: 5000,
} as const;

/** What was written, and a clock that the test moves. */
async function open(options: { quiet?: boolean; living?: boolean }) {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (bytes: Buffer) => (text += bytes.toString()));
  const clock = { ms: 0 };
  const progress = await openProgress({
    todo: plan.runs,
    quiet: options.quiet ?? false,
    living: options.living ?? false,
    stream,
    now: () => clock.ms,
  });
  return { progress, clock, text: () => text };
}

describe('a line for a run that ended', () => {
  test('names point, settings, repeat, figures and time left', () => {
    expect(endedLine(at(1), makeResult(plan.runs[1]), 200_000)).toBe(
      'run 2/4 p02 repeat 1/2 batch.size=32 KiB: 412,345 records/s, p99 3.21 ms; about 3 min left',
    );
  });

  test('knows no repeats for a run beyond the plan, no time left if more may come', async () => {
    const extra = { ...at(1), run: { ...plan.runs[1], repeat: 5 } };
    expect(endedLine(extra, makeResult(extra.run), null)).toMatch(/^run 2\/4 p02 repeat 5 batch/);
    const { progress, text } = await open({});
    for (const index of [0, 1]) {
      progress.runStarted(at(index));
      progress.runEnded(makeResult(plan.runs[index]));
      progress.runsAdded();
    }
    const [first, second] = text().split('\n');
    expect(first).toContain('left');
    expect(second).not.toContain('left');
  });

  test('tells a failure’s reason, harmless for a terminal', () => {
    const failure = { message: 'refused\u001b[2J by\nthe broker' };
    const line = outcomeText(
      makeResult(plan.runs[0], { status: 'failed', failure, measurement: null }),
    );
    expect(line).toBe('FAILED: refused by the broker');
  });

  test('tells invalid and stopped runs as such', () => {
    const invalid = measurement();
    invalid.verdict = {
      valid: false,
      reasons: [
        { code: 'event-loop-lag', severity: 'invalid', message: '' },
        { code: 'gc-pause', severity: 'warning', message: '' },
      ],
    };
    const run = plan.runs[0];
    expect(outcomeText(makeResult(run, { measurement: invalid }))).toContain(
      'not valid (event-loop-lag)',
    );
    expect(outcomeText(makeResult(run, { status: 'stopped' }))).toMatch(/^stopped early, 412,345/);
    expect(outcomeText(makeResult(run, { status: 'stopped', measurement: null }))).toBe(
      'stopped early, nothing measured',
    );
  });
});

describe('where there is no terminal', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('there is one plain line a run, and one every 30 s of a long one', async () => {
    const { progress, clock, text } = await open({});
    progress.runStarted(at(0));
    progress.runProgress(news);
    vi.advanceTimersByTime(29_000);
    expect(text()).toBe('');
    vi.advanceTimersByTime(31_000);
    expect(text().split('\n').slice(0, -1)).toEqual(
      Array(2).fill('run 1/4 p01 repeat 1/2: 50 % measuring  412,346 records/s  p99 8.12 ms'),
    );
    clock.ms = 60_000;
    progress.runEnded(makeResult(plan.runs[0]));
    progress.close();
    const lines = text().split('\n');
    expect(lines[2]).toMatch(/^run 1\/4 p01 .*412,345 records\/s.*about 3 min left$/);
    vi.advanceTimersByTime(120_000);
    expect(text().split('\n')).toHaveLength(4);
    // Nothing that moves a cursor.
    expect(text()).not.toContain('\u001b');
  });

  test('quiet says nothing but warnings', async () => {
    const { progress, text } = await open({ quiet: true });
    progress.runStarted(at(0));
    progress.note('a note');
    progress.runEnded(makeResult(plan.runs[0]));
    progress.warn('a warning');
    progress.close();
    expect(text()).toBe('a warning\n');
  });

  test('a terminal is redrawn at most 4 times a second, however much news there is', async () => {
    const { progress, text } = await open({ living: true });
    progress.runStarted(at(0));
    for (let i = 0; i < 1000; i++) {
      progress.runProgress({ ...news, recordsPerSecond: 1000 + i });
      vi.advanceTimersByTime(1);
    }
    expect(text().match(/records\/s/g)).toHaveLength(4);
    progress.runEnded(
      makeResult(plan.runs[0], {
        status: 'failed',
        failure: { message: 'why' },
        measurement: null,
      }),
    );
    progress.close();
    expect(text()).toContain('FAILED: why');
  });
});

test('the living lines never reach the width of the terminal', () => {
  for (const width of [200, 80, 40, 20]) {
    const lines = liveLines(at(2), 'measuring', news, 60_000, width).split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line.length).toBeLessThan(width);
  }
  expect(liveLines(at(2), 'measuring', news, 60_000, 200)).toBe(
    'run 3/4 p01 repeat 2/2  batch.size=16 KiB\n' +
      '███████████████░░░░░░░░░  measuring  412,346 records/s  p99 8.12 ms  about 60 s left',
  );
});

describe('the time left', () => {
  test('is unknown until something is known', () => {
    const left = new TimeLeft(plan.runs);
    left.started('p01');
    const at = (elapsedMs: number, fraction: number | null) =>
      left.estimate({ point: 'p01', elapsedMs, workload: { fraction, elapsedMs } });
    expect(left.estimate({ point: 'p01', elapsedMs: 10, workload: null })).toBeNull();
    expect(at(10, null)).toBeNull();
    expect(at(10, 0.01)).toBeNull();
    expect(at(1000, 0.5)).toBe(1000 + 3 * 2000);
  });

  test('grows with the workload alone, not with what stood before it', () => {
    const left = new TimeLeft(plan.runs.slice(0, 1));
    left.started('p01');
    const workload = { fraction: 0.25, elapsedMs: 1000 };
    expect(left.estimate({ point: 'p01', elapsedMs: 61_000, workload })).toBe(3000);
  });

  test('is still unknown after a failed run, whose own time says nothing', () => {
    const left = new TimeLeft(plan.runs);
    left.started('p01');
    left.ended({ point: 'p01', status: 'failed' }, 20);
    expect(left.estimate(null)).toBeNull();
    left.started('p02');
    left.ended({ point: 'p02', status: 'completed' }, 4000);
    expect(left.estimate(null)).toBe(2 * 4000);
  });

  test('of a resumed sweep is told from the runs that were made before', () => {
    const [made] = plan.runs;
    const startedAt = new Date(0).toISOString();
    const endedAt = new Date(9000).toISOString();
    const left = new TimeLeft(plan.runs.slice(1), [makeResult(made, { startedAt, endedAt })]);
    expect(left.estimate(null)).toBe(3 * 10_000);
    const failed = makeResult(made, { startedAt, endedAt, status: 'failed', measurement: null });
    expect(new TimeLeft(plan.runs.slice(1), [failed]).estimate(null)).toBeNull();
  });

  test('takes each point’s own runs where there are some, else all', () => {
    const left = new TimeLeft(plan.runs);
    left.started('p01');
    left.ended({ point: 'p01', status: 'completed' }, 1000);
    expect(left.estimate(null)).toBe(3000);
    left.started('p02');
    expect(left.estimate({ point: 'p02', elapsedMs: 400, workload: null })).toBe(600 + 2000);
    left.ended({ point: 'p02', status: 'completed' }, 9000);
    expect(left.estimate(null)).toBe(10_000);
  });

  test('is told coarsely', () => {
    expect([null, 3000, 42_000, 200_000, 7_200_000].map(timeLeftText)).toEqual([
      '',
      'a few seconds left',
      'about 40 s left',
      'about 3 min left',
      'about 2.0 h left',
    ]);
  });
});
