// Opens a reader and answers its calls. A read of its own is a FetchSession.
import { PLAINTEXT, ProbeFailure } from '../connect/cold.js';
import { sleep } from '../base/time-limit.js';
import { ClusterView } from './cluster-view.js';
import { FetchSession } from './fetch-session.js';
import { lookUpOffsets } from './offset-lookup.js';
import { ReaderError } from './reader-error.js';
import type {
  Assignment,
  FetchSettings,
  Isolation,
  Reader,
  ReaderOptions,
  ReadOptions,
  RecordVisitor,
} from './reader-types.js';

/** Java's defaults. */
const FETCH: FetchSettings = {
  minBytes: 1,
  maxWaitMs: 500,
  maxBytes: 50 * 1024 * 1024,
  maxPartitionBytes: 1024 * 1024,
};
const PATIENCE_MS = 60_000;
const RETRY_MS = 100;

/** Connects to nothing yet: the first call does. */
export function openReader(options: ReaderOptions): Reader {
  return new LogReader(options);
}

class LogReader implements Reader {
  private readonly cluster: ClusterView;
  private readonly isolation: Isolation;
  private readonly fetch: FetchSettings;
  private readonly patienceMs: number;
  private readonly closing = new AbortController();

  constructor(options: ReaderOptions) {
    const { bootstrap, access = PLAINTEXT, fetch = {} } = options;
    this.isolation = options.isolation ?? 'read_uncommitted';
    this.fetch = { ...FETCH, ...fetch };
    this.patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.cluster = new ClusterView(bootstrap, access, this.fetch.maxWaitMs);
  }

  async partitions(topic: string): Promise<number> {
    return await this.patiently(async () => {
      await this.cluster.refresh([topic]);
      return this.cluster.topic(topic)?.partitions.length ?? null;
    });
  }

  async offsets(topic: string, which: 'earliest' | 'latest'): Promise<readonly number[]> {
    return await this.patiently(async () => {
      await this.cluster.refresh([topic]);
      const led = this.cluster.topic(topic)?.partitions ?? [];
      if (led.length === 0 || led.some(({ leader }) => leader === null)) return null;
      const offsets: number[] = [];
      for (const node of new Set(led.map(({ leader }) => leader!))) {
        const those = [...led.keys()].filter((partition) => led[partition].leader === node);
        const found = await this.ofLeader(node, topic, those, which);
        for (const [partition, looked] of found) {
          if ('error' in looked) return null;
          offsets[partition] = looked.offset;
        }
      }
      return offsets;
    });
  }

  private async ofLeader(
    node: number,
    topic: string,
    partitions: readonly number[],
    which: 'earliest' | 'latest',
  ) {
    try {
      const link = await this.cluster.link(node);
      return await lookUpOffsets(link, topic, partitions, which, this.isolation);
    } catch (error) {
      this.cluster.drop(node);
      throw error;
    }
  }

  /** Until there is something; a cluster that moves is waited for. */
  private async patiently<T>(look: () => Promise<T | null>): Promise<T> {
    const endMs = performance.now() + this.patienceMs;
    let why = 'a partition has no leader';
    for (;;) {
      try {
        const found = await look();
        if (found !== null) return found;
      } catch (error) {
        if (!(error instanceof ProbeFailure)) throw error;
        why = error.message;
      }
      if (this.closing.signal.aborted) throw new ReaderError('unreachable', 'closed');
      if (performance.now() > endMs) throw new ReaderError('unreachable', why);
      await sleep(RETRY_MS);
    }
  }

  async read(
    assignments: readonly Assignment[],
    visitor: RecordVisitor,
    { signal }: ReadOptions = {},
  ): Promise<void> {
    const { cluster, isolation, fetch, patienceMs } = this;
    const signals = [this.closing.signal, ...(signal === undefined ? [] : [signal])];
    const stop = AbortSignal.any(signals);
    // What waits for an answer is let go of at once.
    const end = (): void => cluster.hangUp();
    stop.addEventListener('abort', end, { once: true });
    try {
      const parts = { cluster, visitor, isolation, fetch, patienceMs, signal: stop };
      await new FetchSession(parts, assignments).run();
    } finally {
      stop.removeEventListener('abort', end);
    }
  }

  close(): void {
    this.closing.abort();
    this.cluster.close();
  }
}
