// kbench against librdkafka and franz-go (and Java's client, on request): CPU of the client per
// record, on one real broker of the same host. Rounds are interleaved and their order rotates, so
// that what the machine does meanwhile meets all alike; ratios are taken within a round.
import { RunError } from '../src/base/errors.js';
import { DEFAULT_KAFKA_VERSION } from '../src/targets/kafka/kafka-cluster.js';
import { benchTable, circumstances, formatSpread } from './bench-report.js';
import type { BenchOptions } from './bench-report.js';
import { withRealKafka } from './kafka/real-kafka.js';
import { clientOf } from './rivals/rivals-clients.js';
import type { Client, Measured, Work } from './rivals/rivals-clients.js';

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
  const wanted = options.clients ?? [...RIVALS, ...(options.java ? ['java'] : [])];
  const chosen = wanted.map((name) => clientOf(name === 'kbench' ? 'core' : name));
  const missing: string[] = [];
  const measured = new Map<string, Measured[]>();
  await withRealKafka({ version: DEFAULT_KAFKA_VERSION, brokers: 1 }, async (kafka) => {
    // The broker's own JVM has to compile too, and drivers are built: these do not count.
    const clients = await usable(chosen, kafka.bootstrap, work, missing);
    for (const { name } of clients) measured.set(name, []);
    for (let round = 0; round < rounds; round++) {
      const order = clients.map((_, i) => clients[(i + round) % clients.length]);
      for (const client of order) {
        const result = await client.measure(work, kafka.bootstrap);
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

const RIVALS = ['core', 'librdkafka', 'franz-go'];

/** Those that could be measured once; why the others could not goes to `missing`. */
async function usable(
  clients: readonly Client[],
  bootstrap: string,
  work: Work,
  missing: string[],
): Promise<Client[]> {
  const found: Client[] = [];
  for (const client of clients) {
    console.log(`  warming up with ${client.name}`);
    try {
      await client.measure(work, bootstrap);
      found.push(client);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      missing.push(`${client.name} is left out: ${error.message}`);
    }
  }
  if (found.length === 0) throw new RunError(`nothing to measure: ${missing.join('; ')}`);
  return found;
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
