// What whoever asks for a run hands to whoever makes it, on this machine or on several: the user's
// stop, the display, the faults beside it. Types alone.
import type { FaultEvent, MemberChange } from '../contract/faults.js';
import type { WorkloadProgress } from './threads/progress-meter.js';

export interface WorkloadHooks {
  /**
   * Aborted: the run stops sending, waits a few seconds for answers, and keeps what it measured.
   */
  readonly signal?: AbortSignal;
  /** Called about four times a second. */
  readonly onProgress?: (progress: WorkloadProgress) => void;
  /** Of a run with faults. */
  readonly faults?: FaultWatch;
}

/** Breaks things beside the load; the load says when it begins, and asks what happened. */
export interface FaultWatch {
  /**
   * A little before the measured part begins: at that instant, in ms of the clock that all threads
   * share.
   */
  start(atMs: number): void;
  /** Before that, where anything consumes: what changes the members of the first group. */
  members(change: (change: MemberChange) => Promise<void>): void;
  /** The load is over: mends what is still broken, as who reads back needs the cluster. */
  mend(completed: boolean): Promise<void>;
  events(): readonly FaultEvent[];
}
