// The course of `kbench run`: load, plan, announce, make, report. Called by commands/run;
// everything it needs is put together here, so that the parts know only what they are given.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { RunError } from '../../base/errors.js';
import type { ExitCode } from '../../base/errors.js';
import { bounded } from '../../base/time-limit.js';
import type { Environment } from '../../contract/environment.js';
import type { Plan, PlannedRun } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import type { TargetSettings } from '../../contract/settings.js';
import { percent, plural, printable } from '../../report/text/format.js';
import { environmentChanges, readEnvironment } from '../../session/folder/environment.js';
import { STOP_GRACE_MS, type SweepOutcome } from '../../session/execute.js';
import { faultRoom } from '../../session/faults/fault-room.js';
import { hasNetworkFaults } from '../../contract/faults.js';
import { lockFolder } from '../../session/folder/folder-lock.js';
import { kafkaAdmin } from '../../session/topics/kafka-admin.js';
import { loadSweep } from '../../plan/load-sweep.js';
import type { LoadedSweep } from '../../plan/load-sweep.js';
import { sweepAsOverride } from '../../plan/yaml/overrides.js';
import { openMachineCanary, type MachineCanary } from '../../session/machine-canary.js';
import { newPlanId } from '../../plan/points/names.js';
import { STOP_LIMIT_MS, type Interrupt } from '../../session/interrupt.js';
import { openProgress } from '../../session/progress/progress.js';
import type { Progress } from '../../session/progress/progress.js';
import { roughDuration } from '../../plan/text/rough-duration.js';
import { resumeSweep } from '../../session/folder/resume.js';
import { FILES, ResultStore } from '../../session/folder/store.js';
import { environmentTarget } from '../../plan/target/target-identity.js';
import { Topics } from '../../session/topics/topics.js';
import type { OwnTopic } from '../../session/topics/topics.js';
import { javaMember } from '../../targets/kafka/java-member.js';
import { DEFAULT_KAFKA_VERSION } from '../../targets/kafka/kafka-cluster.js';
import { cleanUpDeadRuns } from '../../targets/kafka/processes/clean-up.js';
import type { Coordinator } from '../../agents/coordinator.js';
import { refuseTarget } from '../../targets/check-target.js';
import { openTarget } from '../../targets/target.js';
import type { Target } from '../../targets/target.js';
import { makers, openAgents, readAgents, type AskedAgents } from './agents/agent-options.js';
import { conclude } from './conclude.js';
import { handOver, readHold } from './hand-over.js';
import { deleteLeftTopics } from './left-topics.js';
import { makePlannedRuns } from './make-runs.js';
import {
  CLOSE_TIMEOUT_MS,
  firstBlock,
  OpenClusters,
  STOPPED_CLOSE_MS,
  type OpenRoom,
} from './open-clusters.js';
import { precisionRequest, type PrecisionRequest } from './precise-options.js';
import { printResults } from './print-results.js';
import type { RunArguments } from './run-arguments.js';
import { loadFromArguments, overridesOf } from '../options/sweep-options.js';

/** The machine's and the target's description. It asks git, which may sit on a slow disk. */
const DESCRIBE_TIMEOUT_MS = 10_000;
/** Of which existing topics may take this; the runs ask again, and say what is wrong. */
const TOPICS_TIMEOUT_MS = 5_000;
/** The canary's start has limits of its own; this is for what they do not know. */
const CANARY_TIMEOUT_MS = 60_000;

/** A sweep that is ready to go: planned, and what of it is to be done. */
interface Ready {
  readonly sweep: LoadedSweep;
  readonly todo: readonly PlannedRun[];
  /** Null until the target is open: a sweep that cannot start leaves no folder behind. */
  readonly store: ResultStore | null;
  readonly leftBehind: readonly OwnTopic[];
  readonly previous: Environment | null;
  /** Runs of earlier sessions that stay. */
  readonly made: readonly RunResult[];
  /** The saved plan is to be written anew, as its gates are others now. */
  readonly gatesChanged: boolean;
  readonly notes: readonly string[];
}

