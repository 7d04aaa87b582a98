// The user's side of transactions: calls as promises, each at most max.block.ms long, as
// KafkaProducer's methods of the same names. Called through core-producer.ts.
import type { ProducerConfig } from '../config/config.js';
import { ClosedError, IllegalStateError, TimeoutError, type ProducerError } from '../errors.js';
import type { ConsumerGroupMetadata, OffsetToCommit } from './group-offsets.js';
import type { RequestOutcome } from './request-outcome.js';
import type { TransactionManager } from './transaction-manager.js';

/**
 * Resolves once `done` holds, rejects with the error that it gives or, after `maxMs` (default:
 * max.block.ms), with `late()`.
 */
export type Wait = (
  done: () => boolean | ProducerError,
  late: () => ProducerError,
  maxMs?: number,
) => Promise<void>;

/** A limit that does not limit: the longest that a timer takes. */
const FOR_EVER_MS = 2_147_483_647;

export class TransactionCalls {
  private closing = false;

  constructor(
    private readonly manager: TransactionManager | null,
    private readonly config: ProducerConfig,
    private readonly wait: Wait,
  ) {}

  async init(): Promise<void> {
    await this.call('initTransactions', (manager) => manager.initTransactions());
    this.manager!.updateVersion(true);
  }

  begin(): void {
    this.required('beginTransaction').beginTransaction();
  }

  commit(): Promise<void> {
    return this.call('commitTransaction', (manager) => manager.commitTransaction());
  }

  abort(): Promise<void> {
    return this.call('abortTransaction', (manager) => manager.abortTransaction());
  }

  async sendOffsets(
    offsets: readonly OffsetToCommit[],
    group: ConsumerGroupMetadata,
  ): Promise<void> {
    const { groupId, memberId = '', generationId = -1 } = group;
    if (groupId === '')
      throw new IllegalStateError('sendOffsetsToTransaction: the group has no id');
    if (generationId > 0 && memberId === '') {
      throw new IllegalStateError('sendOffsetsToTransaction: a generation needs a member id');
    }
    if (offsets.length === 0) return;
    await this.call('sendOffsetsToTransaction', (manager) => manager.sendOffsets(offsets, group));
  }

  /**
   * Aborts what is open when the producer closes; resolves when that is done or in vain. Never
   * rejects.
   */
  async end(): Promise<void> {
    this.closing = true;
    const { manager } = this;
    if (manager?.ongoing !== true) return;
    try {
      if (!manager.completing) manager.abortTransaction();
      await this.wait(
        () => !manager.ongoing,
        () => new TimeoutError('the transaction could not be aborted'),
        FOR_EVER_MS,
      );
    } catch {
      // What cannot be aborted from here ends by transaction.timeout.ms.
    }
  }

  private required(operation: string): TransactionManager {
    if (this.manager?.transactional !== true)
      throw new IllegalStateError(`${operation}: needs the setting transactional.id`);
    if (this.closing) throw new ClosedError();
    return this.manager;
  }

  private async call(
    operation: string,
    start: (manager: TransactionManager) => RequestOutcome,
  ): Promise<void> {
    const outcome = start(this.required(operation));
    const done = () => {
      if (!outcome.completed) return false;
      outcome.acknowledge();
      return outcome.error ?? true;
    };
    const text =
      `${operation} has not ended within ${this.config.maxBlockMs} ms (max.block.ms); ` +
      'it may be called again';
    await this.wait(done, () => new TimeoutError(text));
  }
}
