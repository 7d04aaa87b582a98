// The driver of kafkajs, as its documents advise it: batches by the application, one send each. See
// README.md beside for what of Java's settings it has.
import { createRequire } from 'node:module';
import { CompressionTypes, Kafka, logLevel, type Producer } from 'kafkajs';
import type { DriverSpec } from '../../src/contract/driver-protocol.js';
import { Refusal, type Batch, type BatchClient } from '../node/batch-client.js';
import { runClient } from '../node/run-client.js';

const { version } = createRequire(import.meta.url)('kafkajs/package.json') as { version: string };

const IN_FLIGHT = 'max.in.flight.requests.per.connection';
const ACKS: Readonly<Record<string, number>> = { all: -1, '1': 1, '0': 0 };
const CODECS: Readonly<Record<string, CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
};

/** Java's settings that kafkajs has no counterpart of, and what it does. */
const WITHOUT: Readonly<Record<string, string>> = {
  'linger.ms': 'kafkajs has no linger: what is due goes with the next send',
  'buffer.memory': 'kafkajs has no buffer: the application holds what waits',
  'max.block.ms': 'kafkajs has no buffer to wait for',
  'max.request.size': 'kafkajs sends what it is given',
  'delivery.timeout.ms': 'kafkajs tries five times more, 300 ms and longer apart',
};
/** What this driver gives it. */
const TAKEN = new Set([
  ...['acks', 'enable.idempotence', 'batch.size', IN_FLIGHT],
  ...['compression.type', 'request.timeout.ms', 'client.id'],
]);

class KafkaJsClient implements BatchClient {
  readonly name = 'kafkajs';
  readonly version = version;
  readonly notHonoured;
  /** Its documents ask for one where it is idempotent: with more it reorders. */
  readonly inFlight: number;
  private readonly kafka: Kafka;
  private readonly producer: Producer;
  private readonly acks: number;
  private readonly compression: CompressionTypes;
  private produced = 0;

  constructor(private readonly spec: DriverSpec) {
    const { settings, bootstrap } = spec;
    const codec = String(settings['compression.type']);
    if (!(codec in CODECS))
      throw new Refusal(
        `kafkajs compresses with gzip alone, and compression.type is ${codec}`,
        'write compression.type: gzip or none',
      );
    this.compression = CODECS[codec];
    this.acks = ACKS[String(settings['acks'])] ?? -1;
    const idempotent = settings['enable.idempotence'] === true;
    this.inFlight = idempotent ? 1 : Math.max(1, Number(settings[IN_FLIGHT]));
    this.notHonoured = notHonoured(settings, this.inFlight);
    this.kafka = new Kafka({
      clientId: String(settings['client.id'] ?? 'kbench-kafkajs'),
      brokers: [...bootstrap],
      requestTimeout: Number(settings['request.timeout.ms']),
      logLevel: logLevel.NOTHING,
    });
    this.producer = this.kafka.producer({
      idempotent,
      maxInFlightRequests: this.inFlight,
      allowAutoTopicCreation: false,
    });
    this.producer.on('producer.network.request', ({ payload }) => {
      if (payload.apiName === 'Produce') this.produced += 1;
    });
  }

  async connect(): Promise<number> {
    await this.producer.connect();
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [this.spec.topic] });
      return Math.max(1, topics[0]?.partitions.length ?? 1);
    } finally {
      await admin.disconnect();
    }
  }

  async send({ values, keys }: Batch): Promise<number> {
    const messages = values.map((value, at) => ({ key: keys?.[at] ?? null, value }));
    const { acks, compression } = this;
    const told = await this.producer.send({ topic: this.spec.topic, acks, compression, messages });
    return Math.max(1, told.length);
  }

  requests(): number {
    return this.produced;
  }

  close(): Promise<void> {
    return this.producer.disconnect();
  }
}

function notHonoured(
  settings: DriverSpec['settings'],
  inFlight: number,
): { name: string; why: string }[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (name === IN_FLIGHT && value !== inFlight)
      return [{ name, why: 'kafkajs keeps the order with one alone where it is idempotent' }];
    if (TAKEN.has(name) || (name === 'linger.ms' && value === 0)) return [];
    return [{ name, why: WITHOUT[name] ?? 'kafkajs has no such setting' }];
  });
}

function failureOf(error: unknown): { name: string; message: string } {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // The class of brokers' errors is not among what Node sees of the package by name.
  if (cause instanceof Error && 'type' in cause && typeof cause.type === 'string')
    return { name: cause.type, message: cause.message };
  if (cause instanceof Error) return { name: cause.name, message: cause.message };
  return { name: 'unknown', message: String(cause) };
}

await runClient((spec) => Promise.resolve(new KafkaJsClient(spec)), failureOf);
