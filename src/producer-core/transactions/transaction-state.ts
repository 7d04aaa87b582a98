// The states of a producer with idempotence or transactions, and which may follow which: as in
// Java's TransactionManager.State. Plain data, used by transaction-manager.ts.

export type TransactionState =
  | 'UNINITIALIZED'
  | 'INITIALIZING'
  | 'READY'
  | 'IN_TRANSACTION'
  | 'COMMITTING_TRANSACTION'
  | 'ABORTING_TRANSACTION'
  | 'ABORTABLE_ERROR'
  | 'FATAL_ERROR';

const SOURCES: Readonly<
  Record<Exclude<TransactionState, 'FATAL_ERROR'>, readonly TransactionState[]>
> = {
  UNINITIALIZED: ['READY', 'ABORTABLE_ERROR'],
  INITIALIZING: ['UNINITIALIZED', 'COMMITTING_TRANSACTION', 'ABORTING_TRANSACTION'],
  READY: ['INITIALIZING', 'COMMITTING_TRANSACTION', 'ABORTING_TRANSACTION'],
  IN_TRANSACTION: ['READY'],
  COMMITTING_TRANSACTION: ['IN_TRANSACTION'],
  ABORTING_TRANSACTION: ['IN_TRANSACTION', 'ABORTABLE_ERROR'],
  ABORTABLE_ERROR: ['IN_TRANSACTION', 'COMMITTING_TRANSACTION', 'ABORTABLE_ERROR', 'INITIALIZING'],
};

/** A fatal error may come about at any time, and nothing follows it but close. */
export function mayFollow(source: TransactionState, target: TransactionState): boolean {
  return target === 'FATAL_ERROR' || SOURCES[target].includes(source);
}