/**
 * The course: load, plan, announce, make (which opens and closes the target), report. Throws
 * KbenchErrors, StoppedError among them; gives the exit code otherwise.
 */
export async function runSweep(args: RunArguments, interrupt: Interrupt): Promise<ExitCode> {
  const holdMs = readHold(args.hold);
  cleanUpDeadRuns();
  const leave = await lockResumed(args.resume);
  try {
    const ready = await load(args, interrupt.signal);
    const manner = planManner(ready, args);
    if (!isMade(ready, manner)) await refuseTarget(ready.sweep.target, interrupt.signal);
    const screen = await announce(ready, manner, args, interrupt.signal);
    try {
      const made = await make(ready, args, manner, screen.progress, interrupt);
      screen.close();
      return await report(made, args, holdMs, interrupt.signal);
    } finally {
      screen.close();
    }
  } finally {
    leave?.();
  }
}

/** What is missing is looked up only once nobody else can be making it. */
async function lockResumed(directory: string | undefined): Promise<(() => void) | null> {
  if (directory === undefined) return null;
  const holdsResults = [FILES.plan, FILES.runs].some((name) =>
    existsSync(path.join(directory, name)),
  );
  return holdsResults ? await lockFolder(directory) : null;
}

/** How the runs are made, beyond what the plan says. */
interface Manner {
  readonly request: PrecisionRequest | null;
  readonly canary: boolean;
  readonly agents: AskedAgents | null;
}

/** Throws ConfigurationError. */
function planManner({ sweep }: Ready, args: RunArguments): Manner {
  const canary = sweep.canary && args.canary;
  const request = precisionRequest(args, sweep, canary);
  return { canary, request, agents: readAgents(args, sweep) };
}

/** Nothing is missing, and nothing more was asked for. */
const isMade = ({ todo }: Ready, { request }: Manner): boolean =>
  todo.length === 0 && request === null;

/**
 * Called once nothing can be refused as bad configuration any more: says what is about to be made,
 * and from then on how far it is and that a stop was heard.
 */
async function announce(
  { sweep, todo, made, notes }: Ready,
  { request }: Manner,
  args: RunArguments,
  stop: AbortSignal,
): Promise<{ readonly progress: Progress; close(): void }> {
  const progress = await openProgress({ todo, made, quiet: args.quiet || args.json });
  const [graceS, restS] = [STOP_GRACE_MS / 1000, STOP_LIMIT_MS / 1000];
  const onStop = () =>
    progress.warn(
      `stopping: the run under way ends and is saved within ${graceS} s, ` +
        `all else within ${restS} s (Ctrl-C again to end at once)`,
    );
  stop.addEventListener('abort', onStop, { once: true });
  for (const { message, remedy } of sweep.warnings) {
    progress.warn(
      `warning: ${printable(remedy === undefined ? message : `${message} -> ${remedy}`)}`,
    );
  }
  for (const note of notes) progress.note(printable(note));
  if (todo.length > 0 || request !== null) {
    progress.note(
      `${printable(sweep.name)}: ${plural(sweep.plan.points.length, 'point')} x ` +
        `${plural(sweep.plan.repeats, 'repeat')}, ` +
        `${plural(todo.length, 'run')} to make`,
    );
  }
  if (request !== null) tellPrecision(request, todo.length / sweep.plan.runs.length, progress);
  return {
    progress,
    close: () => {
      progress.close();
      stop.removeEventListener('abort', onStop);
    },
  };
}

/** What a session has made, and where it lies. */
interface Made {
  readonly store: ResultStore;
  readonly outcome: SweepOutcome;
  /** Runs that the session set out to make. */
  readonly total: number;
  readonly unsaved: readonly RunError[];
}

const NOTHING: SweepOutcome = { completed: 0, failed: 0, stopped: false, error: null, gate: null };

