// With a codec: where the records of an open batch stand until it closes and they are compressed
// into its slot. As in Java, what is not yet compressed counts nothing against buffer.memory.
// Called by record-batch.ts. Must never hold more spare buffers than a few.
import { systemClock, type Clock } from '../../../base/clock.js';
import type { Codec } from '../../codecs/codec.js';
import { Stack } from '../../../base/stack.js';
import type { SenderWatch } from '../batch-view.js';

/** Spare buffers that are kept, and the size above which one is not. */
const MOST_SPARE = 32;
const MOST_SPARE_BYTES = 4 * 1024 * 1024;
/**
 * A batch with this many bytes of records is full whatever the estimate says. Java has no such
 * bound; it is met only where records become less than a hundredth and batch.size is 1 MiB or more.
 */
export const MOST_RAW_BYTES = 64 * 1024 * 1024;

export class Staging {
  private readonly spare = new Stack<Buffer>();

  /** `usualBytes`: size of a new buffer, from batch.size. `watch`: told what the codec takes. */
  constructor(
    readonly codec: Codec,
    private readonly usualBytes: number,
    private readonly watch: SenderWatch | null = null,
    private readonly clock: Clock = systemClock,
  ) {}

  /** As Codec.compress. */
  compress(source: Buffer, to: number, into: Buffer, at: number, limit: number): number {
    const { codec, clock, watch } = this;
    if (watch === null) return codec.compress(source, 0, to, into, at, limit);
    const startMs = clock.now();
    const end = codec.compress(source, 0, to, into, at, limit);
    watch.compressed(to, clock.now() - startMs);
    return end;
  }

  take(leastBytes: number): Buffer {
    const buffer = this.spare.pop();
    if (buffer !== undefined && buffer.length >= leastBytes) return buffer;
    return Buffer.allocUnsafeSlow(Math.max(leastBytes, this.usualBytes * 2));
  }

  give(buffer: Buffer): void {
    if (this.spare.length < MOST_SPARE && buffer.length <= MOST_SPARE_BYTES)
      this.spare.push(buffer);
  }

  /** A buffer of at least `leastBytes` with the first `usedBytes` of `buffer` in it. */
  grow(buffer: Buffer, usedBytes: number, leastBytes: number): Buffer {
    const larger = Buffer.allocUnsafeSlow(Math.max(leastBytes, buffer.length * 2));
    buffer.copy(larger, 0, 0, usedBytes);
    this.give(buffer);
    return larger;
  }
}
