// Cuts a byte stream into Kafka's frames ([int32 size] [bytes]). Whole frames are handed out where
// they were received; only one that is spread over reads is gathered in memory of its own. Called
// by connections. Must never believe a size before it was checked.
import { allocateLarge, freeLarge, LARGE_BYTES } from '../base/large-memory.js';
import { MAX_FRAME_BYTES } from './frame.js';
import { WireError } from './wire-error.js';

/** What an incomplete frame gets to begin with. */
const FIRST_GATHERED_BYTES = 16 * 1024;

/** Memory that the unfinished frames of several connections may take together. */
export class FrameMemory {
  private taken = 0;

  constructor(private readonly limitBytes: number) {}

  /** Throws WireError where there is no more. */
  take(bytes: number): void {
    if (this.taken + bytes > this.limitBytes) {
      throw new WireError(
        'unfinished answers of all connections would take more than ' +
          `${this.limitBytes / 1024 / 1024} MiB of memory`,
      );
    }
    this.taken += bytes;
  }

  release(bytes: number): void {
    this.taken -= bytes;
  }
}

/** Until a broker has let the client in: versions, mechanisms and challenges are some kilobytes. */
export const MAX_HANDSHAKE_ANSWER_BYTES = 1024 * 1024;

/** Enough for one answer of the largest size, and some more beside it. */
export const MAX_UNFINISHED_BYTES = 160 * 1024 * 1024;

export class FrameReader {
  /** Bytes of an incomplete frame, size prefix included. */
  private gathered: Buffer | null = null;
  private gatheredBytes = 0;
  /** Given back by who kept it; the next frame that it is large enough for is gathered in it. */
  private spare: Buffer | null = null;
  private over = false;
  private readonly sizeBytes = Buffer.alloc(4);

  /** `onFrame` sees the frame without its size prefix; its bytes are valid during the call only. */
  constructor(
    private readonly onFrame: (buffer: Buffer, from: number, to: number) => void,
    private readonly memory = new FrameMemory(MAX_UNFINISHED_BYTES),
    /** Bytes of the largest frame that may come now. */
    private readonly largest: () => number = () => MAX_FRAME_BYTES,
  ) {}

  /** Nothing more comes: gives back the memory of a frame that was not finished. */
  end(): void {
    this.over = true;
    this.release();
    this.dropSpare();
  }

  /**
   * Called within `onFrame`: the bytes stay as they are from now on. False where they are the
   * receiving buffer's, which is written over: then they are to be copied.
   */
  keep(): boolean {
    if (this.gathered === null) return false;
    this.memory.release(this.gathered.length);
    this.gathered = null;
    return true;
  }

  /** The memory of a frame that was kept, or copied, and that nobody reads any more. */
  giveBack(memory: Buffer): void {
    if (this.spare !== null && this.spare.length >= memory.length) {
      free(memory);
      return;
    }
    this.dropSpare();
    if (this.over) free(memory);
    else this.spare = memory;
  }

  private dropSpare(): void {
    if (this.spare !== null) free(this.spare);
    this.spare = null;
  }

  private release(): void {
    if (this.gathered === null) return;
    this.memory.release(this.gathered.length);
    free(this.gathered);
    this.gathered = null;
  }

  /**
   * Room for `need` bytes of a frame of `size`. It grows with what has come: a size that lies costs
   * no more than its bytes.
   */
  private roomFor(have: number, need: number, size: number): Buffer {
    const { gathered } = this;
    if (gathered !== null && gathered.length >= need) return gathered;
    if (gathered === null && this.spare !== null && this.spare.length >= size)
      return this.takeSpare(this.spare);
    // A large one gets its whole memory at once: what growing leaves behind would take as much
    // again.
    const grown = Math.max(need * 2, FIRST_GATHERED_BYTES);
    const bytes = grown >= LARGE_BYTES ? size : Math.min(size, grown);
    this.memory.take(bytes - (gathered?.length ?? 0));
    const larger = bytes >= LARGE_BYTES ? allocateLarge(bytes) : Buffer.allocUnsafe(bytes);
    gathered?.copy(larger, 0, 0, have);
    return larger;
  }

  private takeSpare(spare: Buffer): Buffer {
    this.memory.take(spare.length);
    this.spare = null;
    return spare;
  }

  /** Takes what was received. Throws WireError on a size that no Kafka broker sends. */
  push(buffer: Buffer, bytes: number): void {
    let at = 0;
    while (at < bytes && !this.over) {
      if (this.gatheredBytes > 0) {
        at = this.gather(buffer, at, bytes);
        continue;
      }
      if (bytes - at >= 4) {
        const size = checkedSize(buffer, at, this.largest());
        if (bytes - at - 4 >= size) {
          this.onFrame(buffer, at + 4, at + 4 + size);
          at += 4 + size;
          continue;
        }
      }
      at = this.gather(buffer, at, bytes);
    }
  }

  private gather(buffer: Buffer, at: number, bytes: number): number {
    while (this.gatheredBytes < 4 && at < bytes)
      this.sizeBytes[this.gatheredBytes++] = buffer[at++]!;
    if (this.gatheredBytes < 4) return at;
    const size = checkedSize(this.sizeBytes, 0, this.largest());
    const have = this.gatheredBytes - 4;
    const take = Math.min(size - have, bytes - at);
    this.gathered = this.roomFor(have, have + take, size);
    buffer.copy(this.gathered, have, at, at + take);
    this.gatheredBytes += take;
    if (have + take < size) return at + take;
    this.gatheredBytes = 0;
    try {
      this.onFrame(this.gathered, 0, size);
    } finally {
      this.release();
    }
    return at + take;
  }
}

function free(memory: Buffer): void {
  if (memory.length >= LARGE_BYTES) freeLarge(memory);
}

function checkedSize(buffer: Buffer, at: number, largest: number): number {
  const size = buffer.readInt32BE(at);
  // 0x15 0x03 is a TLS alert, 0x16 0x03 a TLS handshake message.
  if ((buffer[at] === 0x15 || buffer[at] === 0x16) && buffer[at + 1] === 0x03) {
    throw new WireError('the port answered with TLS; it wants an encrypted connection');
  }
  if (buffer.toString('latin1', at, at + 4) === 'HTTP')
    throw new WireError('the port answered with HTTP; it is not a Kafka listener');
  if (size < 4 || size > MAX_FRAME_BYTES)
    throw new WireError(`the port sent a frame of ${size} bytes; it is not a Kafka listener`);
  if (size > largest)
    throw new WireError(
      `the port sent a frame of ${size} bytes where at most ${largest} can be meant`,
    );
  return size;
}
