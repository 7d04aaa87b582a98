// kbench against librdkafka and franz-go (and Java's client, on request): CPU of the client per
// record, on one real broker of the same host. Rounds are interleaved and their order rotates, so
// that what the machine does meanwhile meets all alike; ratios are taken within a round.
import { RunError } from '../src/base/errors.js';
import { DEFAULT_KAFKA_VERSION } from '../src/targets/kafka/kafka-cluster.js';
import { benchTable, circumstances, formatSpread } from './bench-report.js';
import type { BenchOptions } from './bench-report.js';
import { withRealKafka } from './kafka/real-kafka.js';
import type { RealKafka } from './kafka/real-kafka.js';
import { kbench, yardstick } from './rivals/rivals-clients.js';
import type { Client, Measured, Work } from './rivals/rivals-clients.js';
import { javaClient } from './rivals/rivals-java.js';

export const title = 'CPU per record against librdkafka and franz-go, on a real broker';

const ROUNDS = 5;
const WORK: Work = {
  records: 3_000_000,
  // Long enough for a JIT: what is compared is the steady state.
  warmupRecords: 1_000_000,
  valueBytes: 100,
  batchBytes: 16_384,
  lingerMs: 5,
  inFlight: 5,
};

export async function run(options: BenchOptions): Promise<void> {
  const work = { ...WORK, records: options.records ?? WORK.records };
  const rounds = options.rounds ?? ROUNDS;
  const { clients, missing } = chooseClients(options);
  if (clients.length === 0) throw new RunError(`nothing to measure: ${missing.join('; ')}`);
  const measured = new Map<string, Measured[]>(clients.map(({ name }) => [name, []]));
  await withRealKafka({ version: DEFAULT_KAFKA_VERSION, brokers: 1 }, async (kafka) => {
    // The broker's own JVM has to compile too: one measurement that does not count.
    const first = clients.find(({ ownTopics }) => !ownTopics) ?? clients[0];
    console.log(`  warming the broker up with ${first.name}`);
    await measureOnce(kafka, first, work);
    for (let round = 0; round < rounds; round++) {
      const order = clients.map((_, i) => clients[(i + round) % clients.length]);
      for (const client of order) {
        const result = await measureOnce(kafka, client, work);
        measured.get(client.name)!.push(result);
        console.log(
          `  round ${round + 1} of ${rounds}: ` +
            `${client.name.padEnd(10)} ${result.cpuMicrosPerRecord.toFixed(3)} us CPU a record, ` +
            `${Math.round(result.recordsPerSecond).toLocaleString('en-US')} records/s`,
        );
      }
    }
  });
  print(work, rounds, measured, missing);
}

function chooseClients(options: BenchOptions): { clients: Client[]; missing: string[] } {
  const wanted = options.clients ?? [
    'kbench',
    'librdkafka',
    'franz-go',
    ...(options.java ? ['java'] : []),
  ];
  const clients: Client[] = [];
  const missing: string[] = [];
  for (const name of wanted) {
    const client = clientOf(name);
    if ('missing' in client) missing.push(`${name} is left out: ${client.missing}`);
    else clients.push(client);
  }
  return { clients, missing };
}

function clientOf(name: string): Client | { readonly missing: string } {
  switch (name) {
    case 'kbench':
      return kbench;
    case 'java':
      return javaClient(DEFAULT_KAFKA_VERSION);
    case 'librdkafka':
    case 'franz-go':
      return yardstick(name, process.env['KBENCH_RIVALS']);
    default:
      return { missing: 'nobody here knows it' };
  }
}

/** A measurement in a fresh topic, held against what the broker says it has. */
async function measureOnce(kafka: RealKafka, client: Client, work: Work): Promise<Measured> {
  if (client.ownTopics) return client.measure(work, kafka.bootstrap, '');
  return kafka.withTopic(1, async (topic, stored) => {
    const result = await client.measure(work, kafka.bootstrap, topic);
    const count = await stored();
    if (count !== client.stores(work)) {
      throw new RunError(
        `${client.name}: the broker holds ${count} records instead of ${client.stores(work)}`,
      );
    }
    return result;
  });
}

function print(
  work: Work,
  rounds: number,
  measured: ReadonlyMap<string, readonly Measured[]>,
  missing: readonly string[],
) {
  const versions: Record<string, string> = { 'Apache Kafka': DEFAULT_KAFKA_VERSION };
  for (const [name, results] of measured)
    if (name !== 'kbench') versions[name] = results[0]?.version ?? '?';
  console.log(`\n${circumstances(versions, `${rounds} interleaved rounds; median (min-max)`)}`);
  const n = (value: number) => value.toLocaleString('en-US');
  console.log(
    `work      ${n(work.records)} records of ${work.valueBytes} B after ` +
      `${n(work.warmupRecords)} of warm-up, one worker, one partition, acks=1, ` +
      `batch.size ${work.batchBytes}, linger ${work.lingerMs} ms, ${work.inFlight} in flight; ` +
      'broker and client share the machine\n',
  );
  const own = measured.get('kbench');
  const rows = [...measured].map(([name, results]) => {
    const column = (pick: (result: Measured) => number | null, digits: number) =>
      formatSpread(
        results.map(pick).filter((value) => value !== null),
        digits,
      );
    return [
      name,
      column((result) => result.cpuMicrosPerRecord, 3),
      name === 'kbench' || own === undefined ? '-' : ratios(own, results),
      column((result) => result.recordsPerSecond / 1e6, 2),
      column((result) => result.p50Ms, 1),
      column((result) => result.p99Ms, 1),
      column((result) => result.rssMiB, 0),
    ];
  });
  const left = missing.map((line) => [line.split(' ')[0], 'left out', '-', '-', '-', '-', '-']);
  const head = [
    'client',
    'us CPU a record',
    'kbench / it',
    'M records/s',
    'p50 ms',
    'p99 ms',
    'RSS MiB',
  ];
  console.log(benchTable(head, [...rows, ...left]));
  for (const line of missing) console.log(line);
  console.log(
    'CPU: user + system time of the whole client process after warm-up. ' +
      'Latency: from handing a record to the client to its ack, so ' +
      'with a closed loop it is mostly the wait in the client’s own 32 MiB buffer.',
  );
}

/** kbench's CPU over the other's, round by round. */
const ratios = (own: readonly Measured[], other: readonly Measured[]) =>
  formatSpread(
    own.flatMap((result, round) => {
      const beside = other[round];
      return beside === undefined ? [] : [result.cpuMicrosPerRecord / beside.cpuMicrosPerRecord];
    }),
    2,
  );
