// One connection's received bytes, in one buffer that the socket reads into: frames are handled where they lie. Called by connection.ts.
// The window given out by `window()` stays where it is until `filled()`: the kernel may write there at any moment.
// Must never allocate more than was in fact received, twice over: a frame's claimed length alone buys nothing.

const FIRST_BYTES = 128 * 1024;
/** A window smaller than this is not worth a system call. */
const LEAST_WINDOW_BYTES = 16 * 1024;
/** An emptied buffer above this gives its memory back. */
const KEEP_BYTES = 4 * 1024 * 1024;

export class ReceiveBuffer {
  bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** First byte that was not consumed. */
  start = 0;
  /** Behind the last byte received. */
  end = 0;

  get buffered(): number {
    return this.end - this.start;
  }

  /** Where the next bytes go; not empty. Moves or grows what is buffered when room runs out. */
  window(): Buffer {
    if (this.start === this.end) {
      if (this.bytes.length > KEEP_BYTES) this.bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
      this.start = 0;
      this.end = 0;
    }
    if (this.bytes.length - this.end < LEAST_WINDOW_BYTES) this.makeRoom();
    return this.bytes.subarray(this.end);
  }

  /** The socket wrote so many bytes into the window. */
  filled(bytes: number): void {
    this.end += bytes;
  }

  consume(bytes: number): void {
    this.start += bytes;
  }

  private makeRoom(): void {
    const kept = this.end - this.start;
    const roomy = this.bytes.length - kept >= this.bytes.length / 2;
    const target = roomy ? this.bytes : Buffer.allocUnsafeSlow(this.bytes.length * 2);
    this.bytes.copy(target, 0, this.start, this.end);
    this.bytes = target;
    this.start = 0;
    this.end = kept;
  }
}
