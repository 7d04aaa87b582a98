// What `import ... from 'kbench/producer-core'` gives.
export { Producer, type PartitionInfo, type ProducerOptions, type RecordData } from './producer.js';
export { CoreProducer, type CoreProducerOptions } from './public-core.js';
export type { ProducerSettings } from './producer-settings.js';
export type * from './producer-api.js';
export type * from './user-code/interfaces.js';
export { resolveProducerConfig, PRODUCER_SETTINGS, type ProducerConfig } from './config.js';
export type { ProducerTotals, MetricSample, MetricMaxima, MetricGauges } from './metric-counters.js';
export { metricsBetween, type ProducerMetrics } from './metrics.js';
export { METRICS, type MetricRow } from './metrics-table.js';
export * from './errors.js';
export { InvalidRecordError, PartitionerError, SerializationError } from './user-code/user-code-error.js';
export { systemClock, type Clock, type TimerHandle } from './clock.js';
export { tcpNetwork, type Network, type Socket, type SocketEvents } from './network.js';
