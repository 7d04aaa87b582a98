import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { beforeAll, expect, it } from 'vitest';
import { runKafkaTool } from '../../testing/kafka/kafka-tools.js';
import { describeWithKafka } from '../../testing/kafka/kafka-fixture.js';
import { CoreProducer } from '../library/core-producer.js';
import type { ProducerSettingValues, RecordHeader } from '../producer-api.js';

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const LARGEST_MESSAGE_BYTES = 5000;
const T = Date.now() - 3_600_000;
const LIMIT_MS = 180_000;

interface Sent {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestampMs: number;
  readonly headers: readonly RecordHeader[] | null;
}

/** Printable, and hardly compressible. */
function noise(characters: number, seed: number): string {
  let state = seed;
  return Array.from({ length: characters }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return String.fromCharCode(48 + ((state >>> 16) % 70));
  }).join('');
}

/**
 * Small and large, compressible and not, without key, without value, with headers, and with
 * timestamps that go back.
 */
function records(count: number): Sent[] {
  return Array.from({ length: count }, (_, i): Sent => {
    const value =
      i % 7 === 0
        ? null
        : i % 5 === 0
          ? noise(300, i + 1)
          : `{"n":${i},"text":"${'kafka '.repeat(i % 40)}"}`;
    const headers = [
      { key: 'trace', value: Buffer.from(`t${i}`) },
      { key: 'größe', value: i % 2 === 0 ? null : Buffer.from('☂') },
    ];
    return {
      key: i % 3 === 0 ? null : `key-${i}`,
      value: i === 11 ? 'large '.repeat(50_000) : i === 12 ? noise(200_000, 5) : value,
      timestampMs: T + (i % 4 === 3 ? -i : i),
      headers: i % 4 === 0 ? headers : null,
    };
  });
}

function smallRecords(count: number): Sent[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `k${i}`,
    value: `${i}:${noise(120, i + 1)}`,
    timestampMs: T + i,
    headers: i % 2 === 0 ? [{ key: 'n', value: Buffer.from(String(i)) }] : null,
  }));
}

/** As the consumer prints a record. */
function printed({ key, value, timestampMs, headers }: Sent, offset: number): string {
  const list = headers?.map(
    (header) => `${header.key}:${header.value === null ? 'null' : header.value.toString()}`,
  );
  return [
    `CreateTime:${timestampMs}`,
    `Offset:${offset}`,
    list?.join(',') ?? 'NO_HEADERS',
    key ?? 'null',
    value ?? 'null',
  ].join('\t');
}