async function make(
  ready: Ready,
  args: RunArguments,
  manner: Manner,
  progress: Progress,
  interrupt: Interrupt,
): Promise<Made> {
  const { sweep, store } = ready;
  if (ready.gatesChanged) {
    await store!.savePlan(sweep.plan);
    await store!.saveSweep(sweep.source);
  }
  if (!isMade(ready, manner)) return await makeRuns(ready, args, manner, progress, interrupt);
  progress.note('nothing is missing: all runs are made');
  await deleteLeftTopics({ ...ready, store: store! }, progress, interrupt.signal);
  return { store: store!, outcome: NOTHING, total: 0, unsaved: [] };
}

async function report(
  { store: { directory }, outcome, total, unsaved }: Made,
  args: RunArguments,
  holdMs: number | null,
  stop: AbortSignal,
): Promise<ExitCode> {
  const printed = await printResults(directory, args);
  const conclusion = (): ExitCode =>
    conclude(outcome, printed.report, directory, total, [...unsaved, ...printed.unsaved]);
  if (holdMs === null) return conclusion();
  return await handOver({ holdMs, out: args.out, report: printed.report, stop }, conclusion);
}

/** `missing`: the share of the plan that is to be made. */
function tellPrecision(request: PrecisionRequest, missing: number, progress: Progress): void {
  const { precision, budgetMs } = request;
  const plannedMs = request.plannedMs * missing;
  const { target, metrics } = precision;
  progress.note(
    `then more, until 95 % intervals are within ±${percent(target)} of the median ` +
      `(${metrics.join(', ')}): at most ${roughDuration(budgetMs / 1000)} in all (--time-budget)`,
  );
  if (plannedMs <= budgetMs) return;
  progress.warn(
    `the plan alone takes about ${roughDuration(plannedMs / 1000)}, more than the time budget: ` +
      'it is made whole, and nothing may be added to it',
  );
}

async function load(args: RunArguments, stop: AbortSignal): Promise<Ready> {
  if (args.resume === undefined) {
    const loaded = await loadFromArguments(args, stop);
    const sweep = { ...loaded, plan: { ...loaded.plan, id: newPlanId() } };
    return {
      sweep,
      todo: sweep.plan.runs,
      store: null,
      leftBehind: [],
      previous: null,
      made: [],
      gatesChanged: false,
      notes: [],
    };
  }
  const overrides = [...(args.sweep ?? []).map(sweepAsOverride), ...overridesOf(args)];
  const resumed = await resumeSweep(
    { directory: args.resume, file: args.file, overrides, bootstrap: args.bootstrap, stop },
    loadSweep,
  );
  return { ...resumed, previous: resumed.environment };
}

/** Makes the runs, and leaves nothing behind: neither topics nor what was started. */
async function makeRuns(
  ready: Ready,
  args: RunArguments,
  manner: Manner,
  progress: Progress,
  interrupt: Interrupt,
): Promise<Made> {
  const surroundings = {
    tell: (line: string) => progress.note(printable(line)),
    stop: interrupt.signal,
  };
  const agents =
    manner.agents === null
      ? null
      : await openAgents(manner.agents, surroundings, args['agents-token-file']);
  // It warms up while the target is opened. It never rejects.
  const opening = manner.canary
    ? openMachineCanary((text) => progress.warn(printable(text)))
    : null;
  try {
    return await runOnTarget(ready, args, manner.request, { opening, agents }, progress, interrupt);
  } finally {
    agents?.close();
    const wait = { limitMs: CLOSE_TIMEOUT_MS, stop: interrupt.signal, graceMs: STOPPED_CLOSE_MS };
    await bounded('closing the canary', wait, async () => (await opening)?.close()).catch(
      () => undefined,
    );
  }
}

/** What stands beside the target: the canary that is being opened, and the agents if there are. */
interface Helpers {
  readonly opening: Promise<MachineCanary | null> | null;
  readonly agents: Coordinator | null;
}
/** Whether somebody reads what was produced: the embedded cluster keeps it then. */
const isReadBack = ({ points }: Plan): boolean =>
  points.some(
    ({ settings }) => settings.workload.audit === true || settings.consumers !== undefined,
  );

