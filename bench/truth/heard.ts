// What the listening worker hands to truth.ts: each Produce request as the core told it, in the
// order of the answers. Times in ms of the worker's performance.now().

/** Name of the broadcast channel between the two. */
export const HEARD_CHANNEL = 'kbench-truth';

export interface Heard {
  readonly tookMs: Float64Array;
  readonly answeredMs: Float64Array;
}
