// Answers of one connection, written one behind the other into a slab and handed to the socket
// together. Called by client-connection.ts and the produce handler. Bytes once handed over are
// never touched again (the kernel may still read them): a full slab is left to the collector, which
// at some 60 bytes an answer happens once in a thousand.

const SLAB_BYTES = 64 * 1024;

export class OutputBuffer {
  bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
  /** Where the next byte is written. */
  position = 0;
  /** Start of what was not taken yet. */
  private untaken = 0;

  get pending(): number {
    return this.position - this.untaken;
  }

  /**
   * Makes room for so many more bytes. What is pending keeps its content, but may move: positions
   * are then relative to `pending`.
   */
  reserve(bytes: number): void {
    if (this.bytes.length - this.position >= bytes) return;
    const pending = this.pending;
    const slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * (pending + bytes)));
    this.bytes.copy(slab, 0, this.untaken, this.position);
    this.bytes = slab;
    this.untaken = 0;
    this.position = pending;
  }

  append(frame: Buffer): void {
    this.reserve(frame.length);
    this.position += frame.copy(this.bytes, this.position);
  }

  /** All that is pending but its last `heldBytes`, for the socket. */
  take(heldBytes: number): Buffer {
    const taken = this.bytes.subarray(this.untaken, this.position - heldBytes);
    this.untaken = this.position - heldBytes;
    return taken;
  }

  /** Takes back the last so many bytes, as if never written. */
  takeBack(bytes: number): Buffer {
    this.position -= bytes;
    return this.bytes.subarray(this.position, this.position + bytes);
  }
}
