import { describe, expect, test } from 'vitest';
import { RunError } from '../base/errors.js';
import type { FaultSettings } from '../contract/faults.js';
import type { Plan } from '../contract/plan.js';
import type { RunResult } from '../contract/run-result.js';
import {
  makePlan,
  makeResult,
  measurement,
  rememberingProgress,
} from '../testing/sweep-fixtures.js';
import type { OpenRunFaults } from './faults/fault-room.js';
import { executeSweep } from './execute.js';
import type { RunWorkload, SweepExecution } from './execute.js';

interface Stage {
  readonly execution: SweepExecution;
  readonly saved: RunResult[];
  /** What happened, in order. */
  readonly events: string[];
  readonly controller: AbortController;
  readonly lines: string[];
}

function stage(plan: Plan, change: Partial<SweepExecution> = {}): Stage {
  const saved: RunResult[] = [];
  const events: string[] = [];
  const controller = new AbortController();
  const progress = rememberingProgress();
  const execution: SweepExecution = {
    plan,
    todo: plan.runs,
    target: { kind: 'external', bootstrap: ['h:1'], outage: () => Promise.resolve(null) },
    topics: {
      prepare: (run) => {
        events.push(`make ${run}`);
        return Promise.resolve(`topic-${run}`);
      },
      release: (name) => {
        events.push(`delete ${name}`);
        return Promise.resolve(null);
      },
    },
    saveRun: (result) => {
      events.push(`save ${result.run} ${result.status}`);
      saved.push(result);
      return Promise.resolve();
    },
    runWorkload: (spec) => {
      events.push(`run ${spec.run} on ${spec.topicName}`);
      return Promise.resolve(makeResult(spec));
    },
    progress,
    stop: controller.signal,
    ...change,
  };
  return { execution, saved, events, controller, lines: progress.lines };
}

/** A workload that ends only when it is asked to, as the real one does on Ctrl-C. */
const untilStopped =
  (begun: () => void): RunWorkload =>
  (spec, { signal }) =>
    new Promise((resolve) => {
      signal!.addEventListener('abort', () => resolve(makeResult(spec, { status: 'stopped' })));
      begun();
    });

