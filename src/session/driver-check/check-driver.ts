// Takes a driver through a script of cases against an embedded cluster, and says what of the
// contract (docs/drivers.md) it violates. Called by `kbench driver check`. Never rejects for what a
// driver does; RunError where there is none to start.
import { StoppedError } from '../../base/errors.js';
import { driverLabel, type OutsideDriver } from '../../contract/driver.js';
import type { RunResult } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { Scalar, WorkloadSettings } from '../../contract/settings.js';
import { DRIVER_TIMES } from '../../contract/driver-protocol.js';
import { openDriver } from '../../targets/drivers/open-driver.js';
import { startInProcessCluster, type InProcessCluster } from '../../targets/embedded/in-process.js';
import { runWorkload } from '../../workloads/run-workload.js';
import type { WorkloadHooks } from '../../workloads/workload-hooks.js';
import { WatchedDriver } from './watched-driver.js';

export interface CheckedCase {
  readonly name: string;
  /** What is asked of the driver. */
  readonly asks: string;
  readonly violations: readonly string[];
  readonly tookMs: number;
}

export interface DriverCheck {
  readonly schema: 'kbench/driver-check@1';
  readonly driver: string;
  /** As the driver tells them; null where no case came so far. */
  readonly name: string | null;
  readonly version: string | null;
  readonly cases: readonly CheckedCase[];
  /** Names of those that were left out, as the driver said nothing at all in the one before. */
  readonly notTried?: readonly string[];
  readonly violations: number;
}

export interface CheckRequest {
  readonly driver: OutsideDriver;
  /** Relative paths start here. */
  readonly folder: string;
  readonly stop: AbortSignal;
  /** How long the driver may keep one waiting, at each step. */
  readonly limitMs: number;
  readonly tell: (line: string) => void;
}

const NO_SETTING = 'kbench.no.such.setting';
/** A driver that is late by more than this, sends otherwise than asked for. */
const LATE_MS = 250;
/** From the end of stdin to the end of the process, and what it takes to see that. */
const STOP_MS = DRIVER_TIMES.endMs + 500;
/** How often it is told what is waited for. */
const TELL_MS = 5_000;
const PARTITIONS = 3;
const RETENTION_BYTES = 64 * 1024 * 1024;
/** What is in a full buffer when sending ends, on a busy machine. */
const DRAIN_MS = 10_000;
const GONE = '127.0.0.1:1';
/** A client that cannot send is to say so within the check's own limits. */
const SHORT_TIMES = {
  ...{ 'max.block.ms': 10_000, 'request.timeout.ms': 5_000, 'delivery.timeout.ms': 10_000 },
};
const NO_WARMUP = { records: null, durationMs: null };

interface Case {
  readonly name: string;
  readonly asks: string;
  readonly workload?: Partial<WorkloadSettings>;
  readonly producer?: Readonly<Record<string, Scalar>>;
  readonly gone?: true;
  readonly stops?: true;
  judge(result: RunResult, tookMs: number): readonly string[];
}

export async function checkDriver(request: CheckRequest): Promise<DriverCheck> {
  const { driver, folder } = request;
  // One that is not there, or cannot be built, violates nothing: it is told once.
  (await openDriver({ driver, folder })).close();
  const cluster = await startInProcessCluster({
    ...{ brokers: 1, log: () => undefined },
    // Of what a case sends nothing is to be gone before it is counted.
    retentionBytesPerPartition: RETENTION_BYTES,
  });
  const cases: CheckedCase[] = [];
  let hello: RunResult['driver'];
  try {
    for (const [index, each] of CASES.entries()) {
      if (request.stop.aborted) throw new StoppedError('stopped by the user');
      const { name, asks } = each;
      const label = `${index + 1}/${CASES.length} ${name}`;
      request.tell(`${label}: ${asks}`);
      const checked = await toldWhileWaiting(request, label, () =>
        makeCase(cluster, request, each, index),
      );
      hello ??= checked.result.driver;
      cases.push({ name, asks, violations: checked.violations, tookMs: checked.tookMs });
      // It would be waited for as long in every case that is left.
      if (checked.isSilent) break;
    }
  } finally {
    await cluster.close();
  }
  return {
    schema: 'kbench/driver-check@1',
    driver: driverLabel(request.driver),
    name: hello?.name ?? null,
    version: hello?.version ?? null,
    cases,
    ...(cases.length === CASES.length
      ? {}
      : { notTried: CASES.slice(cases.length).map(({ name }) => name) }),
    violations: cases.reduce((sum, { violations }) => sum + violations.length, 0),
  };
}

