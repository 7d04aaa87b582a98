// What passes between a run and its consumer's thread.
import type { WorkerFailure } from '../threads/worker-result.js';
import type { MemberChange } from '../../contract/faults.js';
import type { Consumed } from './consumer.js';

/** To the thread, each answered before the next one; `close` at any time. */
export type TailRequest = 'begin' | MemberChange | 'finish' | 'close';

export type TailAnswer =
  | { readonly kind: 'begun' | 'changed' | 'closed' }
  | { readonly kind: 'finished'; readonly consumed: Consumed | null }
  /** At any time, and then nothing more but `closed`. */
  | { readonly kind: 'failed'; readonly failure: WorkerFailure };
