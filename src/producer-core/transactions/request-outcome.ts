// What became of one transactional request, or of the series that one call of the user set off:
// Java's TransactionalRequestResult. Filled in by the requests, looked at by core-producer.ts for
// the user's promise.
import type { ProducerError } from '../errors.js';
import type { TransactionState } from './transaction-state.js';

export class RequestOutcome {
  completed = false;
  error: ProducerError | null = null;
  /**
   * The user was told: the next call may be another one. Else (max.block.ms had passed) the same
   * call has to be made again.
   */
  acknowledged = false;

  acknowledge(): void {
    this.acknowledged = true;
  }

  done(): void {
    this.completed = true;
  }

  fail(error: ProducerError): void {
    this.error = error;
    this.completed = true;
  }
}

/**
 * The call of the user that was made last; the next may be another one once its outcome is
 * acknowledged.
 */
export interface PendingTransition {
  readonly outcome: RequestOutcome;
  readonly next: TransactionState;
  readonly operation: string;
}