async function toldWhileWaiting<T>(
  { tell }: CheckRequest,
  label: string,
  work: () => Promise<T>,
): Promise<T> {
  const startMs = performance.now();
  const timer = setInterval(() => {
    tell(`${label}: for ${Math.round((performance.now() - startMs) / 1000)} s now`);
  }, TELL_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function makeCase(
  cluster: InProcessCluster,
  { driver, folder, stop, limitMs }: CheckRequest,
  each: Case,
  index: number,
) {
  const topicName = `kbench-driver-check-${index}`;
  cluster.state.topics.create({ name: topicName, partitions: PARTITIONS, replicationFactor: 1 });
  const bootstrap = each.gone === true ? [GONE] : cluster.bootstrap;
  const spec = specOf(driver, { topicName, bootstrap, folder }, each);
  const ending = new AbortController();
  const onStop = (): void => ending.abort();
  stop.addEventListener('abort', onStop, { once: true });
  let stoppedMs = 0;
  const hooks: WorkloadHooks = {
    signal: ending.signal,
    onProgress: ({ phase, acked }) => {
      if (each.stops !== true || phase !== 'measuring' || acked === 0 || stoppedMs > 0) return;
      stoppedMs = performance.now();
      ending.abort();
    },
  };
  const startedMs = performance.now();
  const watched = new WatchedDriver();
  const driverLimits = { helloMs: limitMs, readyMs: limitMs, silentMs: limitMs, drainMs: limitMs };
  const result = await runWorkload(spec, hooks, { openDriver: watched.open, driverLimits });
  stop.removeEventListener('abort', onStop);
  if (stop.aborted) throw new StoppedError('stopped by the user');
  const endMs = performance.now();
  const tookMs = Math.round(endMs - (stoppedMs || startedMs));
  const violations = [...each.judge(result, tookMs), ...endsItself(result, watched)];
  return { result, violations, tookMs, isSilent: !watched.hasSpoken };
}

function endsItself({ status }: RunResult, { killed }: WatchedDriver): string[] {
  if (status !== 'completed' || killed === 0) return [];
  const seconds = DRIVER_TIMES.endMs / 1000;
  return [`it had not ended ${seconds} s after the end of its stdin, and was killed`];
}

function specOf(
  driver: OutsideDriver,
  place: { readonly topicName: string; readonly bootstrap: readonly string[]; folder: string },
  { workload = {}, producer = {}, stops, gone }: Case,
): RunSpec {
  const { topicName, bootstrap, folder } = place;
  const audited = stops !== true && gone !== true;
  return {
    ...{ run: '0001', point: 'check', repeat: 1, block: 1, seed: 1, embeddedTarget: true },
    ...{ topicName, bootstrap, transactionalIdPrefix: topicName, modulesFrom: folder },
    settings: {
      driver,
      producer: { acks: 'all', 'linger.ms': 5, ...SHORT_TIMES, ...producer },
      topic: { kind: 'fresh', partitions: PARTITIONS, replicationFactor: 1, config: {} },
      workload: {
        ...{ valueBytes: 100, payload: { kind: 'random' }, keys: { kind: 'none' }, rate: 1000 },
        ...{ records: 2000, durationMs: null, warmup: { records: 200, durationMs: null } },
        ...{ workers: 1, pacing: 'auto', transaction: null },
        ...(audited ? { audit: true as const } : {}),
        ...workload,
      },
    },
  };
}

const CASES: readonly Case[] = [
  {
    name: 'open loop',
    asks: '2,000 records at 1,000/s after 200 of warm-up, each at its due time',
    judge: (result) => [...whole(result, 2000, 2200), ...onTime(result)],
  },
  {
    name: 'closed loop',
    asks: '20,000 records as fast as its buffer takes them',
    workload: { rate: 'max', records: 20_000 },
    judge: (result) => whole(result, 20_000, 20_200),
  },
  {
    name: 'duration',
    asks: 'as many records as fit in 1 s, without a warm-up',
    workload: { rate: 'max', records: null, durationMs: 1000, warmup: NO_WARMUP },
    judge: (result) => [...whole(result, null, null), ...lasts(result, 1000)],
  },
  {
    name: 'keys and workers',
    asks: '1,000 records with keys, through two processes',
    workload: { workers: 2, records: 1000, keys: { kind: 'range', distinct: 10 } },
    judge: (result) => whole(result, 1000, 1200),
  },
  {
    name: 'a setting that nobody has',
    asks: `to say that it does not honour ${NO_SETTING}`,
    workload: { records: 200 },
    producer: { [NO_SETTING]: 'on' },
    judge: (result) => [...whole(result, 200, 400), ...saysNo(result)],
  },
  {
    name: 'stop',
    asks: 'to end within 5 s of the end of its stdin, with what it has measured',
    stops: true,
    workload: { rate: 1000, records: 60_000 },
    judge: stopsInTime,
  },
  {
    name: 'no broker',
    asks: 'to give up where no broker answers, and to say why',
    gone: true,
    producer: { 'max.block.ms': 3000 },
    judge: givesUp,
  },
];

/** What every finished run must be. */
function whole(result: RunResult, measured: number | null, stored: number | null): string[] {
  const { status, failure, measurement, audit, notAudited } = result;
  if (status !== 'completed' || measurement === null)
    return [failure?.message ?? `the run was ${status}`];
  const { records } = measurement;
  const found: string[] = [];
  if (measured !== null && records.acked !== measured)
    found.push(`${records.acked} records acknowledged, ${measured} asked for`);
  if (records.failed > 0) found.push(`${records.failed} records failed`);
  if (audit === undefined) {
    if (notAudited !== undefined) found.push(`no audit: ${notAudited.message}`);
    return found;
  }
  const { lost, duplicated, corrupt, foreign, read } = audit;
  for (const [what, count] of Object.entries({ lost, duplicated, corrupt, foreign }))
    if (count > 0) found.push(`the log has ${count} records ${what}`);
  if (stored !== null && read !== stored)
    found.push(`the log holds ${read} records, ${stored} were to be sent`);
  return found;
}

function onTime({ measurement }: RunResult): string[] {
  const delay = measurement?.latencyMs.delay;
  if (delay == null || delay.p50 <= LATE_MS) return [];
  return [`records left ${Math.round(delay.p50)} ms late in the middle: due times were not kept`];
}

function lasts({ measurement }: RunResult, durationMs: number): string[] {
  const tookMs = measurement?.measuredMs ?? durationMs;
  if (tookMs >= durationMs / 2 && tookMs <= durationMs + DRAIN_MS) return [];
  return [`it sent for ${Math.round(tookMs)} ms instead of ${durationMs} ms`];
}

function saysNo({ driver, status }: RunResult): string[] {
  if (status !== 'completed' || driver?.notHonoured.some(({ name }) => name === NO_SETTING))
    return [];
  return [`${NO_SETTING} was dropped in silence: notHonoured does not name it`];
}

function stopsInTime({ status, measurement, failure }: RunResult, tookMs: number): string[] {
  if (status !== 'stopped') return [failure?.message ?? `the run was ${status}, not stopped`];
  const found = measurement === null ? ['it told no result after its stop'] : [];
  return tookMs <= STOP_MS ? found : [...found, `it took ${tookMs} ms to end`];
}

function givesUp({ status, failure }: RunResult): string[] {
  if (status === 'failed' && failure !== null && /gave up: /.test(failure.message)) return [];
  const told = failure === null ? `the run was ${status}` : failure.message;
  return [`it did not say \`fatal\`: ${told}`];
}
