// A produce request, versions 3 to 13, read in place by hand. Called by produce.ts; held to the
// table (apis/produce.ts) by its test. The whole frame is checked before anything of it is acted
// on. Must never copy or allocate per batch.
//
//   apiKey int16 · version int16 · correlationId int32 · clientId nullable string · tags (v9+)
//   transactionalId (compact) nullable string · acks int16 · timeoutMs int32
//   topics (compact) array of
//     { name string (v0-12) | topicId uuid (v13+)
//       · partitions (compact) array of { index int32 · records (compact) bytes · tags (v9+) }
//       · tags (v9+) } · tags (v9+)
import { WireError } from '../../../wire/index.js';

/**
 * The view is made once and filled again for each request; the arrays are longer than their counts.
 */
export class ProduceRequestView {
  bytes: Buffer = Buffer.alloc(0);
  version = 0;
  correlationId = 0;
  /** Where the transactional id's bytes lie; transactionalIdBytes is -1 for none. */
  transactionalIdAt = 0;
  transactionalIdBytes = -1;
  acks = 0;
  topicCount = 0;
  partitionCount = 0;
  /**
   * By topic: where its name's or id's bytes lie, and the number of its first partition (topicCount
   * + 1 entries).
   */
  readonly nameAt: number[] = [];
  readonly nameBytes: number[] = [];
  readonly firstPartition: number[] = [];
  /** By partition: index, and where its records lie; recordsBytes is -1 for null. */
  readonly index: number[] = [];
  readonly recordsAt: number[] = [];
  readonly recordsBytes: number[] = [];

  private at = 0;
  private end = 0;
  private flexible = false;

  /**
   * Reads the header and the message that fill [at, end). Throws WireError where the lengths lie.
   */
  read(bytes: Buffer, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    const header = this.take(10);
    const version = (this.version = bytes.readInt16BE(header + 2));
    this.correlationId = bytes.readInt32BE(header + 4);
    const clientIdBytes = bytes.readInt16BE(header + 8);
    if (clientIdBytes > 0) this.take(clientIdBytes);
    const flexible = (this.flexible = version >= 9);
    if (flexible) this.skipTags();
    const idBytes = (this.transactionalIdBytes = this.length(true));
    if (idBytes > 0) this.transactionalIdAt = this.take(idBytes);
    const fixed = this.take(6);
    this.acks = bytes.readInt16BE(fixed);
    this.partitionCount = 0;
    this.topicCount = this.count();
    for (let t = 0; t < this.topicCount; t++) {
      const nameBytes = version >= 13 ? 16 : this.nonNull(this.length(true));
      this.nameAt[t] = this.take(nameBytes);
      this.nameBytes[t] = nameBytes;
      this.firstPartition[t] = this.partitionCount;
      for (let left = this.count(); left > 0; left--) {
        const p = this.partitionCount++;
        this.index[p] = bytes.readInt32BE(this.take(4));
        const recordsBytes = this.length(false);
        this.recordsBytes[p] = recordsBytes;
        this.recordsAt[p] = this.take(recordsBytes < 0 ? 0 : recordsBytes);
        if (flexible) this.skipTags();
      }
      if (flexible) this.skipTags();
    }
    this.firstPartition[this.topicCount] = this.partitionCount;
    if (flexible) this.skipTags();
    if (this.at !== this.end)
      throw new WireError(`ProduceRequest has ${this.end - this.at} bytes too many`);
  }

  private take(bytes: number): number {
    const at = this.at;
    if (bytes > this.end - at) {
      throw new WireError(
        `ProduceRequest needs ${bytes} bytes at ${at}, but has ${this.end - at} left`,
      );
    }
    this.at = at + bytes;
    return at;
  }

  /** Of a string (int16 in the old form) or bytes (int32); -1 for null. */
  private length(short: boolean): number {
    const length = this.flexible
      ? this.uvarint() - 1
      : short
        ? this.bytes.readInt16BE(this.take(2))
        : this.bytes.readInt32BE(this.take(4));
    if (length < -1) throw new WireError(`ProduceRequest claims a length of ${length}`);
    return length;
  }

  private nonNull(length: number): number {
    if (length < 0) throw new WireError('ProduceRequest has a null topic name');
    return length;
  }

  /** Of an array that may not be null. Each element takes at least 2 bytes. */
  private count(): number {
    const count = this.flexible ? this.uvarint() - 1 : this.bytes.readInt32BE(this.take(4));
    if (count < 0 || count * 2 > this.end - this.at) {
      throw new WireError(
        `ProduceRequest claims ${count} elements with ${this.end - this.at} bytes left`,
      );
    }
    return count;
  }

  private uvarint(): number {
    let value = 0;
    for (let scale = 1; scale <= 0x10000000; scale *= 128) {
      const byte = this.bytes[this.take(1)];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new WireError('ProduceRequest has an unsigned varint of more than 5 bytes');
  }

  private skipTags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.take(this.uvarint());
    }
  }
}
