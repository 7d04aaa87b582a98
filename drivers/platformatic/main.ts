// The driver of @platformatic/kafka, an optional peer of kbench: batches by the application, one
// send each. See README.md beside for what of Java's settings it has.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { DriverSpec } from '../../src/contract/driver-protocol.js';
import { Refusal, type Batch, type BatchClient } from '../node/batch-client.js';
import { runClient } from '../node/run-client.js';

/** Not a literal type: its own types are not here. */
const PACKAGE: string = '@platformatic/kafka';
/** The protocol's: -1 is all. */
const ACKS: Readonly<Record<string, number>> = { all: -1, '1': 1, '0': 0 };
const CODECS: ReadonlySet<string> = new Set(['none', 'gzip', 'snappy', 'lz4', 'zstd']);

const WITHOUT: Readonly<Record<string, string>> = {
  'linger.ms': 'its send has no linger: what is due goes with the next one',
  'buffer.memory': 'it has no buffer: the application holds what waits',
  'max.block.ms': 'it has no buffer to wait for',
  'max.request.size': 'it sends what it is given',
  'delivery.timeout.ms': 'it tries three times more, a second apart',
  'client.id': 'the driver names itself',
};
const TAKEN = new Set([
  ...['acks', 'enable.idempotence', 'batch.size', 'compression.type', 'request.timeout.ms'],
  'max.in.flight.requests.per.connection',
]);

/** What is used of the package. */
interface Sent {
  readonly offsets?: readonly { readonly partition: number }[];
}
interface Producer {
  send(options: {
    messages: readonly { topic: string; key?: Buffer; value: Buffer }[];
    acks: number;
    compression: string;
    idempotent: boolean;
  }): Promise<Sent>;
  metadata(options: { topics: readonly string[] }): Promise<{
    topics: ReadonlyMap<string, { readonly partitionsCount?: number }>;
  }>;
  close(force?: boolean): Promise<void>;
}
interface Package {
  readonly Producer: new (options: object) => Producer;
}

class PlatformaticClient implements BatchClient {
  readonly name = 'platformatic';
  readonly notHonoured;
  private readonly producer: Producer;
  private readonly options;

  constructor(
    readonly version: string,
    { Producer: Made }: Package,
    private readonly spec: DriverSpec,
  ) {
    const { settings, bootstrap } = spec;
    const compression = String(settings['compression.type']);
    if (!CODECS.has(compression))
      throw new Refusal(`${PACKAGE} has no codec ${compression}`, 'write another compression.type');
    this.options = {
      acks: ACKS[String(settings['acks'])] ?? -1,
      compression,
      idempotent: settings['enable.idempotence'] === true,
    };
    this.notHonoured = Object.keys(settings).flatMap((name) => {
      if (TAKEN.has(name) || (name === 'linger.ms' && settings[name] === 0)) return [];
      return [{ name, why: WITHOUT[name] ?? 'it has no such setting' }];
    });
    this.producer = new Made({
      clientId: 'kbench-platformatic',
      bootstrapBrokers: [...bootstrap],
      timeout: Number(settings['request.timeout.ms']),
      maxInflights: Number(settings['max.in.flight.requests.per.connection']),
      autocreateTopics: false,
    });
  }

  async connect(): Promise<number> {
    const { topics } = await this.producer.metadata({ topics: [this.spec.topic] });
    return Math.max(1, topics.get(this.spec.topic)?.partitionsCount ?? 1);
  }

  async send({ values, keys }: Batch): Promise<number> {
    const { topic } = this.spec;
    const messages = values.map((value, at) => {
      const key = keys?.[at];
      return key === undefined ? { topic, value } : { topic, key, value };
    });
    const { offsets } = await this.producer.send({ messages, ...this.options });
    return Math.max(1, new Set(offsets?.map(({ partition }) => partition)).size);
  }

  /** It does not tell. */
  requests(): null {
    return null;
  }

  close(): Promise<void> {
    return this.producer.close(true);
  }
}

/** Its own error is the last of those that led to it. */
function failureOf(error: unknown): { name: string; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0)
    return failureOf(error.errors.at(-1));
  if (!(error instanceof Error)) return { name: 'unknown', message: String(error) };
  const { apiId } = error as { apiId?: unknown };
  if (typeof apiId === 'string') return { name: apiId, message: error.message };
  if (error.cause instanceof Error) return failureOf(error.cause);
  return { name: error.name, message: error.message };
}

async function open(spec: DriverSpec): Promise<BatchClient> {
  const main = createRequire(import.meta.url).resolve(PACKAGE);
  const folder = main.slice(0, main.lastIndexOf(PACKAGE) + PACKAGE.length);
  const about = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const loaded = (await import(PACKAGE)) as Package;
  return new PlatformaticClient(about.version, loaded, spec);
}

await runClient(open, failureOf);
