// The audit's part in one worker: keeps the ledger of what became of the stamped records that it
// sends. Made by run-worker; the generator, the tracker and the transactions tell it.
import type { Fate, Ledger, PackedLedger } from './ledger.js';
import type { StampedPayload } from './stamped-payload.js';

export class WorkerAudit {
  /** The open transaction's first record. */
  private begun = 0;

  constructor(
    readonly payload: StampedPayload,
    private readonly ledger: Ledger,
  ) {}

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
