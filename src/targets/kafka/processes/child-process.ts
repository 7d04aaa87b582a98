// Starts the outside programs of this folder (brokers, Java's tools, Maven): each in its own
// process group, so that Ctrl-C reaches kbench alone, each on a leash that ends it with kbench,
// each in the run registry, with little of kbench's environment, and none without an end:
// `runToEnd` takes a time limit.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { javaEnvironment } from './child-environment.js';
import { findProgram, LEASH_FD, onLeash } from './leash.js';
import { RunRegistry } from './run-registry.js';

/** Of stdin, stdout and stderr; a number is a file that is open. */
type Stdio = 'ignore' | 'pipe' | 'inherit' | number;

export interface Finished {
  /** Exit code; null when a signal or the time limit ended it, or when it could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
  readonly timedOut: boolean;
  /** stdout was longer than maxOutputBytes. */
  readonly truncated: boolean;
  /** Why it could not be started (ENOENT: no such program). */
  readonly startError: NodeJS.ErrnoException | null;
}

export interface RunOptions {
  readonly timeoutMs: number;
  /** Default: what a Java program needs of kbench's own. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /**
   * Upper bound of what is kept of stdout and of stderr; what is beyond is dropped. Default 256
   * MiB.
   */
  readonly maxOutputBytes?: number;
}

/**
 * Spawns in an own process group that ends with this process at the latest; its pid is the
 * program's.
 */
export function spawnTracked(
  command: string,
  args: readonly string[],
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly cwd?: string;
    readonly stdio: readonly [stdin: Stdio, stdout: Stdio, stderr: Stdio];
  },
): ChildProcess {
  const registry = RunRegistry.of();
  const env = options.env ?? javaEnvironment(process.env);
  const program = findProgram(command, env);
  const common = {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env,
    detached: true,
  };
  // What is not there is started all the same, for the error of it.
  if (program === null) return spawn(command, args, { ...common, stdio: [...options.stdio] });
  const child = spawn(...onLeash(program, args), { ...common, stdio: [...options.stdio, 'pipe'] });
  const leash = child.stdio[LEASH_FD] as Socket | null | undefined;
  leash?.on('error', () => undefined);
  leash?.unref();
  // Its watcher ends, and whatever else of the group is left.
  child.once('exit', () => leash?.destroy());
  const { pid } = child;
  if (pid !== undefined) {
    registry.addChild(pid, [program, ...args].join(' '));
    child.once('exit', () => registry.removeChild(pid));
  }
  return child;
}

/** Ends a child's whole group (a launcher script's children too). */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // gone already
  }
}

/** Runs a program to its end, or kills it at the time limit. Never rejects: the result tells. */
export function runToEnd(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawnTracked(command, args, {
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const limit = options.maxOutputBytes ?? 256 * 1024 * 1024;
    const stdout = collect(child.stdout!, limit);
    const stderr = collect(child.stderr!, limit);
    let timedOut = false;
    let startError: NodeJS.ErrnoException | null = null;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child, 'SIGKILL');
    }, options.timeoutMs);
    const finish = (code: number | null) => {
      clearTimeout(timer);
      const { bytes: stdoutBytes, truncated } = stdout();
      const texts = {
        stdout: stdoutBytes.toString('utf8'),
        stderr: stderr().bytes.toString('utf8'),
      };
      resolve({ code, ...texts, stdoutBytes, timedOut, truncated, startError });
    };
    child.once('error', (error) => {
      startError = error;
      if (child.pid === undefined) finish(null);
    });
    child.once('close', (code) => finish(code));
  });
}

function collect(
  stream: NodeJS.ReadableStream,
  limit: number,
): () => { bytes: Buffer; truncated: boolean } {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (bytes < limit) chunks.push(chunk.subarray(0, limit - bytes));
    bytes += chunk.length;
  });
  return () => ({ bytes: Buffer.concat(chunks), truncated: bytes > limit });
}
