// Writes Kafka's primitive types into one growing buffer. For cold APIs; produce requests are
// written in place elsewhere.

/** Growing writer. All integers are big-endian. `finish()` gives a view of what was written. */
export class WireWriter {
  private buffer: Buffer;
  position = 0;

  constructor(initialBytes = 256) {
    this.buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** May replace the buffer: take the position first, then name the buffer. */
  private room(bytes: number): number {
    const at = this.position;
    const need = at + bytes;
    if (need > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(need, this.buffer.length * 2));
      this.buffer.copy(grown, 0, 0, at);
      this.buffer = grown;
    }
    this.position = need;
    return at;
  }

  private byte(value: number): void {
    const at = this.room(1);
    this.buffer[at] = value;
  }

  int8(value: number): void {
    const at = this.room(1);
    this.buffer.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.room(2);
    this.buffer.writeInt16BE(value, at);
  }

  uint16(value: number): void {
    const at = this.room(2);
    this.buffer.writeUInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.room(4);
    this.buffer.writeInt32BE(value, at);
  }

  uint32(value: number): void {
    const at = this.room(4);
    this.buffer.writeUInt32BE(value, at);
  }

  int64(value: bigint): void {
    const at = this.room(8);
    this.buffer.writeBigInt64BE(value, at);
  }

  float64(value: number): void {
    const at = this.room(8);
    this.buffer.writeDoubleBE(value, at);
  }

  uvarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  uuid(text: string): void {
    const at = this.room(16);
    this.buffer.write(text.replaceAll('-', ''), at, 16, 'hex');
  }

  /** Length of what follows; -1 for null. */
  length(value: number, flexible: boolean, short: boolean): void {
    if (flexible) this.uvarint(value + 1);
    else if (short) this.int16(value);
    else this.int32(value);
  }

  utf8(text: string): void {
    const bytes = Buffer.byteLength(text);
    const at = this.room(bytes);
    this.buffer.write(text, at, bytes, 'utf8');
  }

  bytes(source: Uint8Array): void {
    const at = this.room(source.length);
    this.buffer.set(source, at);
  }

  /** Overwrites 4 bytes written before: a length that is known only now. */
  patchInt32(position: number, value: number): void {
    this.buffer.writeInt32BE(value, position);
  }

  finish(): Buffer {
    return this.buffer.subarray(0, this.position);
  }
}
