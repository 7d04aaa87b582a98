// The library's Producer in simulated time, over one simulated broker with the topics `t` (1
// partition) and `wide` (4).
import { expect } from 'vitest';
import {
  Producer,
  type ProducerOptions,
  type ProducerRecord,
  type ProducerSettingValues,
  type RecordMetadata,
} from '../../producer-core/index.js';
import { SimClock } from './sim-clock.js';
import { SimCluster } from './cluster/sim-cluster.js';
import { SimNetwork } from './sim-network.js';
import { seededRandom } from './sim-random.js';

export interface SendOutcome {
  metadata?: RecordMetadata;
  error?: Error;
  atMs: number;
}

export class SimLibrary<K = unknown, V = unknown> {
  readonly clock = new SimClock();
  readonly network = new SimNetwork(this.clock);
  readonly cluster = new SimCluster(this.network);
  readonly producer: Producer<K, V>;
  /** In the order in which they were told. */
  readonly told: { value: unknown; outcome: SendOutcome }[] = [];

  constructor(settings: ProducerSettingValues = {}, options: ProducerOptions<K, V> = {}) {
    this.cluster.topic('t', [0]);
    this.cluster.topic('wide', [0, 0, 0, 0]);
    this.producer = new Producer<K, V>(
      {
        'bootstrap.servers': 'b0:9092',
        acks: '1',
        'linger.ms': 0,
        'buffer.memory': 1 << 20,
        ...settings,
      },
      {
        clock: this.clock,
        network: this.network,
        random: seededRandom(1),
        poison: true,
        ...options,
      },
    );
  }

  send(record: ProducerRecord<K, V>): SendOutcome {
    const outcome: SendOutcome = { atMs: NaN };
    const tell = (what: Partial<SendOutcome>) => {
      Object.assign(outcome, what, { atMs: this.clock.now() });
      this.told.push({ value: record.value, outcome });
    };
    this.producer.send(record).then(
      (metadata) => tell({ metadata }),
      (error: unknown) => tell({ error: error as Error }),
    );
    return outcome;
  }

  async end(): Promise<void> {
    await this.clock.settle(this.producer.close());
    await this.clock.advance(1000);
    expect(this.network.corruptions).toEqual([]);
    expect([this.network.openSockets, this.clock.pending]).toEqual([0, 0]);
    expect(this.producer.core.availableBytes).toBe(this.producer.core.config.bufferMemory);
  }
}
