// What passes between a run and its consumer's thread.
import type { WorkerFailure } from '../threads/worker-result.js';
import type { Consumed } from './consumer.js';

/** To the thread, in this order, each answered. */
export type TailRequest = 'begin' | 'finish' | 'close';

export type TailAnswer =
  | { readonly kind: 'begun' | 'closed' }
  | { readonly kind: 'finished'; readonly consumed: Consumed | null }
  /** At any time, and then nothing more but `closed`. */
  | { readonly kind: 'failed'; readonly failure: WorkerFailure };
