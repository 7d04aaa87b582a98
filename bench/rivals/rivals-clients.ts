// The clients that bench/rivals.ts compares: kbench's drivers (drivers/), each measured by
// `kbench run`. CPU is always user + system time of the whole client process, after warm-up, over
// the records acknowledged.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { RunError } from '../../src/base/errors.js';
import { runResultSchema } from '../../src/contract/run-result.js';
import { runToEnd } from '../../src/targets/kafka/processes/child-process.js';
import type { Finished } from '../../src/targets/kafka/processes/child-process.js';

/** The same work for every client. Bytes and milliseconds. */
export interface Work {
  readonly records: number;
  readonly warmupRecords: number;
  readonly valueBytes: number;
  readonly batchBytes: number;
  readonly lingerMs: number;
  readonly inFlight: number;
}

export interface Measured {
  readonly version: string;
  readonly cpuMicrosPerRecord: number;
  readonly recordsPerSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly rssMiB: number | null;
}

export interface Client {
  readonly name: string;
  /** One measurement. RunError when the client failed, or left a record out. */
  measure(work: Work, bootstrap: string): Promise<Measured>;
}

/** Of one process; hundreds of times what it should take. */
const LIMIT_MS = 600_000;

/** `kbench run` as users run it, with a driver; what it saved is what it measured. */
export const clientOf = (driver: string): Client => ({
  name: driver === 'core' ? 'kbench' : driver,
  async measure(work, bootstrap) {
    const folder = mkdtempSync(path.join(tmpdir(), 'kbench-rivals-'));
    try {
      const config = path.join(folder, 'rivals.yaml');
      writeFileSync(config, sweepFor(driver, work, bootstrap));
      const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));
      const out = path.join(folder, 'results');
      const args = [main, 'run', config, '--bootstrap', bootstrap, '--json', '--out', out];
      const run = await runToEnd(process.execPath, args, { timeoutMs: LIMIT_MS, env: process.env });
      if (run.code !== 0) throw failed(`kbench run, driver ${driver},`, run);
      return readRun(out, work);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

/** One point, one repeat: the rounds are the benchmark's, with the rivals in between. */
function sweepFor(driver: string, work: Work, bootstrap: string): string {
  return stringify({
    name: 'rivals',
    target: { bootstrap: [bootstrap] },
    topic: { partitions: 1, replicationFactor: 1 },
    workload: {
      valueBytes: work.valueBytes,
      rate: 'max',
      records: work.records,
      warmup: { records: work.warmupRecords },
      workers: 1,
    },
    driver,
    producer: {
      acks: '1',
      'enable.idempotence': false,
      'batch.size': work.batchBytes,
      'linger.ms': work.lingerMs,
      'max.in.flight.requests.per.connection': work.inFlight,
    },
    repeats: 1,
    seed: 42,
  });
}

function readRun(out: string, work: Work): Measured {
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(^|[\\/])runs[\\/]\d+\.json$/.test(file),
  );
  const [file] = files;
  if (file === undefined || files.length !== 1)
    throw new RunError(`kbench run saved ${files.length} runs instead of 1`);
  const run = runResultSchema.parse(JSON.parse(readFileSync(path.join(out, file), 'utf8')));
  const { measurement } = run;
  if (run.status !== 'completed' || measurement === null) {
    throw new RunError(`kbench run ${run.status}: ${run.failure?.message ?? 'nothing measured'}`);
  }
  const { acked, failed: lost } = measurement.records;
  if (lost > 0 || acked !== work.records)
    throw new RunError(`kbench acknowledged ${acked} of ${work.records} records`);
  if (measurement.generator.cpuSource === 'threads')
    throw new RunError('kbench told the CPU of its threads, not of its process');
  return {
    version: run.driver?.version ?? 'this',
    cpuMicrosPerRecord: measurement.generator.cpuMicrosPerRecord,
    recordsPerSecond: measurement.throughput.recordsPerSecond,
    p50Ms: measurement.latencyMs.service?.p50 ?? null,
    p99Ms: measurement.latencyMs.service?.p99 ?? null,
    rssMiB: measurement.generator.rssMiB,
  };
}

/** What to tell of a client's process that did not end well. */
function failed(name: string, run: Finished): RunError {
  const said = (run.stderr.trim() || run.stdout.trim()).split('\n').slice(-10).join('\n');
  const end = run.timedOut
    ? `did not end within ${LIMIT_MS / 1000} s`
    : `ended with ${run.code ?? run.startError?.code ?? 'a signal'}`;
  return new RunError(`${name} ${end}${said === '' ? '' : `: ${said}`}`);
}
