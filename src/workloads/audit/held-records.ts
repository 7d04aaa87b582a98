// Records that were read back spoiled, until it is known which ones they are. A spoiled stamp is
// found out by its check, as that covers the stamp as it was. Called by the account.

export interface Unplaced {
  readonly partition: number;
  readonly offset: number;
  /** What its stamp says, which may be what is spoiled. */
  readonly worker: number;
  readonly sequence: number;
  /** What its stamp must have added to its check (stamp.ts). */
  readonly head: number;
  /** False where there are not even the bytes of a stamp. */
  readonly whole: boolean;
}

type Place = (held: Unplaced, worker: number, sequence: number) => void;

/** So many are told apart; what is spoiled beyond is counted, and taken for what it says. */
const MOST = 10_000;

export class HeldRecords {
  /** Missing times spoiled: more would match by chance, once in 2^32. */
  static readonly MATCHES = 1e6;
  readonly records: Unplaced[] = [];

  add(record: Unplaced): void {
    if (this.records.length < MOST) this.records.push(record);
  }

  /**
   * `missing`: by head part, which worker's which record; null where there are too many. Gives
   * those that fit none of them.
   */
  placeByCheck(
    missing: ReadonlyMap<number, readonly [worker: number, sequence: number]> | null,
    place: Place,
  ): readonly Unplaced[] {
    if (missing === null) return this.records;
    const taken = new Set<number>();
    return this.records.filter((held) => {
      const found = missing.get(held.head);
      if (found === undefined || taken.has(held.head)) return true;
      taken.add(held.head);
      place(held, ...found);
      return false;
    });
  }
}
