import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import type { Plan, PlannedRun } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import type { Threshold } from '../../contract/threshold.js';
import {
  makePlan,
  makeResult,
  measurement,
  rememberingProgress,
} from '../../testing/sweep-fixtures.js';
import { makePlannedRuns, type Session } from './make-runs.js';

const SEED = 7;

interface Stage {
  readonly session: Session;
  readonly plans: Plan[];
  readonly results: RunResult[];
  readonly lines: string[];
  readonly controller: AbortController;
}

/** Runs that come to `rate` records a second; null is an invalid run. */
function stage(
  plan: Plan,
  rate: (run: PlannedRun) => number | null,
  change: Partial<Session> = {},
  tookMs: () => number = () => 0,
): Stage {
  const plans: Plan[] = [];
  const results: RunResult[] = [];
  const controller = new AbortController();
  const progress = rememberingProgress();
  const session: Session = {
    ...{ plan, todo: plan.runs, made: [], request: null, progress },
    store: {
      savePlan: (saved) => Promise.resolve(void plans.push(saved)),
      saveRun: (result) => Promise.resolve(void results.push(result)),
    },
    clusters: {
      room: () =>
        Promise.resolve({
          target: { kind: 'external', bootstrap: ['h:1'], outage: () => Promise.resolve(null) },
          topics: { prepare: (run) => Promise.resolve(run), release: () => Promise.resolve(null) },
        }),
    },
    common: {
      runWorkload: async (spec) => {
        await new Promise((resolve) => setTimeout(resolve, tookMs()));
        const value = rate(spec);
        const made = measurement();
        return makeResult(spec, {
          measurement: {
            ...made,
            throughput: { ...made.throughput, recordsPerSecond: value ?? 0 },
            verdict: { valid: value !== null, reasons: [] },
          },
        });
      },
      progress,
      stop: controller.signal,
    },
    ...change,
  };
  return { session, plans, results, lines: progress.lines, controller };
}

const request = (budgetMs = 60_000) => ({
  precision: { target: 0.02, metrics: ['throughput.recordsPerSecond'] },
  ...{ budgetMs, plannedMs: 1000 },
});

function gate(change: Partial<Threshold> = {}): Threshold {
  return {
    ...{
      text: 'throughput.recordsPerSecond > 100',
      metric: 'throughput.recordsPerSecond',
      operator: '>',
      bound: 100,
    },
    ...{ where: {}, abortOnFail: true, delayAbortEvalRuns: 0, ...change },
  };
}

const made = (results: readonly RunResult[]) => results.map(({ run }) => run).join(' ');

describe('a gate with abortOnFail', () => {
  it('ends the sweep at the first point that fails it; the rest is left for --resume', async () => {
    const plan = { ...makePlan(3, 2), thresholds: [gate()] };
    const { session, results } = stage(plan, ({ point }) => (point === 'p02' ? 50 : 200));
    const { outcome } = await makePlannedRuns(session);
    expect(made(results)).toBe('0001 0002');
    expect(outcome).toMatchObject({
      ...{ completed: 2, stopped: false, error: null },
      gate: {
        point: 'p02',
        gate: 'throughput.recordsPerSecond > 100',
        text: '50.0/s, 50 % below 100/s, after 1 valid run',
      },
    });
  });

  it('is looked at only after as many valid runs of the point as it says', async () => {
    const plan = { ...makePlan(2, 4), thresholds: [gate({ delayAbortEvalRuns: 2 })] };
    // p02: invalid, 50, 60: the second valid one is in block 3.
    const rates: Record<string, number | null> = { '0002': null, '0004': 50, '0006': 60 };
    const { session, results } = stage(plan, ({ run }) => (run in rates ? rates[run] : 200));
    expect((await makePlannedRuns(session)).outcome.gate).toMatchObject({
      point: 'p02',
      text: expect.stringContaining('after 2 valid runs') as string,
    });
    expect(made(results)).toBe('0001 0002 0003 0004 0005 0006');
  });

  it('does not end it for a run without figures, other points, or no abortOnFail', async () => {
    const only = (thresholds: Threshold[], rate: (run: PlannedRun) => number | null) =>
      makePlannedRuns(stage({ ...makePlan(2, 1), thresholds }, rate).session);
    expect((await only([gate()], () => null)).outcome.gate).toBeNull();
    expect((await only([gate({ abortOnFail: false })], () => 1)).outcome.gate).toBeNull();
    expect((await only([gate({ where: { 'batch.size': 1 } })], () => 1)).outcome.gate).toBeNull();
  });

  it('does not end a resumed sweep again, but a point that fails it only now does', async () => {
    const plan = { ...makePlan(3, 2), thresholds: [gate()] };
    const slow = stage(plan, ({ point }) => (point === 'p02' ? 50 : 200));
    await makePlannedRuns(slow.session);
    const rest = plan.runs.slice(2);
    const resumed = stage(plan, ({ point }) => (point === 'p02' ? 50 : 200), {
      todo: rest,
      made: slow.results,
    });
    expect((await makePlannedRuns(resumed.session)).outcome).toMatchObject({
      completed: 4,
      gate: null,
    });
    const worse = stage(plan, ({ point }) => (point === 'p01' ? 200 : 50), {
      todo: rest,
      made: slow.results,
    });
    expect((await makePlannedRuns(worse.session)).outcome.gate).toMatchObject({ point: 'p03' });
  });
});