describeWithKafka('batches that a real broker takes', (cluster) => {
  const kafka = () => new Kafka({ brokers: [...cluster().bootstrap], logLevel: logLevel.ERROR });

  beforeAll(async () => {
    const admin = kafka().admin();
    await admin.connect();
    const numPartitions = CODECS.length;
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: 'codecs',
          numPartitions,
          replicationFactor: 1,
          configEntries: [{ name: 'max.message.bytes', value: '1000000' }],
        },
        {
          topic: 'narrow',
          numPartitions,
          replicationFactor: 1,
          configEntries: [{ name: 'max.message.bytes', value: String(LARGEST_MESSAGE_BYTES) }],
        },
      ],
    });
    await admin.disconnect();
  }, LIMIT_MS);

  /** Sends all to one partition; the outcome of each, in the order in which it was told. */
  async function send(
    topicName: string,
    partition: number,
    sent: readonly Sent[],
    settings: ProducerSettingValues,
  ) {
    const outcomes: { index: number; offset: number; error: string | null }[] = [];
    const producer = new CoreProducer({
      settings: { 'bootstrap.servers': cluster().bootstrap.join(','), acks: 'all', ...settings },
      hooks: {
        onBatchDone: (batch, error) => {
          for (let i = 0; i < batch.recordCount; i++) {
            outcomes.push({
              index: batch.firstRecordIndex + i,
              offset: batch.baseOffset + i,
              error: error?.message ?? null,
            });
          }
        },
      },
    });
    await producer.connect();
    const topic = await producer.topic(topicName);
    for (const { key, value, timestampMs, headers } of sent) {
      const bytes = (text: string | null) => (text === null ? null : Buffer.from(text));
      expect(
        producer.append(
          topic,
          partition,
          bytes(key),
          bytes(value),
          timestampMs,
          performance.now(),
          headers,
        ),
      ).not.toBeNull();
    }
    await producer.flush();
    const { metrics, totals } = { metrics: producer.metrics(), totals: producer.totals };
    await producer.close();
    return { outcomes, metrics, totals };
  }

  /** What Java's ConsoleConsumer prints of a topic, by partition. */
  async function consumed(topic: string, count: number): Promise<Map<number, string[]>> {
    const properties = {
      'print.partition': true,
      'print.timestamp': true,
      'print.offset': true,
      'print.headers': true,
      'print.key': true,
      'null.literal': 'null',
    };
    const run = await runKafkaTool(
      'org.apache.kafka.tools.consumer.ConsoleConsumer',
      [
        ...['--bootstrap-server', cluster().bootstrap[0], '--topic', topic, '--from-beginning'],
        ...['--max-messages', String(count), '--timeout-ms', '20000'],
        ...Object.entries(properties).flatMap(([name, value]) => [
          '--formatter-property',
          `${name}=${value}`,
        ]),
      ],
      { timeoutMs: 90_000, maxOutputBytes: 64 * 1024 * 1024 },
    );
    expect(run.code, run.stderr).toBe(0);
    const lines = new Map<number, string[]>();
    for (const line of run.stdout.split('\n').slice(0, -1)) {
      const [, partition] = /\tPartition:(\d+)\t/.exec(line)!;
      const list = lines.get(Number(partition)) ?? [];
      list.push(line.replace(`\tPartition:${partition}`, ''));
      lines.set(Number(partition), list);
    }
    return lines;
  }

  /** The batch lines of Java's DumpLogSegments over all partitions of a topic, by partition. */
  async function dumped(topic: string): Promise<Map<number, string[]>> {
    const { dataDir } = cluster().brokers[0];
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter(
        (entry) =>
          entry.isFile() &&
          entry.name.endsWith('.log') &&
          basename(entry.parentPath).startsWith(`${topic}-`),
      )
      .map((entry) => join(entry.parentPath, entry.name));
    const run = await runKafkaTool(
      'org.apache.kafka.tools.DumpLogSegments',
      ['--files', files.join(','), '--deep-iteration'],
      { timeoutMs: 90_000, maxOutputBytes: 64 * 1024 * 1024 },
    );
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).not.toMatch(/corrupt|found \d+ invalid/i);
    const batches = new Map<number, string[]>();
    for (const part of run.stdout.split(/^Dumping /m).slice(1)) {
      const [, partition] = new RegExp(`${topic}-(\\d+)/`).exec(part)!;
      batches.set(
        Number(partition),
        part.split('\n').filter((line) => line.startsWith('baseOffset:')),
      );
    }
    return batches;
  }

  it(
    'Java reads every record of all codecs as it was sent, and its log tool finds them valid',
    async () => {
      const sent = records(2000);
      for (const [partition, codec] of CODECS.entries()) {
        const settings = { 'compression.type': codec, 'linger.ms': 100 };
        const { outcomes, metrics } = await send('codecs', partition, sent, settings);
        expect(outcomes.filter(({ error }) => error !== null)).toEqual([]);
        expect(outcomes).toHaveLength(sent.length);
        const rate = metrics['compression-rate-avg'];
        if (codec === 'none') expect(rate).toBe(1);
        else expect(rate).toBeLessThan(0.9);
      }
      const [lines, batches] = await Promise.all([
        consumed('codecs', sent.length * CODECS.length),
        dumped('codecs'),
      ]);
      for (const [partition, codec] of CODECS.entries()) {
        expect(lines.get(partition), codec).toEqual(sent.map(printed));
        expect(batches.get(partition)!.length).toBeGreaterThan(3);
        for (const line of batches.get(partition)!) {
          expect(line).toContain(`compresscodec: ${codec} `);
          expect(line).toContain('isvalid: true');
        }
      }
    },
    LIMIT_MS,
  );

  it(
    'takes the parts of batches larger than max.message.bytes: records arrive once and in order',
    async () => {
      const sent = smallRecords(600);
      const oneAtATime = {
        'max.in.flight.requests.per.connection': 1,
        'enable.idempotence': false,
      };
      const cases = [
        { 'compression.type': 'none', ...oneAtATime },
        { 'compression.type': 'zstd', ...oneAtATime },
        { 'compression.type': 'lz4' },
        { 'compression.type': 'none' },
      ];
      for (const [partition, settings] of cases.entries()) {
        const { outcomes, metrics } = await send('narrow', partition, sent, {
          'batch.size': 32_768,
          'linger.ms': 100,
          ...settings,
        });
        expect(outcomes.filter(({ error }) => error !== null)).toEqual([]);
        expect(outcomes.map(({ offset }) => offset)).toEqual(sent.map((_, i) => i));
        expect(metrics['batch-split-total']).toBeGreaterThan(2);
      }
      const [lines, batches] = await Promise.all([
        consumed('narrow', sent.length * cases.length),
        dumped('narrow'),
      ]);
      for (const partition of cases.keys()) {
        expect(lines.get(partition)).toEqual(sent.map(printed));
        for (const line of batches.get(partition)!) expect(line).toContain('isvalid: true');
      }
    },
    LIMIT_MS,
  );
});
