// Starts and ends the supervisors of clusters that stand by themselves. Called by commands/cluster,
// which prints.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError, StoppedError } from '../../../base/errors.js';
import { cleanUpDeadRuns } from '../processes/clean-up.js';
import { cacheFolder } from '../cache-folder.js';
import { cacheError } from '../place-error.js';
import {
  forgetStanding,
  placesOf,
  standingClusters,
  stands,
  type StandingCluster,
} from './standing-state.js';
import type { FromSupervisor, StandingOptions } from './supervise.js';

/** Kafka gets 2 s to say goodbye, and then it is killed. */
const END_LIMIT_MS = 15_000;
const POLL_MS = 50;

export interface StandUpOptions {
  readonly options: StandingOptions;
  /** What runs `supervise` with these options, as one argument in JSON. */
  readonly command: readonly [string, ...string[]];
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** Resolves when the cluster is up, and stays up. Throws RunError, StoppedError. */
export async function standUp(options: StandUpOptions): Promise<StandingCluster> {
  cleanUpDeadRuns();
  const { name } = options.options;
  const known = standingClusters().find((cluster) => cluster.name === name);
  if (known !== undefined)
    throw new RunError(
      `the cluster ${name} is up already: ${known.bootstrap.join()}`,
      `End it with \`kbench cluster down --name ${name}\`, or give another --name.`,
    );
  const child = launch(options);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = (): void => void child.kill('SIGTERM');
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    return await answer(child, options);
  } catch (error) {
    await Promise.race([exited, sleep(END_LIMIT_MS).then(() => child.kill('SIGKILL'))]);
    if (options.signal.aborted) throw new StoppedError('stopped while Kafka was starting');
    throw error;
  } finally {
    options.signal.removeEventListener('abort', stop);
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/** In a session of its own, so that neither Ctrl-C nor the terminal's end reaches it. */
function launch({ options, command }: StandUpOptions): ChildProcess {
  const { log } = placesOf(options.name);
  let file: number;
  try {
    file = openSync(log, 'w', 0o600);
  } catch (error) {
    throw cacheError(cacheFolder(), error);
  }
  try {
    const [program, ...args] = command;
    return spawn(program, [...args, JSON.stringify(options)], {
      detached: true,
      stdio: ['ignore', file, file, 'ipc'],
    });
  } finally {
    closeSync(file);
  }
}

function answer(child: ChildProcess, { options, onProgress }: StandUpOptions) {
  const { log } = placesOf(options.name);
  return new Promise<StandingCluster>((resolve, reject) => {
    const gone = (why: string): void =>
      reject(new RunError(`the supervisor of the cluster ${why}`, `Its log: ${log}`));
    child.once('error', (error) => gone(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      gone(`ended by itself (${signal ?? `exit code ${code ?? 'unknown'}`})`),
    );
    child.on('message', (message: FromSupervisor) => {
      if (message.kind === 'progress') onProgress(message.line);
      else if (message.kind === 'up') resolve(message.cluster);
      else reject(new RunError(message.message, message.remedy));
    });
  });
}

/** Ends the cluster and waits until nothing of it is left. */
export async function takeDown(cluster: StandingCluster): Promise<void> {
  const { pid } = cluster.supervisor;
  signalTo(pid, 'SIGTERM');
  const end = performance.now() + END_LIMIT_MS;
  while (stands(cluster) && performance.now() < end) await sleep(POLL_MS);
  if (stands(cluster)) {
    signalTo(pid, 'SIGKILL');
    while (stands(cluster)) await sleep(POLL_MS);
  }
  forgetStanding(cluster.name);
  cleanUpDeadRuns();
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone already
  }
}