describe('--until-precise', () => {
  it('adds seeded blocks over imprecise points, each in the plan before it is made', async () => {
    const plan = makePlan(3, 2);
    const seen: number[] = [];
    const { session, plans, results } = stage(plan, ({ run }) => 1000 + (Number(run) % 2), {
      request: request(),
    });
    const execute = session.common.runWorkload;
    const watched: Session = {
      ...session,
      common: {
        ...session.common,
        runWorkload: (spec, hooks) => {
          seen.push((plans.at(-1) ?? plan).runs.findIndex(({ run }) => run === spec.run));
          return execute(spec, hooks);
        },
      },
    };
    const { outcome, total } = await makePlannedRuns(watched);
    expect(outcome).toMatchObject({ completed: 21, failed: 0, gate: null, error: null });
    expect(total).toBe(21);
    expect(seen).not.toContain(-1);
    const grown = plans.at(-1)!;
    expect(grown.repeats).toBe(2);
    expect(grown.runs.slice(0, 6)).toEqual(plan.runs);
    expect(grown.runs.map(({ run }) => run)).toEqual(results.map(({ run }) => run));
    expect(new Set(grown.runs.map(({ seed }) => seed)).size).toBe(21);
    // Five more blocks, numbered on, each with every point once, and not all in the same order.
    const blocks = [3, 4, 5, 6, 7].map((block) => grown.runs.filter((run) => run.block === block));
    for (const block of blocks) {
      expect(block.map(({ point }) => point).sort()).toEqual(['p01', 'p02', 'p03']);
      expect(new Set(block.map(({ repeat }) => repeat)).size).toBe(1);
    }
    expect(
      new Set(blocks.map((block) => block.map(({ point }) => point).join())).size,
    ).toBeGreaterThan(1);
    const again = stage(plan, ({ run }) => 1000 + (Number(run) % 2), { request: request() });
    await makePlannedRuns(again.session);
    expect(again.plans.at(-1)!.runs).toEqual(grown.runs);
  });

  it('goes on with the noisy points only, and ends by itself', async () => {
    const random = xoroshiro128plus(SEED);
    const noise = () => ((random.next() >>> 0) / 2 ** 32 - 0.5) * 200;
    const { session, results } = stage(
      makePlan(2, 3),
      ({ point }) => (point === 'p01' ? 1000 : 1000 + noise()),
      {
        request: request(),
      },
    );
    const { outcome } = await makePlannedRuns(session);
    expect(outcome).toMatchObject({ error: null, gate: null, failed: 0 });
    const runs = (id: string) => results.filter(({ point }) => point === id).length;
    expect(runs('p01')).toBe(7);
    expect(runs('p02'), `seed ${SEED}`).toBeGreaterThan(12);
    expect(runs('p02')).toBeLessThanOrEqual(200);
  });

  it('gives up a point that gives no valid runs, and goes on with the others', async () => {
    const { session, results, lines } = stage(
      makePlan(2, 2),
      ({ point }) => (point === 'p01' ? null : 1000),
      {
        request: request(),
      },
    );
    await makePlannedRuns(session);
    expect(results.filter(({ point }) => point === 'p01')).toHaveLength(3);
    expect(results.filter(({ point }) => point === 'p02')).toHaveLength(7);
    expect(lines.join('\n')).toContain('given up, as their last 3 runs gave no valid figures: p01');
  });

  it('ends when the time is used up: what was not made leaves the plan again', async () => {
    let took = 0;
    const { session, plans, results, lines } = stage(
      makePlan(2, 1),
      ({ run }) => 1000 + 300 * (Number(run) % 5),
      { request: request(400) },
      () => (took++ < 4 ? 20 : 150),
    );
    const { outcome, total } = await makePlannedRuns(session);
    expect(outcome).toMatchObject({ stopped: false, error: null, gate: null });
    expect(lines.join('\n')).toContain('the time budget is used up before these were settled: p0');
    // A busy machine may use it up within the plan.
    const { runs } = plans.at(-1) ?? session.plan;
    expect(runs.map(({ run }) => run)).toEqual(results.map(({ run }) => run));
    expect(total).toBe(results.length);
    expect(results.length).toBeLessThan(14);
  });

  it('makes the whole plan even where the budget is shorter', async () => {
    const { session, results, plans } = stage(makePlan(2, 3), () => 1000, {
      request: request(0.001),
    });
    expect((await makePlannedRuns(session)).outcome.completed).toBe(6);
    expect([results.length, plans.length]).toEqual([6, 0]);
  });

  it('stops on Ctrl-C with the block in the plan, so that --resume ends it', async () => {
    const made: Stage = stage(
      makePlan(3, 1),
      ({ run }) => {
        if (run === '0005') made.controller.abort();
        return 1000;
      },
      { request: request() },
    );
    const { outcome, total } = await makePlannedRuns(made.session);
    expect(outcome.stopped).toBe(true);
    expect(made.plans.at(-1)!.runs).toHaveLength(6);
    expect([made.results.length, total]).toEqual([5, 6]);
  });

  it('goes on where an earlier session ended', async () => {
    const plan = makePlan(1, 5);
    const before = plan.runs.map((run) => makeResult(run));
    const { session, results } = stage(plan, () => 412_345, {
      request: request(),
      todo: [],
      made: before,
    });
    await makePlannedRuns(session);
    expect(results.map(({ run, block, repeat }) => [run, block, repeat])).toEqual([
      ['0006', 6, 6],
      ['0007', 7, 7],
    ]);
  });
});
