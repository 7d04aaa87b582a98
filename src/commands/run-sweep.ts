// The course of `kbench run`: plan, open the target, make the runs, close, report. Called by commands/run; everything it needs is put
// together here, so that the parts know only what they are given.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { EXIT, RunError } from '../base/errors.js';
import type { ExitCode } from '../base/errors.js';
import type { Environment } from '../contract/environment.js';
import type { PlannedRun } from '../contract/plan.js';
import { plural, printable } from '../report/format.js';
import { environmentChanges, readEnvironment } from '../sweep/environment.js';
import { executeSweep } from '../sweep/execute.js';
import type { SweepOutcome } from '../sweep/execute.js';
import { lockFolder } from '../sweep/folder-lock.js';
import { kafkaAdmin } from '../sweep/kafka-admin.js';
import { loadSweep } from '../sweep/load-sweep.js';
import type { LoadedSweep } from '../sweep/load-sweep.js';
import { openProgress } from '../sweep/progress.js';
import type { Progress } from '../sweep/progress.js';
import { resumeSweep } from '../sweep/resume.js';
import { FILES, ResultStore } from '../sweep/store.js';
import { within } from '../sweep/time-limit.js';
import { Topics } from '../sweep/topics.js';
import type { OwnTopic } from '../sweep/topics.js';
import { openTarget } from '../targets/target.js';
import type { Target } from '../targets/target.js';
import { runWorkload } from '../workloads/run-workload.js';
import { printResults } from './print-results.js';
import type { RunArguments } from './run.js';

/** A target that does not end is left to the end of the process. */
const CLOSE_TIMEOUT_MS = 15_000;

/** A sweep that is ready to go: planned, and what of it is to be done. */
interface Ready {
  readonly sweep: LoadedSweep;
  readonly todo: readonly PlannedRun[];
  /** Null until the target is open: a sweep that cannot start leaves no folder behind. */
  readonly store: ResultStore | null;
  readonly leftBehind: readonly OwnTopic[];
  readonly previous: Environment | null;
  readonly notes: readonly string[];
}

/** `stop` is the user's first Ctrl-C. Throws KbenchErrors; gives the exit code otherwise. */
export async function runSweep(args: RunArguments, stop: AbortSignal): Promise<ExitCode> {
  // What is missing is looked up only once nobody else can be making it.
  const resumable = args.resume !== undefined && existsSync(path.join(args.resume, FILES.plan));
  const leave = resumable ? await lockFolder(args.resume) : null;
  try {
    return await runPrepared(await prepare(args), args, stop);
  } finally {
    leave?.();
  }
}

async function runPrepared(ready: Ready, args: RunArguments, stop: AbortSignal): Promise<ExitCode> {
  const { sweep, todo } = ready;
  const progress = await openProgress({ todo, quiet: args.quiet || args.json });
  const onStop = () => progress.warn('stopping: the run under way is ended and saved (Ctrl-C again to end at once)');
  stop.addEventListener('abort', onStop, { once: true });
  try {
    for (const { message } of sweep.warnings) progress.note(`warning: ${printable(message)}`);
    for (const note of ready.notes) progress.note(printable(note));
    if (todo.length === 0) {
      progress.note('nothing is missing: all runs are made');
      await printResults(ready.store!.directory, args);
      return EXIT.ok;
    }
    progress.note(
      `${printable(sweep.name)}: ${plural(sweep.plan.points.length, 'point')} x ${plural(sweep.plan.repeats, 'repeat')}, ` +
        `${plural(todo.length, 'run')} to make`,
    );
    const made = await makeRuns(ready, args, progress, stop);
    progress.close();
    await printResults(made.store.directory, args);
    return conclude(made.outcome, made.store.directory, todo.length);
  } finally {
    progress.close();
    stop.removeEventListener('abort', onStop);
  }
}

async function prepare(args: RunArguments): Promise<Ready> {
  const overrides = args.set ?? [];
  if (args.resume === undefined) {
    const { bootstrap } = args;
    const sweep = loadSweep(args.file!, {
      overrides: [...overrides],
      ...(bootstrap === undefined ? {} : { bootstrap }),
    });
    return { sweep, todo: sweep.plan.runs, store: null, leftBehind: [], previous: null, notes: [] };
  }
  const resumed = await resumeSweep(
    { directory: args.resume, file: args.file, overrides, bootstrap: args.bootstrap },
    loadSweep,
  );
  return { ...resumed, previous: resumed.environment };
}

