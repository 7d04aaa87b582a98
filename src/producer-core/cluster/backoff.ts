// Exponential backoff with jitter, as org.apache.kafka.common.utils.ExponentialBackoff.

/**
 * Milliseconds to wait after `attempts` failures (0 for the first): initial x 2^attempts, at most
 * `maxMs`, jittered by 20 %.
 */
export function backoffMs(
  initialMs: number,
  maxMs: number,
  attempts: number,
  random: () => number,
): number {
  // With nowhere to grow the backoff is fixed, without jitter.
  if (initialMs <= 0 || maxMs <= initialMs) return Math.max(0, initialMs);
  const term = initialMs * 2 ** Math.min(attempts, Math.log2(maxMs / initialMs));
  return Math.min(Math.floor(term * (0.8 + 0.4 * random())), maxMs);
}
