// The values of an audited worker: those of its payload, each with the stamp of its record over its
// first 16 bytes. Made by create-payload; the generator asks it for the number of the record at
// hand. Nothing is allocated or copied per record, but for values in memory that workers share.
import type { PayloadSource, PayloadValues } from '../payload/payload.js';
import type { StampWriter } from './stamp.js';

export class StampedPayload implements PayloadSource {
  current: Uint8Array;
  /** Of the current value's record; how many were sent before it. */
  sequence = 0;
  /** What each value's own bytes add to its check. */
  private readonly parts: Int32Array;
  private readonly own: Uint8Array;

  constructor(
    private readonly source: PayloadSource & PayloadValues,
    private readonly stamp: StampWriter,
  ) {
    this.parts = new Int32Array(source.count);
    let shared = 0;
    for (let value = 0; value < source.count; value++) {
      const bytes = source.valueAt(value);
      this.parts[value] = stamp.partOf(bytes);
      if (isShared(bytes)) shared = Math.max(shared, bytes.length);
    }
    this.own = new Uint8Array(shared);
    source.restart();
    this.current = this.stamped();
  }

  advance(): void {
    this.sequence += 1;
    this.source.advance();
    this.current = this.stamped();
  }

  restart(): void {
    this.source.restart();
    this.current = this.stamped();
  }

  private stamped(): Uint8Array {
    let value = this.source.current;
    if (this.own.length > 0 && isShared(value)) {
      this.own.set(value);
      value = this.own.subarray(0, value.length);
    }
    this.stamp.write(value, this.sequence, this.parts[this.source.index]);
    return value;
  }
}

/** Other workers send the same bytes: they are not to be written over. */
const isShared = ({ buffer }: Uint8Array): boolean => buffer instanceof SharedArrayBuffer;
