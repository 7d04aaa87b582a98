// Closed loop: when each record was handed over, for whoever receives it. In memory that workers
// and consumers share; one writer a worker. A record's number finds the note of the chunk that it
// left with. The newest million notes are kept (tens of millions of records at full speed).

/** Notes of one worker; memory is used as far as there are notes: at most 16 MiB. */
const NOTES = 1 << 20;
/** Notes about to be written over are not read any more. */
const MARGIN = 1024;
/** What a worker's notes begin with: how many were ever made. */
const HEAD_BYTES = 8;
const BYTES = HEAD_BYTES + 2 * NOTES * Float64Array.BYTES_PER_ELEMENT;

class Notes {
  /** How many were ever made; the next one goes to this place, modulo. */
  readonly made: Float64Array;
  readonly sequences: Float64Array;
  readonly times: Float64Array;

  constructor(buffer: SharedArrayBuffer, worker: number) {
    const at = worker * BYTES;
    this.made = new Float64Array(buffer, at, 1);
    this.sequences = new Float64Array(buffer, at + HEAD_BYTES, NOTES);
    this.times = new Float64Array(buffer, at + HEAD_BYTES + this.sequences.byteLength, NOTES);
  }
}

export function createSentTimes(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * BYTES);
}

/** Of one worker. */
export class SentTimesWriter {
  private readonly notes: Notes;
  private made = 0;

  constructor(buffer: SharedArrayBuffer, worker: number) {
    this.notes = new Notes(buffer, worker);
  }

  /** The record of this number, and those after it up to the next note, are sent at this time. */
  note(sequence: number, atMs: number): void {
    const { made, sequences, times } = this.notes;
    const place = this.made & (NOTES - 1);
    sequences[place] = sequence;
    times[place] = atMs;
    this.made += 1;
    made[0] = this.made;
  }
}

export class SentTimesReader {
  private readonly notes: readonly Notes[];
  /** By worker: the note of the last record that was asked for, which the next one mostly has. */
  private readonly last: Float64Array;

  constructor(buffer: SharedArrayBuffer, workers: number) {
    this.notes = Array.from({ length: workers }, (_, worker) => new Notes(buffer, worker));
    this.last = new Float64Array(workers);
  }

  /** As it was noted; NaN where that is not kept any more. */
  at(worker: number, sequence: number): number {
    const notes = this.notes[worker];
    const { sequences, times } = notes;
    const made = notes.made[0];
    const oldest = made <= NOTES - MARGIN ? 0 : made - (NOTES - MARGIN);
    let low = this.last[worker];
    if (!(low >= oldest && holds(sequences, low, made, sequence))) {
      low = oldest;
      let high = made - 1;
      // The last note at or before the record.
      while (low < high) {
        const middle = Math.floor((low + high + 1) / 2);
        if (sequences[middle & (NOTES - 1)] <= sequence) low = middle;
        else high = middle - 1;
      }
      if (!holds(sequences, low, made, sequence)) return NaN;
      this.last[worker] = low;
    }
    return times[low & (NOTES - 1)];
  }
}

function holds(sequences: Float64Array, note: number, made: number, sequence: number): boolean {
  if (note >= made || sequences[note & (NOTES - 1)] > sequence) return false;
  return note + 1 >= made || sequences[(note + 1) & (NOTES - 1)] > sequence;
}
