// What an audit costs: the core's CPU with stamps and ledger and without, in turn; latency of an
// open loop with both, in turn; how fast a log is read back and held against the ledger; memory of
// the ledger for 100 million records.
import type { RunResult } from '../src/contract/run-result.js';
import { startEmbeddedCluster } from '../src/targets/embedded/embedded-cluster.js';
import { Account } from '../src/workloads/audit/account.js';
import { BitTable } from '../src/workloads/audit/bit-table.js';
import { PlaceJournal } from '../src/workloads/audit/place-journal.js';
import { StampWriter } from '../src/workloads/audit/stamp.js';
import { initHistograms } from '../src/workloads/measure/histogram.js';
import { threadCpu } from '../src/workloads/measure/thread-cpu.js';
import { PayloadPool } from '../src/workloads/payload/payload.js';
import { runWorkload } from '../src/workloads/run-workload.js';
import { benchTable, circumstances, formatSpread, type BenchOptions } from './bench-report.js';
import { measureCore, type CoreRun } from './core/core-run.js';
import { openLoopSpec } from './core/open-loop-spec.js';

export const title =
  'an audit: CPU of the core on and off (aim: 15 %), latency on and off (aim: 3 %), reading back ' +
  '(aim: 1 M records/s), memory of 100 M records (aim: 64 MiB)';

const ROUNDS = 7;
const RECORDS = 3_000_000;
const VALUE_BYTES = 100;
const RATE = 20_000;
const LEDGER_RECORDS = 100_000_000;
const MIB = 1024 * 1024;
const RETENTION = 512 * MIB;

export async function run(options: BenchOptions): Promise<void> {
  await initHistograms();
  const rounds = options.rounds ?? ROUNDS;
  const records = options.records ?? RECORDS;
  console.log(circumstances({}, `${rounds} rounds, on and off in turn; median (min-max)`));
  await coreCost(rounds, records);
  await latencyCost(rounds);
  readingCost(rounds, records);
  ledgerMemory();
}

const column = <T>(list: readonly T[], pick: (each: T) => number, digits: number): string =>
  formatSpread(list.map(pick), digits);

async function coreCost(rounds: number, records: number): Promise<void> {
  const runs = { off: [] as CoreRun[], on: [] as CoreRun[] };
  const cluster = await startEmbeddedCluster({
    brokers: 1,
    topics: [{ name: 'bench', partitions: 1 }],
  });
  const settings = { 'bootstrap.servers': cluster.bootstrap.join(','), 'linger.ms': 5 };
  try {
    for (let round = 0; round < rounds; round++) {
      for (const audited of round % 2 === 0 ? [false, true] : [true, false]) {
        const payload = new PayloadPool(VALUE_BYTES, 1);
        const work = { settings, topic: 'bench', payload, records, audited };
        runs[audited ? 'on' : 'off'].push(await measureCore(work));
      }
    }
  } finally {
    await cluster.close();
  }
  const rows = Object.entries(runs).map(([name, list]) => [
    name,
    column(list, ({ cpuMicros }) => cpuMicros, 3),
    column(list, ({ heapBytes }) => heapBytes, 2),
  ]);
  console.log(
    benchTable([`audit, ${VALUE_BYTES} B`, 'us CPU a record', 'heap bytes a record'], rows),
  );
}

async function latencyCost(rounds: number): Promise<void> {
  const names = Array.from({ length: rounds * 2 }, (_each, i) => `latency-${i}`);
  const cluster = await startEmbeddedCluster({
    brokers: 1,
    retentionBytesPerPartition: RETENTION,
    topics: names.map((name) => ({ name, partitions: 1 })),
  });
  const runs = { off: [] as RunResult[], on: [] as RunResult[] };
  try {
    for (let round = 0; round < rounds; round++) {
      for (const audited of round % 2 === 0 ? [false, true] : [true, false]) {
        const spec = openLoopSpec({
          ...{ bootstrap: cluster.bootstrap, embedded: true, topic: names.pop()!, audited },
          ...{ lingerMs: 5, valueBytes: VALUE_BYTES, rate: RATE, seconds: 4, warmupSeconds: 1 },
        });
        const result = await runWorkload(spec);
        if (audited && result.audit?.found !== result.audit?.sent)
          throw new Error(`the audit did not find all: ${JSON.stringify(result.audit)}`);
        runs[audited ? 'on' : 'off'].push(result);
      }
    }
  } finally {
    await cluster.close();
  }
  const response = (field: 'p50' | 'p99') => (result: RunResult) =>
    result.measurement?.latencyMs.response?.[field] ?? NaN;
  const rows = Object.entries(runs).map(([name, list]) => [
    name,
    column(list, response('p50'), 3),
    column(list, response('p99'), 3),
  ]);
  console.log(benchTable([`audit, ${RATE}/s`, 'response p50 ms', 'response p99 ms'], rows));
}

/** The account alone: what the reader adds is in its own benchmark. */
function readingCost(rounds: number, records: number): void {
  const writer = new StampWriter(1, 0);
  const payload = new PayloadPool(VALUE_BYTES, 1);
  const outcomes = new BitTable(2);
  outcomes.fill(0, records, 1);
  const ledger = { worker: 0, sent: records, outcomes: outcomes.buffers, fates: [] };
  const log = Buffer.from(new ArrayBuffer(1000 * VALUE_BYTES));
  const view = new DataView(log.buffer);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const places = new PlaceJournal().pack();
    const options = { run: 1, ledgers: [{ ...ledger, places }], partitions: 1, ownTopic: true };
    const account = new Account(options);
    let cpuMs = 0;
    for (let first = 0; first < records; first += 1000) {
      for (let i = 0; i < 1000; i++) {
        log.set(payload.current, i * VALUE_BYTES);
        const value = log.subarray(i * VALUE_BYTES, (i + 1) * VALUE_BYTES);
        writer.write(view, i * VALUE_BYTES, first + i, writer.partOf(value));
        payload.advance();
      }
      const before = threadCpu()?.cpuMs ?? 0;
      for (let i = 0; i < 1000; i++)
        account.onRecord(0, first + i, log, i * VALUE_BYTES, VALUE_BYTES);
      cpuMs += (threadCpu()?.cpuMs ?? 0) - before;
    }
    const { counts } = account.finish({ offsets: [0] });
    if (counts.found !== records) throw new Error(JSON.stringify(counts));
    times.push((cpuMs * 1000) / records);
  }
  console.log(benchTable(['account', 'us CPU a record'], [['read back', formatSpread(times, 3)]]));
}

function ledgerMemory(): void {
  const before = process.memoryUsage().rss;
  const outcomes = new BitTable(2);
  outcomes.fill(0, LEDGER_RECORDS, 1);
  const ledger = { worker: 0, sent: LEDGER_RECORDS, outcomes: outcomes.buffers, fates: [] };
  const seen = new BitTable(1);
  seen.fill(0, LEDGER_RECORDS, 1);
  const places = new PlaceJournal();
  for (let first = 0; first < LEDGER_RECORDS; first += 150) places.note(first, 150, 0, first);
  const grown = (process.memoryUsage().rss - before) / MIB;
  const kept = (outcomes.bytes + seen.bytes) / MIB;
  const table = [[ledger.sent.toLocaleString('en-US'), grown.toFixed(1), kept.toFixed(1)]];
  console.log(benchTable(['records of one worker', 'RSS MiB more', 'MiB of bits'], table));
}
