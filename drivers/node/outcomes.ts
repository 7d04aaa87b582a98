// What became of every record, by its number: written to the file that kbench reads for the audit.
import { writeFileSync } from 'node:fs';
import { OUTCOMES } from '../../src/contract/driver-protocol.js';
import { StampWriter } from '../../src/workloads/audit/stamp.js';

export interface AuditPlace {
  readonly run: number;
  readonly outcomes: string;
}

const FIRST_RECORDS = 1 << 16;

export class Outcomes {
  private bytes = new Uint8Array(FIRST_RECORDS);
  private next = 0;
  private readonly stamp: StampWriter;
  /** What each value's own bytes add to its check. */
  private readonly parts: readonly number[];

  constructor(
    private readonly audit: AuditPlace,
    worker: number,
    private readonly values: readonly Buffer[],
  ) {
    this.stamp = new StampWriter(audit.run, worker);
    this.parts = values.map((value) => this.stamp.partOf(value));
  }

  /** The next record's number, and its value with the stamp in it. */
  stamped(value: number): { readonly sequence: number; readonly value: Buffer } {
    const sequence = this.next++;
    const copy = Buffer.from(this.values[value]);
    const view = new DataView(copy.buffer, copy.byteOffset, copy.length);
    this.stamp.write(view, 0, sequence, this.parts[value]);
    return { sequence, value: copy };
  }

  settle(first: number, count: number, outcome: keyof typeof OUTCOMES): void {
    while (this.bytes.length < first + count) {
      const more = new Uint8Array(this.bytes.length * 2);
      more.set(this.bytes);
      this.bytes = more;
    }
    this.bytes.fill(OUTCOMES[outcome], first, first + count);
  }

  write(): void {
    this.settle(this.next, 0, 'none');
    writeFileSync(this.audit.outcomes, this.bytes.subarray(0, this.next));
  }
}
