// What the accumulator asks of an idempotent or transactional producer's identity; SequenceBook and
// TransactionManager answer. Declared here, so that batches know nothing of requests about them.
import type { ProducerError } from '../errors.js';
import type { PartitionBatch, PartitionState } from './topic-state.js';

/** Who gets which sequence number; asked once a batch. */
export interface Sequencing {
  /** The first batch of the queue waits for answers, of which other partitions' need not know. */
  waits(batch: PartitionBatch, partition: PartitionState): boolean;
  /** The first batch of the partition's queue has to stay there for now, and the round ends. */
  holdsBack(batch: PartitionBatch, partition: PartitionState): boolean;
  /** Gives the batch its number, unless it has one from an earlier attempt. */
  assign(batch: PartitionBatch, partition: PartitionState): void;
  /** Back into its partition's queue, by its number. */
  insertInOrder(batch: PartitionBatch): void;
}

export interface Idempotence {
  readonly transactional: boolean;
  /** A transaction is ending: whatever waits is ready at once. */
  readonly completing: boolean;
  readonly sequences: Sequencing;
  /** A batch was opened for the partition, as part of the transaction. */
  batchOpened(partition: PartitionState): void;
  /** A record was not taken: a transaction that lacks it has to be aborted. */
  recordRefused(error: ProducerError): void;
}
