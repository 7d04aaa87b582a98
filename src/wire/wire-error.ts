/**
 * A frame that does not follow Kafka's protocol: truncated, oversized, or with lengths that lie.
 */
export class WireError extends Error {
  override name = 'WireError';
}
