// One broker process of a managed cluster: start, kill, stop, restart, how it ended and what it
// logged. Made by kafka-cluster.ts only, which has written its files and formatted its folder.
// Never decides about other brokers.
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddress } from '../../connect/index.js';
import { RunError } from '../../base/errors.js';
import { probe } from '../external/probe.js';
import { keepLog, logTail } from './broker-log.js';
import { spawnTracked } from './child-process.js';
import { javaCommand } from './java.js';
import type { BrokerListener } from './kafka-config.js';

const POLL_MS = 100;
const PROBE_LIMIT_MS = 2000;
const TAIL_LINES = 20;

export interface BrokerFiles {
  readonly id: number;
  readonly port: number;
  readonly listeners: readonly BrokerListener[];
  /** Kafka's log (log4j). */
  readonly logFile: string;
  /** stdout and stderr: what the JVM itself says. */
  readonly outFile: string;
  readonly dataDir: string;
  /** Everything after `java`. */
  readonly javaArgs: readonly string[];
}

export interface ReadyOptions {
  readonly timeoutMs: number;
  /** Ids that must be registered, as this broker sees it. */
  readonly expect: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** A broker of a cluster that kbench started on this host. */
export class KafkaBroker {
  readonly id: number;
  readonly host = '127.0.0.1';
  readonly port: number;
  /** Beside PLAINTEXT on `port`. */
  readonly listeners: readonly BrokerListener[];
  readonly logFile: string;
  readonly dataDir: string;
  private child: ChildProcess | null = null;
  private exited: Promise<void> = Promise.resolve();
  /** kbench itself asked it to end. */
  private asked = false;
  private ownEnd: string | null = null;

  /** `onDeath`: it ended and nobody here had asked for it. */
  constructor(
    private readonly files: BrokerFiles,
    private readonly readyLimitMs: number,
    private readonly onDeath: (broker: KafkaBroker) => void,
  ) {
    this.id = files.id;
    this.port = files.port;
    this.listeners = files.listeners;
    this.logFile = files.logFile;
    this.dataDir = files.dataDir;
  }

  /** Process id; null while it is down. */
  get pid(): number | null {
    return this.running ? (this.child?.pid ?? null) : null;
  }

  get running(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  /**
   * How it ended without being asked to, as one sentence; null while it runs and where kbench ended
   * it.
   */
  get death(): string | null {
    return this.running ? null : this.ownEnd;
  }

  /** Starts the process without waiting for Kafka to be ready. */
  launch(): void {
    if (this.running) throw new Error(`broker ${this.id} runs already`);
    this.asked = false;
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
            this.ownEnd = `broker ${this.id} ended by itself: ${endText(code, signal)}`;
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
   * Resolves once it answers Kafka's protocol and sees every expected broker. RunError with its
   * log's end when it does not.
   */
  async ready({ timeoutMs, expect, signal }: ReadyOptions): Promise<void> {
    const end = performance.now() + timeoutMs;
    let last: string;
    for (;;) {
      signal?.throwIfAborted();
      if (!this.running)
        throw this.failure(`broker ${this.id} ended before it was ready${this.how()}`);
      const answer = await probe(formatAddress(this), PROBE_LIMIT_MS);
      if (answer.ok) {
        const absent = expect.filter(
          (id) => !answer.view.brokers.some((broker) => broker.id === id),
        );
        if (absent.length === 0) return;
        last = `it does not see broker ${absent.join(', ')}`;
      } else {
        last = answer.failure.message;
      }
      if (performance.now() >= end) {
        throw this.failure(
          `broker ${this.id} was not ready within ${timeoutMs / 1000} s (${last})`,
        );
      }
      await sleep(POLL_MS);
    }
  }

  /**
   * Sends a signal. SIGKILL resolves when the process is gone; SIGSTOP and SIGCONT (a broker that
   * hangs) at once.
   */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.running) return;
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.asked = true;
    this.child?.kill(signal);
    if (signal === 'SIGKILL') await this.exited;
  }

  /**
   * Asks it to end (SIGTERM: Kafka hands its leaderships over), and kills it after `limitMs`.
   * Resolves when it is gone.
   */
  async stop(limitMs = 30_000): Promise<void> {
    if (!this.running) return;
    this.asked = true;
    this.child?.kill('SIGTERM');
    const timer = new AbortController();
    await Promise.race([
      this.exited,
      sleep(limitMs, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
    await this.kill('SIGKILL');
  }

  /**
   * Starts it again on its old data and port, stopping it first if it runs; resolves when it is
   * registered. RunError as `ready`.
   */
  async restart(): Promise<void> {
    await this.stop();
    this.launch();
    await this.ready({ timeoutMs: this.readyLimitMs, expect: [this.id] });
  }

  /** The last lines of what Kafka and its JVM said. */
  logTail(lines = TAIL_LINES): string {
    return logTail([this.files.outFile, this.logFile], lines);
  }

  /** A copy of its log that outlives the cluster; null where none can be kept. */
  keepLog(): string | null {
    return keepLog(this.id, [this.files.outFile, this.logFile]);
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
