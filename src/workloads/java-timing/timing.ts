// Java's timing on one thread, switched by `workload.timing`: the way into this room. One object a
// worker. It watches the producer's sender (what its codecs take, and the moments between batches
// of a drain) and gives each phase the application's thread that it stands for. Made by run-worker.
import type { Timing } from '../../contract/settings.js';
import type { SenderWatch } from '../../producer-core/harness.js';
import type { ApplicationThread } from './application-thread.js';
import { codecShareOf, type CodecShare } from './codec-share.js';
import { TURN_PER_SLEEP } from './constants.js';
import { PlainThread } from './plain-thread.js';
import { SecondThread } from './second-thread.js';

export interface ThreadTiming {
  /** For the producer's hooks; undefined: it is not watched. */
  readonly watch: SenderWatch | undefined;
  /**
   * For one phase. `sleepMs`: the fixed sleeps between two looks at what is due; 0: each due time
   * is met by itself.
   */
  thread(sleepMs: number): ApplicationThread;
}

const PLAIN: ThreadTiming = { watch: undefined, thread: () => new PlainThread() };

/**
 * `producer`: settings under Java's names. `meanwhile`: appends what the other thread would have
 * appended by now, in a drain that began at `sinceMs`.
 */
export function createTiming(
  timing: Timing,
  producer: Readonly<Record<string, unknown>>,
  meanwhile: (sinceMs: number) => void,
): ThreadTiming {
  if (timing === 'none') return PLAIN;
  const { 'compression.type': codec = 'none' } = producer;
  const level = Number(producer['compression.lz4.level'] ?? 9);
  return new JavaTiming(codecShareOf(typeof codec === 'string' ? codec : 'none', level), meanwhile);
}

class JavaTiming implements ThreadTiming, SenderWatch {
  readonly watch = this;
  /** What our codec took longer than Java's would have, so far. */
  private lagMs = 0;

  constructor(
    private readonly codecShare: CodecShare,
    private readonly meanwhile: (sinceMs: number) => void,
  ) {}

  betweenBatches(sinceMs: number): void {
    this.meanwhile(sinceMs);
  }

  compressed(rawBytes: number, tookMs: number): void {
    this.lagMs += tookMs * (1 - this.codecShare(rawBytes));
  }

  thread(sleepMs: number): ApplicationThread {
    return new SecondThread(sleepMs * TURN_PER_SLEEP, () => this.lagMs);
  }
}
