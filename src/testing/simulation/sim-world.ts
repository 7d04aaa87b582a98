// A producer in a simulated world: clock, network, cluster, and a book of every record's outcome.
import type {
  BatchView,
  ProducerError,
  ProducerSettingValues,
  RecordHeader,
  TopicHandle,
} from '../../producer-core/index.js';
import { CoreProducer } from '../../producer-core/parts.js';
import { SimClock } from './sim-clock.js';
import { SimCluster } from './cluster/sim-cluster.js';
import { SimNetwork, type SimNetworkOptions } from './sim-network.js';
import { seededRandom } from './sim-random.js';

export interface Outcome {
  readonly error: ProducerError | null;
  readonly offset: number;
  readonly atMs: number;
  times: number;
}

export interface SimWorldOptions {
  readonly settings?: ProducerSettingValues;
  readonly brokers?: number;
  /** Leaders of each topic's partitions; default: one partition of `t`. */
  readonly topics?: Readonly<Record<string, readonly number[]>>;
  readonly network?: SimNetworkOptions;
  readonly seed?: number;
  readonly random?: () => number;
}

export class SimWorld {
  readonly clock = new SimClock();
  readonly network: SimNetwork;
  readonly cluster: SimCluster;
  readonly producer: CoreProducer;
  readonly random: () => number;
  /** By the record's value. */
  readonly outcomes = new Map<string, Outcome>();
  readonly batchesDone: {
    topic: string;
    partition: number;
    values: string[];
    error: ProducerError | null;
  }[] = [];
  /** Told that could not be understood. */
  private readonly faults: string[] = [];
  onDone: (batch: BatchView, error: ProducerError | null) => void = () => undefined;
  /** The producer's hook of the same name. */
  meanwhile: () => void = () => undefined;
  /** Is told what happens, for the report of a failure. */
  trace: ((text: () => string) => void) | null = null;

  constructor(options: SimWorldOptions = {}) {
    this.random = options.random ?? seededRandom(options.seed ?? 1);
    this.network = new SimNetwork(this.clock, options.network);
    this.cluster = new SimCluster(this.network, options.brokers ?? 1);
    for (const [name, leaders] of Object.entries(options.topics ?? { t: [0] }))
      this.cluster.topic(name, leaders);
    this.producer = new CoreProducer({
      settings: {
        'bootstrap.servers': 'b0:9092',
        'buffer.memory': 1 << 20,
        acks: '1',
        ...options.settings,
      },
      hooks: {
        onBatchDone: (batch, error) => this.done(batch, error),
        watch: { betweenBatches: () => this.meanwhile(), compressed: () => undefined },
      },
      clock: this.clock,
      network: this.network,
      random: this.random,
      poison: true,
    });
  }

  private done(batch: BatchView, error: ProducerError | null): void {
    if (batch.attachment === null) {
      this.faults.push(`a batch of ${batch.topic}-${batch.partition} was told again`);
      return;
    }
    const first = batch.firstRecordIndex;
    const values = (batch.attachment as string[]).slice(first, first + batch.recordCount);
    this.batchesDone.push({ topic: batch.topic, partition: batch.partition, values, error });
    values.forEach((value, i) => {
      const known = this.outcomes.get(value);
      const offset = batch.baseOffset < 0 ? -1 : batch.baseOffset + i;
      if (known === undefined)
        this.outcomes.set(value, { error, offset, atMs: this.clock.now(), times: 1 });
      else known.times++;
    });
    this.trace?.(
      () =>
        `told ${values[0].split(':-')[0]} +${values.length} ` +
        (error?.kafkaName ?? `at ${batch.baseOffset}`),
    );
    this.onDone(batch, error);
  }

  /** Connected, with the handle of `name`. */
  async start(name = 't'): Promise<TopicHandle> {
    await this.clock.settle(this.producer.connect());
    return this.clock.settle(this.producer.topic(name));
  }

  /**
   * Appends without waking the sender; false when there was no memory. `value` must be unlike all
   * others.
   */
  append(
    topic: TopicHandle,
    value: string,
    partition = -1,
    key: string | null = null,
    headers: readonly RecordHeader[] | null = null,
  ): boolean {
    const batch = this.producer.append(
      topic,
      partition,
      key === null ? null : Buffer.from(key),
      Buffer.from(value),
      this.clock.epoch(),
      this.clock.now(),
      headers,
    );
    if (batch === null) return false;
    if (batch.recordCount === 1) batch.attachment = [];
    (batch.attachment as string[]).push(value);
    return true;
  }

  /** Appends and wakes. */
  send(topic: TopicHandle, value: string, partition = -1, key: string | null = null): boolean {
    const taken = this.append(topic, value, partition, key);
    this.producer.wake();
    return taken;
  }

  /** `error name` or `ok`, or undefined while it has no outcome. */
  outcome(value: string): string | undefined {
    const found = this.outcomes.get(value);
    return found === undefined ? undefined : (found.error?.kafkaName ?? 'ok');
  }

  async close(): Promise<void> {
    await this.clock.settle(this.producer.close());
  }

  /** What must hold once the producer is closed and the kernel has let go of everything. */
  leftovers(): string[] {
    const { producer, network, clock } = this;
    const left: string[] = [...network.corruptions, ...this.faults];
    if (producer.availableBytes !== producer.config.bufferMemory)
      left.push(`${producer.config.bufferMemory - producer.availableBytes} bytes not given back`);
    if (network.openSockets !== 0) left.push(`${network.openSockets} sockets open`);
    if (clock.pending !== 0) left.push(`${clock.pending} timers left`);
    for (const [value, { times }] of this.outcomes)
      if (times !== 1) left.push(`${value.slice(0, 60)} told ${times} times`);
    return left;
  }
}
