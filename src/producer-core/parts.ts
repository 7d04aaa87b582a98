// The door for tests, their doubles and benches: single parts of the producer. Not published.
export { BATCH_HEADER_BYTES } from './batching/format/batch-header.js';
export { RecordBatch } from './batching/format/record-batch.js';
export { Staging } from './batching/format/staging.js';
export { BufferPool } from './batching/memory/buffer-pool.js';
export { partitionForKey } from './batching/partitioners/murmur2.js';
export { StickyPartitioner } from './batching/partitioners/sticky-partitioner.js';
export { type PartitionBatch, PartitionState, TopicState } from './batching/topic-state.js';
export type { CodecName } from './codecs/codec.js';
export { loadCodec } from './codecs/load-codec.js';
export { compressLz4Block } from './codecs/lz4-block.js';
export { producerConfigProblems } from './config/config.js';
export { CoreProducer } from './library/core-producer.js';
export { MetricCounters } from './metrics/metric-counters.js';
export { type MetricWindow, NO_MAXIMA, windowBetween } from './metrics/metrics.js';
export type { ProducerMetrics, ProducerTotals } from './producer-api.js';
export { PRODUCE_TAILROOM_BYTES, produceHeadroomBytes } from './sending/produce-request.js';
