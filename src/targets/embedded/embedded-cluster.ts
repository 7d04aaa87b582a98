// The main thread's handle of an embedded cluster in a thread of its own, so that its brokers don't
// share an event loop with what is measured. Called by targets/target.ts, commands/embedded.ts and
// benchmarks. Must never keep the process alive by itself.
import { Worker } from 'node:worker_threads';
import { ConfigurationError, RunError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { toStderr } from '../../base/terminal.js';
import { threadEntry } from '../../base/thread-entry.js';
import type { Fault } from './faults.js';
import { resolveOptions } from './options.js';
import type { EmbeddedCluster, EmbeddedClusterOptions } from './options.js';
import type { ErrorText, FromThread, ToThread } from './thread-messages.js';

export type { EmbeddedCluster, EmbeddedClusterOptions } from './options.js';
export type { Fault } from './faults.js';

const toStandardError = (line: string) => toStderr(`kbench embedded: ${printable(line)}\n`);

/** Heap only: rings and buffers lie outside of it and have their own bounds (options.ts). */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };
const START_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 3_000;

/**
 * Starts the brokers and resolves when all of them listen. Throws ConfigurationError for options
 * that make no sense, RunError where a port is taken or the thread does not start within 15 s.
 */
export async function startEmbeddedCluster(
  options: EmbeddedClusterOptions,
): Promise<EmbeddedCluster> {
  const resolved = resolveOptions(options);
  const worker = new Worker(threadEntry(import.meta.url, './thread.js'), {
    workerData: resolved,
    resourceLimits: RESOURCE_LIMITS,
    name: 'kbench-embedded',
  });
  const handle = new ThreadHandle(worker, options.log);
  try {
    await handle.started();
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  worker.unref();
  return handle;
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

class ThreadHandle implements EmbeddedCluster {
  bootstrap: readonly string[] = [];
  listening: readonly string[] = [];
  clusterId = '';
  private readonly injections = new Map<number, Pending>();
  private nextInjection = 0;
  private start: Pending | null = null;
  private closing: Promise<void> | null = null;
  private fatal: Error | null = null;
  private readonly fatalListeners: ((error: Error) => void)[] = [];

  constructor(
    private readonly worker: Worker,
    private readonly log: (line: string) => void = toStandardError,
  ) {
    worker.on('message', (message: FromThread) => this.hear(message));
    worker.on('error', (error) =>
      this.die(`the embedded cluster's thread failed: ${error.message}`),
    );
    worker.on('exit', (code) => {
      if (this.closing === null) this.die(`the embedded cluster's thread ended with code ${code}`);
    });
  }

  started(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(
            new RunError(`the embedded cluster did not start within ${START_TIMEOUT_MS / 1000} s`),
          ),
        START_TIMEOUT_MS,
      );
      this.start = {
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
    });
  }

  inject(fault: Fault): Promise<void> {
    if (this.fatal !== null) return Promise.reject(this.fatal);
    if (this.closing !== null)
      return Promise.reject(new RunError('the embedded cluster is closed'));
    return new Promise((resolve, reject) => {
      const id = this.nextInjection++;
      this.injections.set(id, { resolve, reject });
      this.tell({ kind: 'inject', id, fault });
    });
  }

  onFatal(listener: (error: Error) => void): void {
    if (this.fatal !== null) listener(this.fatal);
    else this.fatalListeners.push(listener);
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    if (this.fatal !== null) return;
    const { worker } = this;
    worker.ref();
    // Asked, so that clients see a reset and not silence, and so that the thread ends by itself:
    // terminate() on a socket that is just being shut down may spin for ever (Node 20.20).
    const exited = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), CLOSE_TIMEOUT_MS);
      worker.once('exit', () => {
        clearTimeout(timer);
        resolve(true);
      });
      this.tell({ kind: 'close' });
    });
    if (!exited) await worker.terminate();
    this.settleAll(new RunError('the embedded cluster was closed'));
  }

  private tell(message: ToThread): void {
    this.worker.postMessage(message);
  }

  private hear(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        this.bootstrap = message.bootstrap;
        this.listening = message.listening;
        this.clusterId = message.clusterId;
        return this.start?.resolve();
      case 'failed':
        return this.start?.reject(revive(message.error));
      case 'injected': {
        const pending = this.injections.get(message.id);
        this.injections.delete(message.id);
        if (message.error === null) pending?.resolve();
        else pending?.reject(revive(message.error));
        return;
      }
      case 'log': {
        this.log(message.line);
        return;
      }
    }
  }

  private die(message: string): void {
    if (this.fatal !== null || this.closing !== null) return;
    this.fatal = new RunError(message, 'this is a bug in kbench: please report it');
    this.start?.reject(this.fatal);
    this.settleAll(this.fatal);
    for (const listener of this.fatalListeners.splice(0)) listener(this.fatal);
  }

  private settleAll(error: Error): void {
    for (const { reject } of this.injections.values()) reject(error);
    this.injections.clear();
  }
}

function revive({ name, message, remedy }: ErrorText): Error {
  return name === 'ConfigurationError'
    ? new ConfigurationError(message, remedy)
    : new RunError(message, remedy);
}