/** Opens the target, makes the runs, and leaves nothing behind: neither topics nor what was started. */
async function makeRuns(ready: Ready, args: RunArguments, progress: Progress, stop: AbortSignal) {
  const { sweep, todo } = ready;
  let leave: (() => void) | null = null;
  const target = await openTarget(sweep.target, { signal: stop, log: (line) => progress.note(printable(line)) });
  try {
    for (const note of target.notes) progress.note(printable(note));
    const environment = await readEnvironment(await target.describe());
    const store = ready.store ?? (await newStore(sweep, args));
    // A resumed folder is locked already.
    if (ready.store === null) leave = await lockFolder(store.directory);
    await saveEnvironment(store, environment, ready.previous, progress);
    const topics = new Topics({
      admin: kafkaAdmin(target.bootstrap, target.access),
      sweepName: sweep.name,
      sessionId: store.id,
      clusterId: environment.target.clusterId,
      save: (list) => store.saveTopics(list),
      leftBehind: ready.leftBehind,
    });
    if (ready.leftBehind.length > 0) await topics.releaseAll();
    const outcome = await executeSweep({
      plan: sweep.plan,
      todo,
      target,
      topics,
      saveRun: (result) => store.saveRun(result),
      runWorkload,
      progress,
      stop,
      modulesFrom: sweep.modulesFrom,
    });
    await cleanUp(topics, target, progress);
    return { store, outcome };
  } finally {
    leave?.();
    await within(CLOSE_TIMEOUT_MS, 'closing the target', target.close()).catch((error: unknown) =>
      progress.warn(error instanceof Error ? error.message : String(error)),
    );
  }
}

async function newStore(sweep: LoadedSweep, args: RunArguments): Promise<ResultStore> {
  const store = await ResultStore.create(args.out, sweep.name);
  await store.saveSweep(sweep.source);
  await store.saveInvocation(sweep);
  await store.savePlan(sweep.plan);
  return store;
}

/** A resumed sweep keeps its first environment; a second one stands beside it if anything that moves figures has changed. */
async function saveEnvironment(store: ResultStore, now: Environment, before: Environment | null, progress: Progress) {
  if (before === null) return store.saveEnvironment(now);
  const changes = environmentChanges(before, now);
  if (changes.length === 0) return;
  await store.saveEnvironment(now, FILES.environment.replace('.json', `-${store.id}.json`));
  for (const change of changes) progress.warn(`resumed elsewhere: ${printable(change)}; the runs may not compare`);
}

async function cleanUp(topics: Topics, target: Target, progress: Progress): Promise<void> {
  try {
    if (target.kind !== 'external') {
      await topics.forgetAll();
      return;
    }
    const remaining = await topics.releaseAll();
    if (remaining.length === 0) return;
    progress.warn(
      `${plural(remaining.length, 'topic')} could not be deleted; --resume tries again, or delete by hand:`,
    );
    for (const topic of remaining) progress.warn(`  ${printable(topic)}`);
  } catch (error) {
    // The list cannot be saved: the sweep's own error, if that is why, says so.
    if (!(error instanceof RunError)) throw error;
    progress.warn(printable(error.message));
  }
}

function conclude(outcome: SweepOutcome, directory: string, total: number): ExitCode {
  const { completed, failed, stopped, error } = outcome;
  const goOn = `go on with: kbench run --resume ${directory}`;
  if (stopped) {
    process.stderr.write(`stopped: ${completed + failed} of ${plural(total, 'run')} made; ${goOn}\n`);
    return EXIT.stopped;
  }
  if (error !== null) throw new RunError(error.message, [error.remedy, goOn].filter(Boolean).join('; then '));
  if (failed === 0) return EXIT.ok;
  process.stderr.write(`${failed} of ${plural(total, 'run')} could not be made; to make them again, ${goOn}\n`);
  return EXIT.runFailed;
}
