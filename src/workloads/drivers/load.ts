// What takes a run's load, or a share's, as measure-share sees it. Types only.
import type { Launch } from '../threads/crew.js';

/** The core in threads, or another client in processes. */
export interface Load<Result> {
  readonly launch: Launch<Result>;
  /** Interval messages that come apart from the outcomes. */
  messages(results: readonly Result[]): number;
  close(): void;
}
