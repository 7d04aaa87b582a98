// One server process of a managed cluster, whatever it serves: start, signals, how it ended and
// what it logged. KafkaBroker and ZooKeeper are this with a way of their own to tell that they are
// ready. Its files are there before it is launched. Never decides about other processes.
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../../base/errors.js';
import { keepLog, logTail } from './broker-log.js';
import { spawnTracked } from './processes/child-process.js';
import { javaCommand } from './java.js';

const POLL_MS = 100;
const TAIL_LINES = 20;
/** What an operator gives a broker to hand its leaderships over. */
const STOP_LIMIT_MS = 30_000;

export interface ServerFiles {
  readonly id: number;
  /** For people: `broker 1`. */
  readonly name: string;
  /** Its own log (log4j). */
  readonly logFile: string;
  /** stdout and stderr: what the JVM itself says. */
  readonly outFile: string;
  readonly dataDir: string;
  /** Everything after `java`. */
  readonly javaArgs: readonly string[];
}

export interface ReadyOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export type ServerState = 'running' | 'paused' | 'down';

export abstract class ServerProcess {
  readonly id: number;
  readonly name: string;
  readonly logFile: string;
  readonly dataDir: string;
  private child: ChildProcess | null = null;
  private exited: Promise<void> = Promise.resolve();
  /** kbench itself asked it to end. */
  private asked = false;
  private stopped = false;
  private ownEnd: string | null = null;

  /** `onDeath`: it ended and nobody here had asked for it. */
  protected constructor(
    private readonly files: ServerFiles,
    private readonly readyLimitMs: number,
    private readonly onDeath: (process: ServerProcess) => void,
  ) {
    this.id = files.id;
    this.name = files.name;
    this.logFile = files.logFile;
    this.dataDir = files.dataDir;
  }

  /** Null when it serves; else what is missing, in a few words. */
  protected abstract missing(expect: readonly number[]): Promise<string | null>;

  /** Process id; null while it is down. */
  get pid(): number | null {
    return this.running ? (this.child?.pid ?? null) : null;
  }

  get running(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  get state(): ServerState {
    if (!this.running) return 'down';
    return this.stopped ? 'paused' : 'running';
  }

  /**
   * How it ended without being asked to, as one sentence; null while it runs and where kbench ended
   * it.
   */
  get death(): string | null {
    return this.running ? null : this.ownEnd;
  }

  /** Starts the process without waiting for it to be ready. */
  launch(): void {
    if (this.running) throw new Error(`${this.name} runs already`);
    this.asked = false;
    this.stopped = false;
    this.ownEnd = null;
    const out = openSync(this.files.outFile, 'a');
    try {
      const child = spawnTracked(javaCommand(), this.files.javaArgs, {
        stdio: ['ignore', out, out],
      });
      this.child = child;
      this.exited = new Promise((resolve) => {
        child.once('exit', (code, signal) => {
          if (!this.asked) {
            this.ownEnd = `${this.name} ended by itself: ${endText(code, signal)}`;
            this.onDeath(this);
          }
          resolve();
        });
        child.once('error', () => resolve());
      });
    } finally {
      closeSync(out);
    }
  }

  /**
   * Resolves once it serves and sees every process of `expect`. RunError with its log's end when it
   * does not.
   */
  async ready({
    timeoutMs,
    signal,
    expect = [],
  }: ReadyOptions & { readonly expect?: readonly number[] }): Promise<void> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      signal?.throwIfAborted();
      if (!this.running) throw this.failure(`${this.name} ended before it was ready${this.how()}`);
      const missing = await this.missing(expect);
      if (missing === null) return;
      if (performance.now() >= end)
        throw this.failure(`${this.name} was not ready within ${timeoutMs / 1000} s (${missing})`);
      await sleep(POLL_MS);
    }
  }

  /**
   * Sends a signal. SIGKILL resolves when the process is gone; SIGSTOP and SIGCONT (a server that
   * hangs) at once.
   */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.running) return;
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') this.stopped = signal === 'SIGSTOP';
    else this.asked = true;
    this.child?.kill(signal);
    if (signal === 'SIGKILL') await this.exited;
  }

  /** It holds its connections and answers nothing, until `resume`. */
  pause(): Promise<void> {
    return this.kill('SIGSTOP');
  }

  resume(): Promise<void> {
    return this.kill('SIGCONT');
  }

  /**
   * Asks it to end (SIGTERM: Kafka hands its leaderships over), and kills it after `limitMs`.
   * Resolves when it is gone.
   */
  async stop(limitMs = STOP_LIMIT_MS): Promise<void> {
    if (!this.running) return;
    this.asked = true;
    this.child?.kill('SIGTERM');
    // One that is paused hears nothing.
    if (this.stopped) await this.resume();
    const timer = new AbortController();
    await Promise.race([
      this.exited,
      sleep(limitMs, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
    await this.kill('SIGKILL');
  }

  /**
   * Starts it on its old data and ports where it is down, resumes it where it is paused; resolves
   * when it serves. RunError as `ready`.
   */
  async start(): Promise<void> {
    if (this.stopped) await this.resume();
    if (!this.running) this.launch();
    await this.ready({ timeoutMs: this.readyLimitMs, expect: [this.id] });
  }

  /** As `start`, stopping it first if it runs. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** The last lines of what it and its JVM said. */
  logTail(lines = TAIL_LINES): string {
    return logTail([this.files.outFile, this.logFile], lines);
  }

  /** A copy of its log that outlives the cluster; null where none can be kept. */
  keepLog(): string | null {
    return keepLog(this.name, [this.files.outFile, this.logFile]);
  }

  private how(): string {
    return this.ownEnd === null ? '' : ` (${this.ownEnd.slice(this.ownEnd.indexOf(': ') + 2)})`;
  }

  private failure(message: string): RunError {
    const said = this.logTail();
    return new RunError(said === '' ? message : `${message}. Its log ends:\n${said}`);
  }
}

/** 128 + n: the JVM handles a signal n by itself. */
const CAUGHT: Readonly<Record<number, string>> = { 130: ' (SIGINT)', 143: ' (SIGTERM)' };
const endText = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === 'SIGKILL'
    ? 'it was killed (SIGKILL: by somebody, or by the system for want of memory)'
    : signal !== null
      ? `signal ${signal}`
      : `exit code ${code ?? 'unknown'}${code === null ? '' : (CAUGHT[code] ?? '')}`;
