// Where runs of acknowledged records were stored, so that a lost one can be named by partition and
// offset. Kept by a worker's ledger, read by the account. Of bounded size: once it is full every
// second entry goes, and only every second batch is noted from then on, and so forth.

export const MOST_ENTRIES = 1 << 17;
const DOUBLES = 2;
const WORDS = 2;
/** Of one entry, in each of its arrays. */
export const ENTRY_BYTES = {
  doubles: DOUBLES * Float64Array.BYTES_PER_ELEMENT,
  words: WORDS * Uint32Array.BYTES_PER_ELEMENT,
} as const;

/** Plain data over shared memory. */
export interface PackedPlaces {
  readonly entries: number;
  readonly doubles: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
}

export interface Place {
  readonly partition: number;
  /** Null where the broker told none (acks=0, a duplicate). */
  readonly offset: number | null;
}

export class PlaceJournal {
  private entries: number;
  private every = 1;
  private seen = 0;
  /** Of each entry: its first record's number, and its offset (-1: not told). */
  private readonly doubles: Float64Array;
  /** Of each entry: records, partition. */
  private readonly words: Uint32Array;

  constructor(packed?: PackedPlaces) {
    this.entries = packed?.entries ?? 0;
    this.doubles = new Float64Array(
      packed?.doubles ?? new SharedArrayBuffer(MOST_ENTRIES * ENTRY_BYTES.doubles),
    );
    this.words = new Uint32Array(
      packed?.words ?? new SharedArrayBuffer(MOST_ENTRIES * ENTRY_BYTES.words),
    );
  }

  note(first: number, count: number, partition: number, offset: number): void {
    this.seen += 1;
    if (this.seen % this.every !== 0) return;
    if (this.entries === MOST_ENTRIES) this.thin();
    const at = this.entries;
    this.doubles[at * DOUBLES] = first;
    this.doubles[at * DOUBLES + 1] = offset;
    this.words[at * WORDS] = count;
    this.words[at * WORDS + 1] = partition;
    this.entries += 1;
  }

  /** Where the record was stored, null where that was not kept. Slow: for a few examples. */
  placeOf(sequence: number): Place | null {
    for (let at = this.entries - 1; at >= 0; at--) {
      const behind = sequence - this.doubles[at * DOUBLES];
      if (behind < 0 || behind >= this.words[at * WORDS]) continue;
      const offset = this.doubles[at * DOUBLES + 1];
      return {
        partition: this.words[at * WORDS + 1],
        offset: offset < 0 ? null : offset + behind,
      };
    }
    return null;
  }

  pack(): PackedPlaces {
    return {
      entries: this.entries,
      doubles: this.doubles.buffer as SharedArrayBuffer,
      words: this.words.buffer as SharedArrayBuffer,
    };
  }

  private thin(): void {
    for (let at = 0; at < MOST_ENTRIES / 2; at++) {
      for (let i = 0; i < DOUBLES; i++) this.doubles[at * DOUBLES + i] = this.doubles[at * 4 + i];
      for (let i = 0; i < WORDS; i++) this.words[at * WORDS + i] = this.words[at * 4 + i];
    }
    this.entries = MOST_ENTRIES / 2;
    this.every *= 2;
  }
}
