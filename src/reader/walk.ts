// What is asked of a walk through the batches of one partition's answer: which records, and who is
// told. Made by fetch-session.ts; read by record-batches.ts and legacy-messages.ts.
import type { AbortedTransactions } from './aborted-transactions.js';
import type { RecordVisitor } from './reader-types.js';

/** What stands between batches and those who are told. */
export interface Walk {
  readonly slot: number;
  /** Records below it were asked for by nobody. */
  readonly from: number;
  /** Records from it on were asked for by nobody; Infinity for none. */
  readonly to: number;
  readonly visitor: RecordVisitor;
  /** Null: aborted transactions are shown too. */
  readonly aborted: AbortedTransactions | null;
}
