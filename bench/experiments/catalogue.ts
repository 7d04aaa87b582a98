// All experiments, in the order of docs/experiments/README.md.
import { acksCost } from './acks-cost.js';
import { advertisedListeners } from './advertised-listeners.js';
import { bufferExhaustion } from './buffer-exhaustion.js';
import { fetchWait, rebalance } from './consuming.js';
import type { Experiment } from './experiment.js';
import { controllerFailover, leaderFailover } from './failovers.js';
import { highWatermark } from './high-watermark.js';
import { idleConnections } from './idle-connections.js';
import { lingerBatch } from './linger-batch.js';
import { ordering } from './ordering.js';
import { partitioning } from './partitioning.js';
import { pipelineCost } from './pipeline-cost.js';
import { zookeeperOutage } from './zookeeper-outage.js';

export const EXPERIMENTS: readonly Experiment[] = [
  ...[acksCost, lingerBatch, pipelineCost, partitioning],
  ...[fetchWait, rebalance, ordering, bufferExhaustion, idleConnections],
  ...[leaderFailover, highWatermark, controllerFailover, zookeeperOutage],
  advertisedListeners,
];
