// Frames on a connection between coordinator and agent: four bytes of length, then so many bytes of
// JSON in UTF-8. A frame that is longer than the reader allows is refused before it is read.
import { fromText, toText } from './plain-values.js';

const LENGTH_BYTES = 4;

/** Before the other side has proved who it is. */
export const STRANGER_BYTES = 4 * 1024;
/** A share's result: some 100 KiB a worker at the worst, of at most 64 workers, as base64. */
export const MEMBER_BYTES = 32 * 1024 * 1024;

/** What came is no frame of ours. */
export class FrameError extends Error {}

export function frameOf(message: unknown): Buffer {
  const text = toText(message);
  const length = Buffer.byteLength(text);
  if (length > MEMBER_BYTES) {
    throw new FrameError(`a message of ${length} bytes is more than ${MEMBER_BYTES}`);
  }
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + length);
  frame.writeUInt32BE(length, 0);
  frame.write(text, LENGTH_BYTES);
  return frame;
}

/** What is known by its first bytes to be something else: never the length of a frame of ours. */
function foreign(bytes: Buffer): string | null {
  if (/^[A-Z]{3}[A-Z ]/.test(bytes.toString('latin1', 0, LENGTH_BYTES))) return 'it speaks HTTP';
  return bytes[0] === TLS_HANDSHAKE && bytes[1] === TLS_MAJOR ? 'it speaks TLS' : null;
}

/** The first record of TLS, of any version. */
const [TLS_HANDSHAKE, TLS_MAJOR] = [0x16, 0x03];

export class FrameReader {
  private chunks: Buffer[] = [];
  private bytes = 0;

  constructor(private limitBytes = STRANGER_BYTES) {}

  /** The other side has proved who it is: its frames may be larger. */
  trust(): void {
    this.limitBytes = MEMBER_BYTES;
  }

  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
  }

  /** The next whole message, or null. Throws FrameError where there can be none any more. */
  next(): { readonly message: unknown } | null {
    if (this.bytes < LENGTH_BYTES) return null;
    if (this.chunks[0].length < LENGTH_BYTES) this.join();
    const length = this.chunks[0].readUInt32BE(0);
    if (length > this.limitBytes) {
      throw new FrameError(
        foreign(this.chunks[0]) ??
          `a frame of ${length} bytes where ${this.limitBytes} are allowed`,
      );
    }
    if (this.bytes < LENGTH_BYTES + length) return null;
    this.join();
    const [whole] = this.chunks;
    const text = whole.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + length);
    const rest = whole.subarray(LENGTH_BYTES + length);
    this.chunks = rest.length === 0 ? [] : [rest];
    this.bytes = rest.length;
    try {
      return { message: fromText(text) };
    } catch {
      throw new FrameError('a frame does not hold JSON');
    }
  }

  private join(): void {
    if (this.chunks.length > 1) this.chunks = [Buffer.concat(this.chunks)];
  }
}
