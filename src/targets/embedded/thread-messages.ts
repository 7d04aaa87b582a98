// What the main thread and the cluster's thread tell each other. Plain data.
import type { Fault } from './faults.js';

export type ToThread =
  | { readonly kind: 'inject'; readonly id: number; readonly fault: Fault }
  | { readonly kind: 'close' };

/** An error that survives the way between threads. */
export interface ErrorText {
  readonly name: string;
  readonly message: string;
  readonly remedy?: string | undefined;
}

export type FromThread =
  | {
      readonly kind: 'ready';
      readonly bootstrap: readonly string[];
      readonly listening: readonly string[];
      readonly clusterId: string;
    }
  | { readonly kind: 'failed'; readonly error: ErrorText }
  | { readonly kind: 'injected'; readonly id: number; readonly error: ErrorText | null }
  | { readonly kind: 'log'; readonly line: string };