describe('a sweep', () => {
  test('makes the runs in the order of the plan: topic, workload, save, delete', async () => {
    const { execution, events } = stage(makePlan(2, 1));
    expect(await executeSweep(execution)).toEqual({
      completed: 2,
      failed: 0,
      stopped: false,
      error: null,
      gate: null,
    });
    expect(events).toEqual([
      'make 0001',
      'run 0001 on topic-0001',
      'save 0001 completed',
      'delete topic-0001',
      'make 0002',
      'run 0002 on topic-0002',
      'save 0002 completed',
      'delete topic-0002',
    ]);
  });

  test('hands the workload everything of its run', async () => {
    const plan = makePlan(1, 1);
    const { execution } = stage(plan, {
      runWorkload: (spec) => {
        expect(spec).toEqual({
          ...plan.runs[0],
          bootstrap: ['h:1'],
          topicName: 'topic-0001',
          settings: plan.points[0].settings,
          transactionalIdPrefix: expect.stringMatching(/^kbench-[0-9a-f]{8}-0001$/) as string,
          embeddedTarget: false,
        });
        return Promise.resolve(makeResult(spec));
      },
    });
    await executeSweep(execution);
  });

  test('records a failed run with its reason and remedy, and goes on', async () => {
    const { execution, saved, events } = stage(makePlan(3, 1), {
      runWorkload: (spec) =>
        spec.run === '0002'
          ? Promise.reject(new RunError('the broker went away', 'start it'))
          : Promise.resolve(makeResult(spec)),
    });
    expect(await executeSweep(execution)).toEqual({
      completed: 2,
      failed: 1,
      stopped: false,
      error: null,
      gate: null,
    });
    expect(saved.map(({ status }) => status)).toEqual(['completed', 'failed', 'completed']);
    expect(saved[1]).toMatchObject({
      run: '0002',
      topic: 'topic-0002',
      failure: { message: 'the broker went away', remedy: 'start it' },
      measurement: null,
    });
    expect(events).toContain('delete topic-0002');
  });

  test('records a refused topic as the failure of its run, and goes on', async () => {
    const made = stage(makePlan(2, 1));
    const { topics } = made.execution;
    const refusing: SweepExecution = {
      ...made.execution,
      topics: {
        ...topics,
        prepare: (run, settings) =>
          run === '0001'
            ? Promise.reject(new RunError('refused: INVALID_REPLICATION_FACTOR'))
            : topics.prepare(run, settings),
      },
    };
    expect(await executeSweep(refusing)).toMatchObject({ completed: 1, failed: 1 });
    expect(made.saved[0]).toMatchObject({
      status: 'failed',
      failure: { message: 'refused: INVALID_REPLICATION_FACTOR' },
    });
  });

  test('ends early when three runs in a row fail and the target does not answer', async () => {
    const { execution, saved } = stage(makePlan(5, 1), {
      target: {
        kind: 'external',
        bootstrap: ['h:1'],
        outage: () => Promise.resolve('  h:1: connection refused'),
      },
      runWorkload: () => Promise.reject(new Error('disconnected')),
    });
    const { error, failed } = await executeSweep(execution);
    expect(failed).toBe(3);
    expect(saved).toHaveLength(3);
    expect(error?.message).toContain('h:1: connection refused');
  });

  test('does not end early while the target answers, or a run between arrived', async () => {
    const alive = stage(makePlan(5, 1), {
      runWorkload: () => Promise.reject(new Error('timed out')),
    });
    expect(await executeSweep(alive.execution)).toMatchObject({ failed: 5, error: null });

    const flapping = stage(makePlan(6, 1), {
      target: { kind: 'external', bootstrap: ['h:1'], outage: () => Promise.resolve('gone') },
      runWorkload: (spec) =>
        Promise.resolve(
          makeResult(spec, { measurement: spec.run === '0003' ? measurement() : measurement(0) }),
        ),
    });
    const outcome = await executeSweep(flapping.execution);
    // Those in which nothing was acknowledged are failed ones, whatever the workload calls them.
    expect(outcome).toMatchObject({ completed: 1, failed: 5 });
    expect(flapping.saved[0].failure?.message).toContain('no record was sent');
    expect(outcome.error?.message).toContain('the target is gone');
  });

  test('ends with the figures in the message when a run cannot be saved', async () => {
    const { execution, events } = stage(makePlan(3, 1), {
      saveRun: () =>
        Promise.reject(
          new RunError('cannot write runs/0001.json: the disk is full', 'free some space'),
        ),
    });
    const { error } = await executeSweep(execution);
    expect(error?.message).toContain('412,345 records/s');
    expect(error?.message).toContain('the disk is full');
    expect(error?.remedy).toBe('free some space');
    expect(events).toEqual(['make 0001', 'run 0001 on topic-0001', 'delete topic-0001']);
  });

  test('warns of a topic that could not be deleted and goes on', async () => {
    const made = stage(makePlan(2, 1));
    const topics = { ...made.execution.topics, release: () => Promise.resolve('not authorised') };
    expect(await executeSweep({ ...made.execution, topics })).toMatchObject({ completed: 2 });
    expect(made.lines[0]).toContain('topic topic-0001 could not be deleted yet: not authorised');
  });
});

describe('a run with faults', () => {
  const KILL: FaultSettings = {
    ...{ kind: 'kill', atMs: 1, target: { kind: 'broker', id: 1 }, restartAfterMs: null },
  };
  const faulty = (plan: Plan): Plan => ({
    ...plan,
    points: plan.points.map((point) => ({
      ...point,
      settings: { ...point.settings, faults: [KILL] },
    })),
  });
  /** Its time line plays as told; `whole` is what becomes of the cluster. */
  const opener = (
    events: string[],
    failure: string | null,
    whole: () => Promise<void> = () => Promise.resolve(),
  ): OpenRunFaults => {
    const timeLine = {
      start: () => undefined,
      useMembers: () => undefined,
      events: () => [],
      end: () => Promise.resolve(),
      heal: () => Promise.resolve(void events.push('heal')),
      failure,
    };
    return () => Promise.resolve({ timeLine, makeWhole: () => (events.push('whole'), whole()) });
  };

  test('is healed before it is saved, and the cluster is whole before its topic goes', async () => {
    const made = stage(faulty(makePlan(1, 1)));
    const openFaults = opener(made.events, null);
    const outcome = await executeSweep({ ...made.execution, openFaults });
    expect([outcome.completed, outcome.error]).toEqual([1, null]);
    const order = ['heal', 'save 0001 completed', 'whole', 'delete topic-0001'];
    expect(made.events.filter((each) => order.includes(each))).toEqual(order);
  });

  test('failed where a fault could not be done, with what was measured', async () => {
    const made = stage(faulty(makePlan(1, 1)));
    const openFaults = opener(made.events, 'kill broker 1 at 1ms could not be done: no');
    expect((await executeSweep({ ...made.execution, openFaults })).failed).toBe(1);
    expect(made.saved[0]).toMatchObject({
      status: 'failed',
      failure: { message: 'kill broker 1 at 1ms could not be done: no' },
    });
    expect(made.saved[0].measurement).not.toBeNull();
  });

  test('ends the sweep where the cluster does not come back, all saved', async () => {
    const made = stage(faulty(makePlan(1, 3)));
    const gone = () => Promise.reject(new RunError('the cluster did not come back'));
    const openFaults = opener(made.events, null, gone);
    const outcome = await executeSweep({ ...made.execution, openFaults });
    expect(outcome).toMatchObject({ completed: 1, stopped: false });
    expect(outcome.error?.message).toBe('the cluster did not come back');
    expect(made.saved).toHaveLength(1);
  });

  test('is healed where its workload throws', async () => {
    const made = stage(faulty(makePlan(1, 1)));
    const openFaults = opener(made.events, null);
    const runWorkload = () => Promise.reject(new Error('no threads'));
    await executeSweep({ ...made.execution, openFaults, runWorkload });
    expect(made.events).toContain('heal');
    expect(made.saved[0].failure?.message).toBe('no threads');
  });
});

