// What `import ... from 'kbench/producer-core'` gives.
export { CoreProducer, type CoreProducerOptions } from './core-producer.js';
export type {
  BatchView,
  ProducerCore,
  ProducerHooks,
  ProducerSettingValues,
  ProducerTotals,
  TopicHandle,
} from './producer-api.js';
export { resolveProducerConfig, PRODUCER_SETTINGS, type ProducerConfig } from './config.js';
export * from './errors.js';
export { systemClock, type Clock, type TimerHandle } from './clock.js';
export { tcpNetwork, type Network, type Socket, type SocketEvents } from './network.js';