async function runOnTarget(
  ready: Ready,
  args: RunArguments,
  request: PrecisionRequest | null,
  { opening, agents }: Helpers,
  progress: Progress,
  interrupt: Interrupt,
) {
  const stop = interrupt.signal;
  const { sweep } = ready;
  const plan: Plan =
    request === null ? sweep.plan : { ...sweep.plan, precision: request.precision };
  let leave: (() => void) | null = null;
  const open = targetOpener(plan, progress, stop);
  const first = firstBlock(plan, ready.todo);
  const target = await open(first.target ?? sweep.target);
  const clusters = new OpenClusters(
    {
      ...{ settings: sweep.target, stop, open, warn: (line) => progress.warn(line) },
      makeRoom: async (next) => roomOn(next, (await next.describe()).clusterId, []),
    },
    { key: first.key, target },
  );
  let sessionStore: ResultStore | null = null;
  const roomOn = (on: Target, clusterId: string | null, leftBehind: readonly OwnTopic[]) =>
    makeRoom(on, { clusterId, leftBehind }, sweep, sessionStore!, stop, progress);
  try {
    for (const note of target.notes) progress.note(printable(note));
    const describing = { limitMs: DESCRIBE_TIMEOUT_MS, stop };
    const environment = await bounded('describing machine and target', describing, async () =>
      readEnvironment(
        environmentTarget(await target.describe(), sweep),
        await existingTopics(plan, target, stop),
      ),
    );
    const starting = { limitMs: CANARY_TIMEOUT_MS, stop };
    const canary = await bounded(
      'starting the canary',
      starting,
      () => opening ?? Promise.resolve(null),
    );
    const store = ready.store ?? (await ResultStore.create(args.out, sweep.name));
    sessionStore = store;
    const planned = ready.store === null || request !== null ? plan : null;
    const unsaved = await saveStart(ready, store, planned, environment, progress);
    // A resumed folder is locked already.
    if (ready.store === null) leave = await lockFolder(store.directory);
    const room = roomOn(target, environment.target.clusterId, ready.leftBehind);
    clusters.enter(room);
    if (ready.leftBehind.length > 0 && !stop.aborted) await room.topics.releaseAll();
    const { outcome, total } = await makePlannedRuns({
      ...{ plan, todo: ready.todo, made: ready.made, request, store, progress, clusters },
      common: {
        ...{ progress, stop, modulesFrom: sweep.modulesFrom },
        ...makers(agents),
        javaMember: () => javaMember(DEFAULT_KAFKA_VERSION),
        holdStop: (graceMs: number) => interrupt.hold(graceMs),
        ...(canary === null ? {} : { measureCanary: () => canary.measure() }),
      },
    });
    return { store, outcome, total, unsaved };
  } finally {
    await clusters.close();
    leave?.();
  }
}

/** Opens targets as the plan's runs need them. */
function targetOpener(plan: Plan, progress: Progress, signal: AbortSignal) {
  const log = (line: string) => progress.note(printable(line));
  const warn = (line: string) => progress.warn(printable(line));
  const relayed = hasNetworkFaults(plan);
  const how = { signal, log, warn, keepLog: isReadBack(plan), relayed };
  return (of: TargetSettings): Promise<Target> => openTarget(of, how);
}

/** What a cluster is given while its runs are made. */
function makeRoom(
  on: Target,
  own: { readonly clusterId: string | null; readonly leftBehind: readonly OwnTopic[] },
  { name: sweepName, modulesFrom: folder }: LoadedSweep,
  store: ResultStore,
  stop: AbortSignal,
  progress: Progress,
): OpenRoom & { readonly topics: Topics } {
  const admin = kafkaAdmin(on.bootstrap, on.access, { stop });
  const topics = new Topics({
    ...{ admin, stop, sweepName, sessionId: store.id, ...own },
    save: (list) => store.saveTopics(list),
    tell: (line) => progress.warn(printable(line)),
  });
  const leastInSync = (topic: string) => admin.leastInSync(topic);
  const openFaults = faultRoom(on, { folder, stop });
  const leave = () => cleanUp(topics, on, progress);
  return { target: on, topics, leastInSync, openFaults, leave };
}