describe('the canary', () => {
  const canary = { version: 1, cpuMs: 40, sinkRecordsPerSecond: 6e6 };

  test('is measured with the topic there, before each workload, saved with the run', async () => {
    const made = stage(makePlan(2, 1));
    const measureCanary = () => {
      made.events.push('canary');
      return Promise.resolve(canary);
    };
    await executeSweep({ ...made.execution, measureCanary });
    expect(made.events.slice(0, 3)).toEqual(['make 0001', 'canary', 'run 0001 on topic-0001']);
    expect(made.saved.map((run) => run.canary)).toEqual([canary, canary]);
  });

  test('is null where it is left out or failed', async () => {
    const without = stage(makePlan(1, 1));
    await executeSweep(without.execution);
    const failed = stage(makePlan(1, 1), { measureCanary: () => Promise.resolve(null) });
    expect(await executeSweep(failed.execution)).toMatchObject({ completed: 1, failed: 0 });
    expect([without.saved[0].canary, failed.saved[0].canary]).toEqual([null, null]);
  });
});

describe('Ctrl-C', () => {
  test('ends the run under way, saves it as stopped, deletes its topic, ends', async () => {
    const made = stage(makePlan(3, 1), {
      runWorkload: untilStopped(() => made.controller.abort()),
    });
    expect(await executeSweep(made.execution)).toEqual({
      completed: 0,
      failed: 0,
      stopped: true,
      error: null,
      gate: null,
    });
    expect(made.events).toEqual(['make 0001', 'save 0001 stopped', 'delete topic-0001']);
  });

  test('while a topic is made deletes the topic and records nothing', async () => {
    const made = stage(makePlan(3, 1));
    const { prepare } = made.execution.topics;
    const topics = {
      ...made.execution.topics,
      prepare: (...args: Parameters<typeof prepare>) => {
        made.controller.abort();
        return prepare(...args);
      },
    };
    expect(await executeSweep({ ...made.execution, topics })).toMatchObject({ stopped: true });
    expect(made.events).toEqual(['make 0001', 'delete topic-0001']);
  });

  test('turns what a workload throws while stopped into a stopped, not a failed run', async () => {
    const made = stage(makePlan(2, 1), {
      runWorkload: () => {
        made.controller.abort();
        return Promise.reject(new Error('aborted'));
      },
    });
    expect(await executeSweep(made.execution)).toMatchObject({ stopped: true, failed: 0 });
    expect(made.saved).toMatchObject([{ status: 'stopped', failure: null, measurement: null }]);
  });

  test('does not wait for ever for a run that does not end', async () => {
    const made = stage(makePlan(2, 1), {
      stopGraceMs: 20,
      runWorkload: () => {
        made.controller.abort();
        return new Promise(() => undefined);
      },
    });
    expect(await executeSweep(made.execution)).toMatchObject({ stopped: true });
    expect(made.saved).toMatchObject([{ status: 'stopped', measurement: null }]);
    expect(made.lines.join()).toContain('did not end within');
  });
});
