// Where a topic's log ends, for a consumer: by readers of its own, as a reader that reads is busy.
import { sleep } from '../../base/time-limit.js';
import { RunError } from '../../base/errors.js';
import { ReaderError, type Isolation, type Reader } from '../../reader/index.js';

const POLL_MS = 20;
/** How long the end of open transactions is waited for. */
const UNDECIDED_MS = 5000;

/** By partition: as far as the consumer's isolation reads, and all there is. */
export interface Ends {
  readonly stable: readonly number[];
  readonly latest: readonly number[];
}

export class LogEnds {
  private readonly reader: Reader;

  constructor(
    private readonly topic: string,
    private readonly isolation: Isolation,
    private readonly open: (isolation: Isolation) => Reader,
  ) {
    this.reader = open(isolation);
  }

  /** As far as the isolation reads. */
  now(): Promise<readonly number[]> {
    return asConsumer(() => this.reader.offsets(this.topic, 'latest'));
  }

  /** Once no transaction is open any more, or has been for too long. */
  async settled(stopped: () => boolean): Promise<Ends> {
    let stable = await this.now();
    if (this.isolation === 'read_uncommitted') return { stable, latest: stable };
    const plain = this.open('read_uncommitted');
    try {
      const latest = await asConsumer(() => plain.offsets(this.topic, 'latest'));
      const endMs = performance.now() + UNDECIDED_MS;
      while (stable.some((end, at) => end < latest[at]) && performance.now() < endMs) {
        if (stopped()) break;
        await sleep(POLL_MS);
        stable = await this.now();
      }
      return { stable, latest };
    } finally {
      plain.close();
    }
  }

  close(): void {
    this.reader.close();
  }
}

/** The reader's errors as those of a run. */
export async function asConsumer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ReaderError)) throw error;
    const remedy =
      error.kind === 'refused'
        ? 'see that this user may read the topic (READ and DESCRIBE)'
        : 'see that all partitions have leaders, and that brokers can be reached';
    throw new RunError(`the consumer: ${error.message}`, remedy, { cause: error });
  }
}
