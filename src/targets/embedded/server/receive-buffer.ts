// One connection's received bytes, in one buffer that the socket reads into: frames are handled
// where they lie. Called by client-connection.ts. The window given out by `window()` stays where it
// is until `filled()`: the kernel may write there at any moment. Must never allocate more than was
// in fact received, twice over, below LARGE_BYTES: a frame's claimed length alone buys nothing.

import { allocateLarge, freeLarge, LARGE_BYTES } from '../../../base/large-memory.js';

const FIRST_BYTES = 128 * 1024;
/** A window smaller than this is not worth a system call. */
const LEAST_WINDOW_BYTES = 16 * 1024;

export class ReceiveBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** First byte that was not consumed. */
  start = 0;
  /** Behind the last byte received. */
  end = 0;

  get buffered(): number {
    return this.end - this.start;
  }

  /**
   * Bytes that the buffer takes beyond what every connection has, once the next window was given
   * out.
   */
  extraBytes(keepBytes: number): number {
    return this.nextBytes(keepBytes) - FIRST_BYTES;
  }

  private nextBytes(keepBytes: number): number {
    const { length } = this.bytes;
    const { buffered } = this;
    if (buffered === 0) return length > keepBytes ? FIRST_BYTES : length;
    if (length - this.end >= LEAST_WINDOW_BYTES) return length;
    if (length - buffered >= length / 2) return length;
    if (2 * length < LARGE_BYTES) return 2 * length;
    // A large one gets its whole memory at once: what growing leaves behind would take as much
    // again. Its size is known by now, and was checked.
    return Math.max(
      length + LEAST_WINDOW_BYTES,
      4 + this.bytes.readInt32BE(this.start) + LEAST_WINDOW_BYTES,
    );
  }

  /** Where the next bytes go; not empty. Moves or grows what is buffered when room runs out. */
  window(keepBytes: number): Buffer {
    const nextBytes = this.nextBytes(keepBytes);
    if (this.start === this.end) {
      if (this.bytes.length > nextBytes) this.use(Buffer.allocUnsafeSlow(nextBytes));
      this.start = 0;
      this.end = 0;
    }
    if (this.bytes.length - this.end < LEAST_WINDOW_BYTES) this.makeRoom(nextBytes);
    return this.bytes.subarray(this.end);
  }

  /** The socket wrote so many bytes into the window. */
  filled(bytes: number): void {
    this.end += bytes;
  }

  consume(bytes: number): void {
    this.start += bytes;
  }

  private makeRoom(nextBytes: number): void {
    const kept = this.buffered;
    const target = nextBytes === this.bytes.length ? this.bytes : allocate(nextBytes);
    this.bytes.copy(target, 0, this.start, this.end);
    if (target !== this.bytes) this.use(target);
    this.start = 0;
    this.end = kept;
  }

  /** The connection is closed: nobody reads or writes here any more. */
  close(): void {
    this.use(Buffer.alloc(1));
    this.start = 0;
    this.end = 0;
  }

  private use(bytes: Buffer): void {
    const before = this.bytes;
    this.bytes = bytes;
    if (before.length >= LARGE_BYTES) freeLarge(before);
  }
}

const allocate = (bytes: number) =>
  bytes >= LARGE_BYTES ? allocateLarge(bytes) : Buffer.allocUnsafeSlow(bytes);
