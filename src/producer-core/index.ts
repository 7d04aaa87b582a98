// What `import ... from 'kbench/producer-core'` gives.
export {
  Producer,
  type PartitionInfo,
  type ProducerOptions,
  type RecordData,
} from './library/producer.js';
export { CoreProducer, type CoreProducerOptions } from './library/public-core.js';
export type { ProducerSettings } from './config/producer-settings.js';
export type * from './producer-api.js';
export type * from './user-code/interfaces.js';
export type { GivenToken, TokenProvider, TokenRequest } from '../connect/security/index.js';
export { resolveProducerConfig, PRODUCER_SETTINGS, type ProducerConfig } from './config/config.js';
export type {
  ProducerTotals,
  MetricSample,
  MetricMaxima,
  MetricGauges,
} from './metrics/metric-counters.js';
export { metricsBetween, type ProducerMetrics } from './metrics/metrics.js';
export { METRICS, type MetricRow } from './metrics/metrics-table.js';
export * from './errors.js';
export {
  InvalidRecordError,
  PartitionerError,
  SerializationError,
} from './user-code/user-code-error.js';
export { systemClock, type Clock, type TimerHandle } from '../base/clock.js';
export { type Network, type Socket, type SocketEvents, tcpNetwork } from '../connect/connecting.js';
