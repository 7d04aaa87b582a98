// Sealed batches without a producer around them: for tests of the codecs.
import {
  BufferPool,
  type PartitionBatch,
  PartitionState,
  PRODUCE_TAILROOM_BYTES,
  produceHeadroomBytes,
  RecordBatch,
  type Staging,
  StickyPartitioner,
  TopicState,
} from '../../producer-core/parts.js';

export function topicState(name: string, partitions: number, id: Buffer | null = null): TopicState {
  const options = { batchBytes: 1000, adaptive: false, availabilityTimeoutMs: 0, random: () => 0 };
  const topic = new TopicState(name, new StickyPartitioner(options));
  topic.id = id;
  for (let i = 0; i < partitions; i++) topic.partitions.push(new PartitionState(topic, i));
  return topic;
}

export class BatchMaker {
  readonly pool: BufferPool<PartitionBatch>;

  constructor(
    clientId = 'client',
    readonly batchSize = 1000,
    totalBytes = 1_000_000,
    readonly staging: Staging | null = null,
  ) {
    const headroom = produceHeadroomBytes(clientId);
    this.pool = new BufferPool(totalBytes, batchSize, headroom, PRODUCE_TAILROOM_BYTES);
  }

  /** An open batch with room for batch.size bytes, or `bytes` if that is more. */
  open(topic: TopicState, partition: number, bytes = this.batchSize): PartitionBatch {
    const slot = this.pool.allocate(Math.max(bytes, this.batchSize))!;
    const state = topic.partitions[partition];
    const batch = (slot.batch ??= new RecordBatch<PartitionState>(slot, state, this.staging));
    batch.open(state, 0);
    return batch;
  }

  /** A sealed one with `records` values. */
  sealed(topic: TopicState, partition: number, records = 1): PartitionBatch {
    const batch = this.open(topic, partition);
    for (let i = 0; i < records; i++)
      batch.tryAppend(null, Buffer.from(`${topic.name}-${partition}-${i}`), 1_700_000_000_000 + i);
    batch.seal();
    batch.topicId = topic.id;
    return batch;
  }
}

export function batchBytes(batch: RecordBatch): Buffer {
  const inSlot = batch.slot.buffer.subarray(batch.slot.start, batch.end);
  return Buffer.concat(batch.body === null ? [inSlot] : [inSlot, batch.body]);
}