/**
 * What the folder holds before its first run; `plan` null: it is in it. Gives what could not be
 * saved, and runs can do without.
 */
async function saveStart(
  ready: Ready,
  store: ResultStore,
  plan: Plan | null,
  environment: Environment,
  progress: Progress,
): Promise<readonly RunError[]> {
  try {
    const unsaved = await saveBeside(ready, store, environment, progress);
    // Last: it makes a new folder one.
    if (plan !== null) await savePlan(store, plan);
    return unsaved;
  } catch (error) {
    store.discard();
    throw error;
  }
}

/** Without its plan a run is worth little. What was there is as it was. */
async function savePlan(store: ResultStore, plan: Plan): Promise<void> {
  try {
    await store.savePlan(plan);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new RunError(
      `the plan could not be saved, so no run was made: ${error.message}`,
      error.remedy,
      {
        cause: error,
      },
    );
  }
}

/**
 * What runs can be read without. Measuring goes on where it cannot be saved; the end of the sweep
 * says what is missing.
 */
async function saveBeside(
  { sweep, store: resumed, previous }: Ready,
  store: ResultStore,
  environment: Environment,
  progress: Progress,
): Promise<readonly RunError[]> {
  const unsaved: RunError[] = [];
  const attempt = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      if (!(error instanceof RunError)) throw error;
      unsaved.push(error);
      progress.warn(printable(error.message));
    });
  if (resumed === null) {
    await attempt(store.saveSweep(sweep.source));
    await attempt(store.saveInvocation(sweep));
  }
  await attempt(saveEnvironment(store, environment, previous, progress));
  return unsaved;
}

/**
 * What is not made anew for each run is as others have made it. Who cannot be asked is left out.
 */
async function existingTopics(
  { points }: Plan,
  { bootstrap, access }: Target,
  stop: AbortSignal,
): Promise<Environment['topics']> {
  const topics = points.map(({ settings }) => settings.topic);
  const names = new Set(topics.flatMap((topic) => (topic.kind === 'existing' ? topic.name : [])));
  if (names.size === 0) return undefined;
  const wait = { limitMs: TOPICS_TIMEOUT_MS, stop };
  const found: Record<string, { partitions: number }> = {};
  const ask = async (): Promise<void> => {
    const admin = kafkaAdmin(bootstrap, access, { stop });
    for (const name of names) {
      const partitions = await admin.partitionsOf(name);
      if (partitions !== null) found[name] = { partitions };
    }
  };
  await bounded('looking up the topics', wait, ask).catch(() => undefined);
  return { ...found };
}

/**
 * A resumed sweep keeps its first environment; a second one stands beside it if anything that moves
 * figures has changed.
 */
async function saveEnvironment(
  store: ResultStore,
  now: Environment,
  before: Environment | null,
  progress: Progress,
) {
  if (before === null) return store.saveEnvironment(now);
  const changes = environmentChanges(before, now);
  if (changes.length === 0) return;
  await store.saveEnvironment(now, FILES.environment.replace('.json', `-${store.id}.json`));
  for (const change of changes)
    progress.warn(`resumed elsewhere: ${printable(change)}; the runs may not compare`);
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
      `${plural(remaining.length, 'topic')} could not be deleted; ` +
        '--resume tries again, or delete by hand:',
    );
    for (const topic of remaining) progress.warn(`  ${printable(topic)}`);
  } catch (error) {
    // The list cannot be saved: the sweep's own error, if that is why, says so.
    if (!(error instanceof RunError)) throw error;
    progress.warn(printable(error.message));
  }
}
