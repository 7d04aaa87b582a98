// TCP relays, one in front of each broker, in a thread of their own: the main thread's handle.
// Brokers advertise them, so that every client meets what they do. Started by target.ts where a
// sweep has network faults; ports are known before the brokers are, which are aimed at later.
import { Worker } from 'node:worker_threads';
import { RunError } from '../../base/errors.js';
import { bounded } from '../../base/time-limit.js';
import { threadEntry } from '../../base/thread-entry.js';
import type { Address } from '../../connect/index.js';
import type { LinkEffect } from './link-effect.js';
import type { FromRelay, RelayOptions, ToRelay } from './relay-messages.js';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

const START_LIMIT_MS = 15_000;
const ANSWER_LIMIT_MS = 10_000;
const CLOSE_LIMIT_MS = 3_000;

export interface Relay {
  /** By link, from 0. */
  readonly ports: readonly number[];
  /** Where the link's bytes go; until then its connections are reset. */
  aim(link: number, address: Address): Promise<void>;
  /** Resolves when it is in force; takes the place of what was before. RunError. */
  apply(link: number, effect: LinkEffect): Promise<void>;
  close(): Promise<void>;
}

/** Resolves when all of them listen on `host`. RunError where they cannot. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const worker = new Worker(threadEntry(import.meta.url, './relay-thread.js'), {
    workerData: options,
    name: 'kbench-relay',
  });
  const handle = new RelayHandle(worker);
  try {
    const ports = await bounded('starting the relays', { limitMs: START_LIMIT_MS }, () =>
      handle.started(),
    );
    worker.unref();
    return {
      ports,
      aim: (link, { host, port }) => handle.ask({ kind: 'aim', link, host, port }),
      apply: (link, effect) => handle.ask({ kind: 'effect', link, effect }),
      close: () => handle.close(),
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

class RelayHandle {
  private readonly asked = new Map<number, Pending>();
  private nextId = 0;
  private dead: RunError | null = null;
  private closing: Promise<void> | null = null;

  constructor(private readonly worker: Worker) {
    worker.on('message', (message: FromRelay) => {
      if (message.kind !== 'done') return;
      const pending = this.asked.get(message.id);
      this.asked.delete(message.id);
      if (message.error === null) pending?.resolve();
      else pending?.reject(new RunError(`a relay failed: ${message.error}`));
    });
    worker.on('error', ({ message }) => this.die(message));
    worker.on('exit', (code) => this.die(`it ended with code ${code}`));
  }

  started(): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      this.worker.on('message', (message: FromRelay) => {
        if (message.kind === 'ready') resolve(message.ports);
        else if (message.kind === 'failed')
          reject(new RunError(`the relays could not listen: ${message.message}`));
      });
      this.worker.once('error', (error) =>
        reject(new RunError(`the relays' thread failed: ${error.message}`)),
      );
    });
  }

  ask(message: WithoutId<ToRelay>): Promise<void> {
    if (this.dead !== null) return Promise.reject(this.dead);
    const asking = () =>
      new Promise<void>((resolve, reject) => {
        const id = this.nextId++;
        this.asked.set(id, { resolve, reject });
        this.worker.postMessage({ ...message, id });
      });
    return bounded('a relay', { limitMs: ANSWER_LIMIT_MS }, asking);
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  /** Asked, so that clients see a reset and ports are free; then the thread ends by itself. */
  private async end(): Promise<void> {
    if (this.dead !== null) return;
    this.worker.ref();
    const exited = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    this.worker.postMessage({ kind: 'close', id: -1 } satisfies ToRelay);
    await bounded('closing the relays', { limitMs: CLOSE_LIMIT_MS }, () => exited).catch(() =>
      this.worker.terminate(),
    );
  }

  private die(why: string): void {
    this.dead ??= new RunError(
      this.closing === null ? `the relays' thread failed: ${why}` : 'the relays are closed',
    );
    for (const { reject } of this.asked.values()) reject(this.dead);
    this.asked.clear();
  }
}
