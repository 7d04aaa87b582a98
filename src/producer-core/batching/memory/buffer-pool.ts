// buffer.memory, accounted as Java's BufferPool does it. A slot is one batch's memory; slots of
// exactly batch.size are carved once from a few large slabs and reused, larger ones are made for
// one batch. Around each slot's capacity lies room for the produce request's own bytes (not
// counted, as Java does not count its request heads): the envelope and the batch leave in one
// contiguous write, without a copy. Called by the accumulator only. Must never hand out a slot that
// the kernel may still read: see RecordBatch.release.
import { Stack } from '../../../base/stack.js';

/**
 * Slabs are at most this large, so that buffer.memory of many GiB needs no single giant allocation.
 */
const MAX_SLAB_BYTES = 64 * 1024 * 1024;

/**
 * One batch's memory: `capacity` bytes at `start`, with the pool's headroom before and tailroom
 * behind.
 */
export class Slot<Batch = unknown> {
  /** The batch object that goes with this memory for life, made at first use. */
  batch: Batch | null = null;
  /**
   * Last view given out: a slot is mostly filled to the same length, so the view is mostly the
   * same.
   */
  private cached: Buffer | null = null;
  private cachedFrom = -1;
  private cachedTo = -1;

  constructor(
    readonly buffer: Buffer,
    readonly start: number,
    readonly capacity: number,
    /** Counted against buffer.memory. */
    readonly pooled = true,
  ) {}

  /** Its batch object, from now on. */
  adopt(batch: Batch): Batch {
    this.batch = batch;
    return batch;
  }

  /** The bytes from `from` to `to` (positions in `buffer`). */
  view(from: number, to: number): Buffer {
    if (from !== this.cachedFrom || to !== this.cachedTo || this.cached === null) {
      this.cached = this.buffer.subarray(from, to);
      this.cachedFrom = from;
      this.cachedTo = to;
    }
    return this.cached;
  }
}

/** One who waits for memory. Its owner may use the object again after it was woken. */
export interface Waiter {
  bytes: number;
  readonly wake: () => void;
}

export class BufferPool<Batch = unknown> {
  private readonly free = new Stack<Slot<Batch>>();
  /**
   * Slots whose bytes were lent to larger allocations (Java's freeUp): memory that exists but is
   * accounted as not pooled.
   */
  private readonly spare = new Stack<Slot<Batch>>();
  private readonly waiters: Waiter[] = [];
  private slab: Buffer | null = null;
  private slabUsed = 0;
  private carved = 0;
  /** Bytes neither in use nor in the free list. */
  private unpooled: number;

  /**
   * `totalBytes`: buffer.memory; `slotBytes`: batch.size; head- and tailroom: what a produce
   * request needs around a batch.
   */
  constructor(
    readonly totalBytes: number,
    readonly slotBytes: number,
    private readonly headroom: number,
    private readonly tailroom: number,
    /** Overwrite slots on release, so that a test sees any later read of them. */
    private readonly poison = false,
    /** One waiter more or less: for the time that is spent in waiting. */
    private readonly waitersChanged: (by: 1 | -1) => void = () => undefined,
  ) {
    this.unpooled = totalBytes;
  }

  get availableBytes(): number {
    return this.unpooled + this.free.length * this.slotBytes;
  }

  /** Number of callers waiting: while there are any, every batch counts as ready. */
  get queued(): number {
    return this.waiters.length;
  }

  /** A slot of at least `bytes`, or null when buffer.memory does not have it now. */
  allocate(bytes: number): Slot<Batch> | null {
    if (bytes === this.slotBytes) {
      const slot = this.free.pop();
      if (slot !== undefined) return slot;
    }
    if (this.availableBytes < bytes) return null;
    while (this.unpooled < bytes) {
      this.spare.push(this.free.pop()!);
      this.unpooled += this.slotBytes;
    }
    this.unpooled -= bytes;
    return bytes === this.slotBytes ? (this.spare.pop() ?? this.carve()) : this.makeOnce(bytes);
  }

  private makeOnce(bytes: number, pooled = true): Slot<Batch> {
    return new Slot<Batch>(
      Buffer.allocUnsafeSlow(this.headroom + bytes + this.tailroom),
      this.headroom,
      bytes,
      pooled,
    );
  }

  /**
   * Memory that is not counted: for the parts of a batch that was split. It goes when the last one
   * lets go of it.
   */
  outside(bytes: number): Slot<Batch> {
    return this.makeOnce(bytes, false);
  }

  private carve(): Slot<Batch> {
    const stride = this.headroom + this.slotBytes + this.tailroom;
    if (this.slab === null || this.slabUsed + stride > this.slab.length) {
      const slotsLeft = Math.max(1, Math.floor(this.totalBytes / this.slotBytes) - this.carved);
      const slots = Math.max(1, Math.min(slotsLeft, Math.floor(MAX_SLAB_BYTES / stride)));
      // Not zeroed: the pages come into being when they are first written.
      this.slab = Buffer.allocUnsafeSlow(slots * stride);
      this.slabUsed = 0;
    }
    const start = this.slabUsed + this.headroom;
    this.slabUsed += stride;
    this.carved++;
    return new Slot<Batch>(this.slab, start, this.slotBytes);
  }

  /**
   * Takes a slot back. The caller vouches that nobody reads it any more. Waiters are told by
   * notify(), not here.
   */
  release(slot: Slot<Batch>): void {
    if (this.poison)
      slot.buffer.fill(
        0xdb,
        slot.start - this.headroom,
        slot.start + slot.capacity + this.tailroom,
      );
    if (!slot.pooled) return;
    if (slot.capacity === this.slotBytes) this.free.push(slot);
    else this.unpooled += slot.capacity;
  }

  /** Queues; `wake` is called from notify() once the bytes are there, first come first served. */
  wait(waiter: Waiter): void {
    this.waiters.push(waiter);
    this.waitersChanged(1);
  }

  cancel(waiter: Waiter): void {
    const at = this.waiters.indexOf(waiter);
    if (at < 0) return;
    this.waiters.splice(at, 1);
    this.waitersChanged(-1);
  }

  /**
   * Wakes the head waiters whose bytes are there. A woken caller allocates inside its call, so the
   * next one sees what is left.
   */
  notify(): void {
    for (let left = this.waiters.length; left > 0; left--) {
      if (this.availableBytes < this.waiters[0].bytes) return;
      this.waitersChanged(-1);
      this.waiters.shift()!.wake();
    }
  }
}
