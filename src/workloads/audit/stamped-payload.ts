// The values of an audited worker: those of its payload, each with the stamp of its record over its
// first 16 bytes. Made by worker-audit; the generator asks it for the number of the record at hand.
// Nothing is copied per record, but for the values of large payload files.
import type { PayloadSource, PayloadValues } from '../payload/payload.js';
import type { StampWriter } from './stamp.js';

/** Longer values are views made on the spot: one object among so many bytes costs nothing. */
const MAX_KEPT = 16 * 1024;

export class StampedPayload implements PayloadSource {
  current: Uint8Array;
  /** Of the current value's record; how many were sent before it. */
  sequence = 0;
  /** What each value's own bytes add to its check. */
  private readonly parts: Int32Array;
  /** Where each value lies in `view`; null where values are copied before they are stamped. */
  private readonly places: Uint32Array | null;
  private readonly view: DataView;
  /** For values that lie elsewhere each time, or in memory that workers share. */
  private readonly own: Uint8Array;
  private readonly ofLength: (Uint8Array | undefined)[];

  constructor(
    private readonly source: PayloadSource & PayloadValues,
    private readonly stamp: StampWriter,
  ) {
    const { count } = source;
    this.parts = new Int32Array(count);
    let longest = 0;
    for (let value = 0; value < count; value++) {
      const bytes = source.valueAt(value);
      this.parts[value] = stamp.partOf(bytes);
      longest = Math.max(longest, bytes.length);
    }
    const { buffer } = source;
    this.own = new Uint8Array(buffer === null ? longest : 0);
    const views = buffer === null ? Math.min(longest, MAX_KEPT) + 1 : 0;
    this.ofLength = new Array<Uint8Array | undefined>(views).fill(undefined);
    this.view = new DataView(buffer ?? this.own.buffer);
    this.places = buffer === null ? null : new Uint32Array(count);
    for (let value = 0; this.places !== null && value < count; value++) {
      this.places[value] = source.valueAt(value).byteOffset;
      stamp.write(this.view, this.places[value], 0, this.parts[value]);
    }
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
    const { source, stamp, places, sequence } = this;
    const { index } = source;
    if (places !== null) {
      stamp.writeAgain(this.view, places[index], sequence, this.parts[index]);
      return source.current;
    }
    const { current } = source;
    this.own.set(current);
    stamp.write(this.view, 0, sequence, this.parts[index]);
    return this.ownOf(current.length);
  }

  /** Views of small values are kept, one for each length. */
  private ownOf(length: number): Uint8Array {
    if (length >= this.ofLength.length) return this.own.subarray(0, length);
    return (this.ofLength[length] ??= this.own.subarray(0, length));
  }
}
