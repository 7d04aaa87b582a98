// A closed loop's worker notes when its records leave, a chunk at a time. Told by the closed loop;
// read through sent-times.ts by whoever receives them.
import type { StampedPayload } from '../audit/stamped-payload.js';
import type { SentTimesWriter } from './sent-times.js';

export class SentNotes {
  /** `offsetMs`: from the worker's clock to the common one. */
  constructor(
    private readonly payload: StampedPayload,
    private readonly times: SentTimesWriter,
    private readonly offsetMs: number,
  ) {}

  /** The record at hand, and those that follow in this chunk, leave now. */
  note(nowMs: number): void {
    this.times.note(this.payload.sequence, nowMs + this.offsetMs);
  }
}
