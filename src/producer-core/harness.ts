// The door for kbench's own load: the core without the library's queues, its metrics and errors.
// Not published: applications enter by index.ts.
export { effectiveIdempotence, PRODUCER_SETTINGS } from './config/config.js';
export { BufferExhaustedError, ProducerStateError, RecordTooLargeError } from './errors.js';
export { CoreProducer } from './library/core-producer.js';
export type { MetricSample } from './metrics/metric-counters.js';
export { type MetricRow, METRICS } from './metrics/metrics-table.js';
export {
  afterEachOther,
  besideEachOther,
  metricsOf,
  type MetricWindow,
  windowBetween,
} from './metrics/metrics.js';
export type {
  BatchView,
  ProducerCore,
  ProducerHooks,
  SenderWatch,
  TopicHandle,
} from './producer-api.js';
