// Reads Kafka's primitive types out of one received frame. Called by message.ts (cold APIs) and the produce codec.
// Every length is checked against the bytes that remain before anything is allocated; what does not fit is a WireError.
import { WireError } from './wire-error.js';

/** Positioned reader over one frame. All integers are big-endian. Throws WireError past the end. */
export class WireReader {
  constructor(
    public buffer: Buffer,
    public position = 0,
    public end = buffer.length,
  ) {}

  /** Reads on in another frame, so that one reader serves a whole connection. */
  reset(buffer: Buffer, position: number, end: number): void {
    this.buffer = buffer;
    this.position = position;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  private take(bytes: number): number {
    const at = this.position;
    if (bytes < 0 || bytes > this.end - at) {
      throw new WireError(`needs ${bytes} bytes at position ${at}, but the frame has ${this.end - at} left`);
    }
    this.position = at + bytes;
    return at;
  }

  int8(): number {
    return this.buffer.readInt8(this.take(1));
  }

  bool(): boolean {
    return this.int8() !== 0;
  }

  int16(): number {
    return this.buffer.readInt16BE(this.take(2));
  }

  uint16(): number {
    return this.buffer.readUInt16BE(this.take(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.take(4));
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.take(4));
  }

  int64(): bigint {
    return this.buffer.readBigInt64BE(this.take(8));
  }

  /** An int64 as a double: exact up to 2^53, which offsets and times never pass. */
  int64AsNumber(): number {
    const at = this.take(8);
    return this.buffer.readInt32BE(at) * 4294967296 + this.buffer.readUInt32BE(at + 4);
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.take(8));
  }

  /** Unsigned varint of at most 5 bytes. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer[this.take(1)];
      // Multiplied, not shifted: the fifth byte reaches past 32 bits.
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw new WireError(`has an unsigned varint of more than 5 bytes at position ${this.position}`);
  }

  /** 16 bytes as a UUID in its usual text form. */
  uuid(): string {
    const at = this.take(16);
    const hex = this.buffer.toString('hex', at, at + 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** Length of a string, bytes or array that follows: -1 for null. Checked against `elementBytes` each. */
  length(flexible: boolean, short: boolean, elementBytes = 1): number {
    const length = flexible ? this.uvarint() - 1 : short ? this.int16() : this.int32();
    if (length < -1 || length * elementBytes > this.remaining) {
      throw new WireError(
        `claims ${length} elements at position ${this.position}, but has ${this.remaining} bytes left`,
      );
    }
    return length;
  }

  utf8(length: number): string {
    const at = this.take(length);
    return this.buffer.toString('utf8', at, at + length);
  }

  /** A view into the frame, not a copy. */
  view(length: number): Buffer {
    const at = this.take(length);
    return this.buffer.subarray(at, at + length);
  }

  skip(bytes: number): void {
    this.take(bytes);
  }

  /** Skips a tagged-field section whose fields are of no interest. */
  skipTags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.skip(this.uvarint());
    }
  }
}
