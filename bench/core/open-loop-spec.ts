// One run in an open loop for a benchmark: a worker, a topic of one partition, random values.
import type { RunSpec } from '../../src/contract/run-spec.js';
import type { ConsumerSettings } from '../../src/contract/settings.js';

export interface OpenLoopWork {
  readonly bootstrap: readonly string[];
  /** The brokers are in this process. */
  readonly embedded: boolean;
  readonly topic: string;
  readonly lingerMs: number;
  readonly valueBytes: number;
  /** Records a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly audited?: boolean;
  readonly consumers?: ConsumerSettings;
}

export function openLoopSpec(work: OpenLoopWork): RunSpec {
  const { bootstrap, embedded, topic, rate, valueBytes, consumers } = work;
  return {
    ...{ run: '0001', point: 'p01', repeat: 1, block: 1, seed: 1, embeddedTarget: embedded },
    ...{ bootstrap, topicName: topic, transactionalIdPrefix: topic },
    settings: {
      driver: 'core',
      producer: { 'linger.ms': work.lingerMs },
      topic: { kind: 'fresh', partitions: 1, replicationFactor: 1, config: {} },
      workload: {
        ...{ valueBytes, payload: { kind: 'random' }, keys: { kind: 'none' } },
        ...{ rate, records: null, durationMs: work.seconds * 1000, workers: 1, pacing: 'auto' },
        ...{ warmup: { records: null, durationMs: work.warmupSeconds * 1000 }, transaction: null },
        ...(work.audited === true ? { audit: true } : {}),
      },
      ...(consumers === undefined ? {} : { consumers }),
    },
  };
}
