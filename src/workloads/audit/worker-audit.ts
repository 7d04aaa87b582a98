// The audit's part in one worker: stamps what is sent, and keeps the ledger of what became of it.
// Made by run-worker; the generator, the tracker and the transactions tell it.
import type { PayloadSource, PayloadValues } from '../payload/payload.js';
import type { Fate, Ledger, PackedLedger } from './ledger.js';
import { StampWriter } from './stamp.js';
import { StampedPayload } from './stamped-payload.js';

export class WorkerAudit {
  readonly payload: StampedPayload;
  /** The open transaction's first record. */
  private begun = 0;

  /** `run`: the number that is in every stamp of the run. */
  constructor(
    run: number,
    worker: number,
    values: PayloadSource & PayloadValues,
    private readonly ledger: Ledger,
  ) {
    this.payload = new StampedPayload(values, new StampWriter(run, worker));
  }

  /** The producer never took the record at hand. */
  refuse(): void {
    this.ledger.refuse(this.payload.sequence);
  }

  /** A transaction begins with the record at hand. */
  begin(): void {
    this.begun = this.payload.sequence;
  }

  end(fate: Fate): void {
    this.ledger.endTransaction(this.begun, this.payload.sequence, fate);
  }

  pack(): PackedLedger {
    return this.ledger.pack(this.payload.sequence);
  }
}
