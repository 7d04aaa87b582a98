// Reads Kafka's primitive types out of one received frame. Called by message.ts (cold APIs) and the
// produce codec. Every length is checked against the bytes that remain before anything is
// allocated, and what one frame becomes on the heap has a bound: what does not fit is a WireError.
import { WireError } from './wire-error.js';

const MIB = 1024 * 1024;

/**
 * What one frame may become on the heap. A cluster of 1,000 brokers and 200,000 partitions takes
 * some 15 MiB of it; without a bound 99 MiB of empty structures became 3.4 GiB.
 */
const MAX_DECODED_BYTES = 128 * MIB;

/** Java's MessageGenerator refuses longer ones, in the compact form too, which could hold more. */
const MAX_STRING_BYTES = 0x7fff;

// About what V8 takes for each (64 bits, no pointer compression).
const STRUCT_BYTES = 32;
const FIELD_BYTES = 12;
const ARRAY_BYTES = 48;
const ELEMENT_BYTES = 8;
const STRING_BYTES = 24;
const VIEW_BYTES = 120;
const UUID_CHARACTERS = 36;

const DASH = 0x2d;
const uuidText = Buffer.alloc(UUID_CHARACTERS);

/** Positioned reader over one frame. All integers are big-endian. Throws WireError past the end. */
export class WireReader {
  private decodedBytes = 0;

  constructor(
    public buffer: Buffer,
    public position = 0,
    public end = buffer.length,
    private readonly maxDecodedBytes = MAX_DECODED_BYTES,
  ) {}

  /** Reads on in another frame, so that one reader serves a whole connection. */
  reset(buffer: Buffer, position: number, end: number): void {
    this.buffer = buffer;
    this.position = position;
    this.end = end;
    this.decodedBytes = 0;
  }

  /** About what the frame has become on the heap so far. */
  get decoded(): number {
    return this.decodedBytes;
  }

  /** To be called before so much is allocated for what the frame says. */
  charge(bytes: number): void {
    this.decodedBytes += bytes;
    if (this.decodedBytes <= this.maxDecodedBytes) return;
    throw new WireError(
      `would take more than ${this.maxDecodedBytes / MIB} MiB of memory ` +
        `(at position ${this.position} of ${this.end} bytes)`,
    );
  }

  chargeStruct(fields: number): void {
    this.charge(STRUCT_BYTES + FIELD_BYTES * fields);
  }

  chargeArray(elements: number): void {
    this.charge(ARRAY_BYTES + ELEMENT_BYTES * elements);
  }

  get remaining(): number {
    return this.end - this.position;
  }

  private take(bytes: number): number {
    const at = this.position;
    if (bytes < 0 || bytes > this.end - at) {
      throw new WireError(
        `needs ${bytes} bytes at position ${at}, but the frame has ${this.end - at} left`,
      );
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
    this.charge(STRING_BYTES + UUID_CHARACTERS);
    const at = this.take(16);
    const hex = this.buffer.toString('hex', at, at + 16);
    // Written and read back: a text put together of parts keeps all of them until someone looks at
    // it.
    let to = 0;
    for (let from = 0; from < hex.length; from++) {
      if (from === 8 || from === 12 || from === 16 || from === 20) uuidText[to++] = DASH;
      uuidText[to++] = hex.charCodeAt(from);
    }
    return uuidText.toString('latin1', 0, UUID_CHARACTERS);
  }

  /**
   * Length of a string, bytes or array that follows: -1 for null. Checked against `elementBytes`
   * each.
   */
  length(flexible: boolean, short: boolean, elementBytes = 1): number {
    const length = flexible ? this.uvarint() - 1 : short ? this.int16() : this.int32();
    if (length < -1 || length * elementBytes > this.remaining) {
      throw new WireError(
        `claims ${length} elements at position ${this.position}, ` +
          `but has ${this.remaining} bytes left`,
      );
    }
    if (short && length > MAX_STRING_BYTES)
      throw new WireError(`has a string of ${length} bytes at position ${this.position}`);
    return length;
  }

  utf8(length: number): string {
    // The empty one is shared.
    if (length > 0) this.charge(STRING_BYTES + 2 * length);
    const at = this.take(length);
    return this.buffer.toString('utf8', at, at + length);
  }

  /** A view into the frame, not a copy. */
  view(length: number): Buffer {
    this.charge(VIEW_BYTES);
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
