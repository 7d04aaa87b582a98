// Whether a run may be trusted, and if not, why: a pure function of what was measured. An invalid
// run is kept and shown, but never averaged.
import type { Continuity, Latency, VerdictReason } from '../../contract/run-result.js';

/** What the rules look at; over all workers unless said otherwise. */
export interface VerdictInput {
  readonly openLoop: OpenLoopFacts | null;
  readonly embeddedTarget: boolean;
  readonly records: { readonly sent: number; readonly acked: number; readonly failed: number };
  readonly measuredMs: number;
  /** Mean share of the time in which generators waited for buffer.memory, 0 to 1. */
  readonly bufferWaitShare: number;
  readonly transactions: TransactionFacts | null;
  /**
   * Of the busiest worker: share of the time in which its thread ran or waited for a core, 0 to 1.
   */
  readonly busyShare: number;
  /** p99 of what the run measured: response (open loop) or service time. */
  readonly latencyP99Ms: number;
  readonly lagMs: { readonly p99: number; readonly max: number };
  readonly gc: { readonly totalMs: number; readonly maxMs: number };
  readonly clockJumpMs: number;
  readonly failures: readonly {
    readonly name: string;
    readonly message: string;
    readonly records: number;
  }[];
  readonly continuity: Continuity;
  /** False with acks=0: what was written counts as acknowledged. */
  readonly answered: boolean;
  /** Null where the topic's partitions are not known. */
  readonly memory: MemoryFacts | null;
  /** How long a CPU quota kept a process from running: of the one that it met worst. */
  readonly throttledMs: number;
  /** The client that took the load, where it is not the core: that it cannot keep up counts. */
  readonly client?: string;
  /** What faults of the plan did: it is what was asked for, and nobody's fault. */
  readonly asked?: AskedFacts;
  /** Absent where nothing consumes. */
  readonly consumers?: ConsumerFacts;
}

export interface ConsumerFacts {
  /** Offsets behind the end of the log, at the end of each interval in which records were sent. */
  readonly lags: readonly number[];
  readonly recordsPerSecond: number;
  /** Null: it read from the first record on. */
  readonly backlog: { readonly records: number; readonly caughtUpAtMs: number | null } | null;
  /** From the end of producing to the last reception. */
  readonly drainMs: number;
  readonly measuredMs: number;
  /** Records that the wait for them gave up. */
  readonly unread: number;
  /** Of the consumer's thread, 0 to 1; 0 where it is not told. */
  readonly busyShare: number;
}

export interface AskedFacts {
  /** From the begin of each fault until it was over, recovery included. */
  readonly windows: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Records that failed within them. */
  readonly failed: number;
}

/** How buffer.memory of one producer compares to what it is to hold. */
export interface MemoryFacts {
  readonly bufferBytes: number;
  readonly batchBytes: number;
  readonly partitions: number;
  /** As they came about. */
  readonly meanBatchBytes: number;
  /** Mean requests in flight on a connection, as a share of the limit. */
  readonly inFlightShare: number;
}

export interface TransactionFacts {
  readonly begun: number;
  readonly failed: number;
  /** Mean share of the time in which generators waited for the end of a transaction, 0 to 1. */
  readonly endingShare: number;
  /** The longest commit or abort. */
  readonly longestMs: number;
}

export interface OpenLoopFacts {
  readonly rate: number;
  /** From the agreed start to the last record handed over. */
  readonly sendSpanMs: number;
  /** Of the worker that waited longest for buffer.memory. */
  readonly blockedMs: number;
  /**
   * Of send - intended: a percentile that enough records lie above not to be chance, see
   * `lateness`.
   */
  readonly late: Lateness;
  readonly serviceP99Ms: number;
  /** Records without outcome at the end of each interval in which records were sent. */
  readonly backlog: readonly number[];
}

export interface Lateness {
  readonly percentile: string;
  readonly ms: number;
}

/**
 * From p99 down: the first that so many records lie above. One late timer is no lateness of a run
 * of 20 records.
 */
const LATE_RECORDS = 3;
const DELAY_PERCENTILES = [
  ['p99', 0.01],
  ['p95', 0.05],
  ['p90', 0.1],
  ['p75', 0.25],
] as const;

export function lateness(
  delay: Pick<Latency, 'p50' | 'p75' | 'p90' | 'p95' | 'p99'> | null,
  records: number,
): Lateness {
  if (delay === null) return { percentile: 'p99', ms: 0 };
  for (const [percentile, share] of DELAY_PERCENTILES) {
    const ms = delay[percentile];
    if (records * share >= LATE_RECORDS && ms !== undefined) return { percentile, ms };
  }
  return { percentile: 'p50', ms: delay.p50 };
}

/** A rate missed by this share is another rate than the one that the point names. */
const RATE_SHORTFALL = 0.01;
/** A short run may end this late through one hiccup, without its rate being another. */
const LATE_END_MS = 100;
/** Five times what timers alone would cost: the generator, not its pacing, was late. */
const DELAY_P99_MS = 5;
/** A delay below this share of the service time does not change what response says. */
const DELAY_OF_SERVICE = 0.1;
/**
 * Waits for buffer.memory are the broker pushing back. Above this share they mark who was the
 * limit; below, they are chance.
 */
const BUFFER_WAIT_SHARE = 0.05;
/** A thread can't be busier in practice: what is left are gaps between its turns. */
const BUSY_SHARE = 0.95;
/**
 * An ack timed this late is a wrong figure beside the usual milliseconds; a quarter of it should be
 * known. Beside larger latencies only a share of them is wrong.
 */
const LAG_INVALID_MS = 20;
const LAG_WARNING_MS = 5;
const LAG_OF_LATENCY = 0.1;
/**
 * One such pause moves the p99.9 of a run of seconds, if it is no small share of what is measured;
 * so much in total slows the generator as a slower machine would.
 */
const GC_PAUSE_MS = 50;
const GC_SHARE = 0.05;
/**
 * Time services slew by at most 0.05 %; more than twice that over the run, and more than 100 ms, is
 * a step.
 */
const CLOCK_JUMP_MS = 100;
const CLOCK_SLEW_SHARE = 0.001;
/**
 * After an outage what piled up is sent beside what is due: taken to last as long as the outage.
 */
const RECOVERY_SHARE = 1;
const INTERVAL_MS = 1000;
/** Fewer intervals show no trend. */
const BACKLOG_INTERVALS = 6;
/**
 * What the backlog must have gained between the first and the last third of the run, in ms of the
 * rate, not to be chance.
 */
const BACKLOG_GAIN_MS = 250;

type Verdict = { readonly valid: boolean; readonly reasons: VerdictReason[] };
type Found = VerdictReason | null;

export function judge(input: VerdictInput): Verdict {
  const rules = [
    noRecords,
    errors,
    outage,
    saturated,
    memoryTooSmall,
    backlog,
    consumerLag,
    loopLag,
    gcPause,
    clockJump,
    throttled,
    embedded,
  ];
  const reasons = rules
    .map((rule) => rule(input))
    .filter((reason) => reason !== null)
    .map((reason) => ofClient(reason, input.client));
  return { valid: reasons.every(({ severity }) => severity !== 'invalid'), reasons };
}

/**
 * Another client is what is measured: where it falls behind, its own response times tell so, and
 * they are the finding. The core would be at fault, as it is to be kbench's even hand.
 */
function ofClient(reason: VerdictReason, client: string | undefined): VerdictReason {
  const { code, message } = reason;
  if (client === undefined || (code !== 'generator-saturated' && code !== 'backlog-growing'))
    return reason;
  const what = code === 'backlog-growing' ? 'it or the broker did not keep up' : 'it fell behind';
  return warning('driver-behind', `${client}: ${what} (${message})`);
}

function noRecords({ records }: VerdictInput): Found {
  if (records.acked > 0) return null;
  return invalid('no-records', 'no record was acknowledged in the measured part');
}

function errors({ records, failures, transactions, asked }: VerdictInput): Found {
  if (records.failed === 0) {
    if (transactions === null || transactions.failed === 0) return null;
    // When they failed is not known.
    const grave = isAsked(asked) ? warning : invalid;
    return grave('errors', `${transactions.failed} of ${transactions.begun} transactions failed`);
  }
  const outside = records.failed - (asked?.failed ?? 0);
  if (outside <= 0) return null;
  const causes = failures.map(({ name, message, records: count }) => {
    const first = /first cause: .*$/s.exec(message)?.[0];
    return first === undefined ? `${name} ${count}` : `${name} ${count}: ${first}`;
  });
  return invalid(
    'errors',
    `${records.failed} of ${records.sent} records failed` +
      `${outside === records.failed ? '' : `, ${outside} of them in no fault’s time`} ` +
      `(${causes.join(', ')})`,
  );
}

/**
 * The cluster was not there for a while. A warning: it is what a user of it would have met, so its
 * figures count; and nothing that follows from it (lateness, a full buffer, records waiting) says
 * that the generator or the rate was at fault.
 */
function outage({ continuity, answered }: VerdictInput): Found {
  const outages = continuity.outages.filter((each) => each.asked !== true);
  if (outages.length === 0) return null;
  const longest = outages.reduce((a, b) => (b.forMs > a.forMs ? b : a));
  const when = `for ${seconds(longest.forMs)} from ${seconds(longest.atMs)} on`;
  const nothing = answered ? 'no acknowledgement' : 'nothing could be written';
  const what = longest.partial
    ? `records waited ${when} while others were acknowledged`
    : `${nothing} ${when}`;
  const others = outages.length - 1;
  const more = others === 0 ? '' : `, and ${others} more ${others === 1 ? 'time' : 'times'}`;
  const events = [
    counted(continuity.connectionsLost, 'connection', 'lost'),
    counted(continuity.connectionsFailed, 'attempt', 'to connect failed'),
    counted(continuity.leaderChanges, 'leader change', ''),
    counted(continuity.recordRetries, 'record', 'sent again'),
  ].filter((event) => event !== '');
  return warning('outage', `${what}${more}${events.length === 0 ? '' : ` (${events.join(', ')})`}`);
}

function counted(count: number, noun: string, what: string): string {
  if (count === 0) return '';
  return `${count} ${noun}${count === 1 ? '' : 's'} ${what}`.trim();
}

/**
 * Lateness that an outage, or memory that is too small, explains: what was due while buffer.memory
 * was full.
 */
const excusedMs = (input: VerdictInput, open: OpenLoopFacts): number =>
  isTroubled(input) || (input.memory !== null && isMemoryShort(input.memory)) ? open.blockedMs : 0;

const isAsked = (asked: AskedFacts | undefined): boolean => (asked?.windows.length ?? 0) > 0;

/** The cluster was not there for a while, of itself or because it was asked to. */
const isTroubled = ({ continuity, asked }: VerdictInput): boolean =>
  continuity.outages.length > 0 || isAsked(asked);

/** Those times, recovery included, in order. */
function troubles({ continuity, asked }: VerdictInput): { fromMs: number; toMs: number }[] {
  const own = continuity.outages.map(({ atMs, forMs }) => ({
    fromMs: atMs,
    toMs: atMs + forMs * (1 + RECOVERY_SHARE),
  }));
  return [...own, ...(asked?.windows ?? [])].sort((a, b) => a.fromMs - b.fromMs);
}

function troubledMs(input: VerdictInput): number {
  let [sum, untilMs] = [0, 0];
  for (const { fromMs, toMs } of troubles(input)) {
    sum += Math.max(0, toMs - Math.max(fromMs, untilMs));
    untilMs = Math.max(untilMs, toMs);
  }
  return sum;
}

function saturated(input: VerdictInput): Found {
  return input.openLoop === null ? saturatedClosed(input) : saturatedOpen(input, input.openLoop);
}

function saturatedOpen(input: VerdictInput, open: OpenLoopFacts): Found {
  const { records, bufferWaitShare, transactions } = input;
  const excused = excusedMs(input, open);
  // With the buffer full it is the broker that did not keep up, with much time in commits they are
  // the limit: see backlog.
  const brokersLimit = bufferWaitShare > BUFFER_WAIT_SHARE && !isTroubled(input);
  if (records.sent === 0 || brokersLimit || waitsForCommits(transactions)) return null;
  if (missesRate(records.sent, open, excused) || outrunsRate(records.sent, open)) {
    return invalid('generator-saturated', `${reached(records.sent, open)} were asked for`);
  }
  // Records that fall due while a transaction is being ended leave late by that.
  const least = DELAY_P99_MS + (transactions?.longestMs ?? 0) + excused;
  const limit = Math.max(least, DELAY_OF_SERVICE * open.serviceP99Ms);
  const { percentile, ms } = open.late;
  if (ms <= limit) return null;
  const late = `records left late: send - intended ${percentile} ${round(ms)} ms`;
  if (input.busyShare >= IDLE_SHARE)
    return invalid('generator-saturated', late, { size: ms / limit });
  const idle =
    `though the worker's thread was busy ${percent(input.busyShare)} of the time: ` +
    'this machine woke it late';
  return invalid('generator-saturated', `${late}, ${idle}`, {
    size: ms / limit,
    advice: WOKEN_LATE,
  });
}

/** Below it a thread has time to spare: its lateness is not its own. */
const IDLE_SHARE = 0.3;
const WOKEN_LATE =
  'Stop other load on this machine, give kbench a core that nothing else uses, ' +
  'or set workload.pacing: spin; more workers would not help.';

const waitsForCommits = (transactions: TransactionFacts | null): boolean =>
  transactions !== null && transactions.endingShare > BUFFER_WAIT_SHARE;

function missesRate(sent: number, { rate, sendSpanMs }: OpenLoopFacts, excused = 0): boolean {
  const plannedMs = (sent / rate) * 1000;
  const spanMs = sendSpanMs - excused;
  return spanMs - plannedMs > LATE_END_MS && plannedMs < spanMs * (1 - RATE_SHORTFALL);
}

/** Too fast is as wrong as too slow: the last record is due at the beginning of the last gap. */
function outrunsRate(sent: number, { rate, sendSpanMs }: OpenLoopFacts): boolean {
  const dueMs = ((sent - 1) / rate) * 1000;
  return dueMs - sendSpanMs > LATE_END_MS && sendSpanMs < dueMs * (1 - RATE_SHORTFALL);
}

function reached(sent: number, { rate, sendSpanMs }: OpenLoopFacts): string {
  return `sent ${round((sent / sendSpanMs) * 1000)} records/s where ${round(rate)}`;
}

function saturatedClosed({ busyShare, bufferWaitShare, embeddedTarget }: VerdictInput): Found {
  if (busyShare < BUSY_SHARE) return null;
  const busy = `a worker thread ran or waited for a core ${percent(busyShare)} of the time`;
  if (bufferWaitShare >= BUFFER_WAIT_SHARE) {
    // Part of the busy time went into sending while the buffer was full: who was the limit cannot
    // be told.
    const message = `${busy}: the generator may have been the limit`;
    return warning('generator-saturated', message, { size: busyShare, advice: CLOSED_LOOP_LIMIT });
  }
  const message =
    `${busy} and the buffer was hardly ever full: ` + 'the generator, not Kafka, was the limit';
  const more = { size: busyShare, advice: CLOSED_LOOP_LIMIT };
  return (embeddedTarget ? warning : invalid)('generator-saturated', message, more);
}

const CLOSED_LOOP_LIMIT =
  'At rate max this machine was the limit, not the cluster. ' +
  'Use more workload.workers, larger batches, or a machine with free cores.';

/**
 * Another cause for full memory and small batches than the broker, which has time to spare
 * meanwhile.
 */
function memoryTooSmall(input: VerdictInput): Found {
  const { memory, bufferWaitShare, openLoop } = input;
  if (memory === null || bufferWaitShare === 0 || !isMemoryShort(memory)) return null;
  const { bufferBytes, batchBytes, partitions, meanBatchBytes } = memory;
  const holds = Math.floor(bufferBytes / batchBytes);
  const short =
    `buffer.memory (${bufferBytes} bytes) holds ${holds} batches of batch.size ` +
    `(${batchBytes}) for ${partitions} partitions: ` +
    `appends waited for it ${percent(bufferWaitShare)} of the time, not for the broker`;
  const size = bufferWaitShare / BUFFER_WAIT_SHARE;
  if (openLoop !== null && bufferWaitShare > BUFFER_WAIT_SHARE)
    return invalid('buffer-memory', short, { size });
  if (meanBatchBytes >= SMALL_BATCH * batchBytes) return null;
  const small =
    ', and a batch was ready whenever one waited: ' + `${round(meanBatchBytes)} bytes on average`;
  return warning('buffer-memory', short + small, { size });
}

const SMALL_BATCH = 0.5;
/** Busier than this the broker may be the limit as well. */
const BROKER_IDLE = 0.5;

const isMemoryShort = ({
  bufferBytes,
  batchBytes,
  partitions,
  inFlightShare,
}: MemoryFacts): boolean => partitions * batchBytes > bufferBytes && inFlightShare < BROKER_IDLE;

function backlog(input: VerdictInput): Found {
  const { openLoop, bufferWaitShare, records, transactions } = input;
  if (openLoop === null) return null;
  const lostMs = troubledMs(input);
  if (lostMs === 0 && waitsForCommits(transactions) && missesRate(records.sent, openLoop)) {
    const message =
      `${reached(records.sent, openLoop)} were asked for: ` +
      `ending transactions took ${percent(transactions!.endingShare)} of the time`;
    return invalid('backlog-growing', message);
  }
  // Full while nobody answered, and while that was made up for: see outage.
  const shareOfTrouble = lostMs / Math.max(1, input.measuredMs);
  if (bufferWaitShare > BUFFER_WAIT_SHARE + shareOfTrouble) {
    if (input.memory !== null && isMemoryShort(input.memory)) return null;
    const message =
      `buffer.memory was full ${percent(bufferWaitShare)} of the time: ` +
      'the broker does not take this rate';
    return invalid('backlog-growing', message);
  }
  const gainMs = backlogGain(calmest(openLoop.backlog, troubles(input))) * (1000 / openLoop.rate);
  if (gainMs < BACKLOG_GAIN_MS) return null;
  const message =
    `records waiting for an answer grew by ${round(gainMs)} ms of the rate: ` +
    'the broker does not keep up';
  return invalid('backlog-growing', message);
}

/**
 * The longest stretch that no outage lies in, nor the time right after one: a diagnosis of the
 * broker needs one that answers.
 */
function calmest(
  backlog: readonly number[],
  troubles: readonly { readonly fromMs: number; readonly toMs: number }[],
): readonly number[] {
  let calm: readonly number[] = [];
  let from = 0;
  const endMs = backlog.length * INTERVAL_MS;
  for (const { fromMs, toMs } of [...troubles, { fromMs: endMs, toMs: endMs }]) {
    const piece = backlog.slice(from, Math.max(from, Math.floor(fromMs / INTERVAL_MS)));
    if (piece.length > calm.length) calm = piece;
    from = Math.max(from, Math.ceil(toMs / INTERVAL_MS));
  }
  return calm;
}

/**
 * Records by which the mean of the last third passes that of the first, if the thirds grow
 * steadily; else 0.
 */
function backlogGain(waiting: readonly number[]): number {
  if (waiting.length < BACKLOG_INTERVALS) return 0;
  const third = Math.floor(waiting.length / 3);
  const first = mean(waiting.slice(0, third));
  const middle = mean(waiting.slice(third, -third));
  const last = mean(waiting.slice(-third));
  return first < middle && middle < last ? last - first : 0;
}

/**
 * A consumer that does not keep up: its end-to-end times tell how long the run was. After a fault,
 * or behind a backlog that was asked for, it is what was to be seen.
 */
function consumerLag(input: VerdictInput): Found {
  const { consumers } = input;
  if (consumers === undefined) return null;
  const { lags, recordsPerSecond, backlog, drainMs, measuredMs, unread } = consumers;
  const more = consumers.busyShare >= BUSY_CONSUMER ? { advice: CONSUMERS_LIMIT } : {};
  const left = unread === 0 ? '' : `, and ${unread} records were not received within the wait`;
  if (backlog !== null) {
    if (backlog.caughtUpAtMs !== null) return null;
    const asked = `the backlog of ${backlog.records} records was not caught up with`;
    return warning('consumer-lag', `${asked} in this run${left}`, more);
  }
  const gainMs = (backlogGain(lags) * 1000) / Math.max(1, recordsPerSecond);
  const late = drainMs > Math.max(LATE_DRAIN_MS, LATE_DRAIN_SHARE * measuredMs);
  if (gainMs < BACKLOG_GAIN_MS && !late && unread === 0) return null;
  const how =
    gainMs >= BACKLOG_GAIN_MS
      ? `its lag grew by ${round(gainMs)} ms of the rate`
      : `it received records until ${seconds(drainMs)} after the last one was sent`;
  const grave = isTroubled(input) ? warning : invalid;
  return grave('consumer-lag', `the consumer did not keep up: ${how}${left}`, more);
}

/** A consumer that has kept up ends with the load. */
const LATE_DRAIN_MS = 1000;
const LATE_DRAIN_SHARE = 0.1;
const BUSY_CONSUMER = 0.9;
const CONSUMERS_LIMIT =
  'The consumer’s own thread had no time left: this machine was the limit, not the cluster. ' +
  'Lower the rate, send larger batches, or use a machine with free cores.';

function loopLag({ lagMs, latencyP99Ms, busyShare }: VerdictInput): Found {
  const message =
    `sockets waited for the event loop: lag p99 ${round(lagMs.p99)} ms, ` +
    `max ${round(lagMs.max)} ms`;
  const share = LAG_OF_LATENCY * latencyP99Ms;
  const [grave, light] = [Math.max(LAG_INVALID_MS, share), Math.max(LAG_WARNING_MS, share)];
  const more = {
    size: lagMs.p99 / light,
    ...(busyShare < IDLE_SHARE ? { advice: OTHER_LOAD } : {}),
  };
  if (lagMs.p99 > grave) return invalid('event-loop-lag', message, more);
  return lagMs.p99 > light ? warning('event-loop-lag', message, more) : null;
}

const OTHER_LOAD =
  'The workers themselves had little to do, so something else kept this machine busy: ' +
  'stop it, or use a machine with a free core.';

function gcPause({ gc, measuredMs, latencyP99Ms }: VerdictInput): Found {
  const limit = Math.max(GC_PAUSE_MS, LAG_OF_LATENCY * latencyP99Ms);
  const size = gc.maxMs / limit;
  if (size > 1)
    return invalid('gc-pause', `a garbage collection took ${round(gc.maxMs)} ms`, { size });
  if (gc.totalMs <= GC_SHARE * measuredMs) return null;
  const share = gc.totalMs / measuredMs;
  return invalid('gc-pause', `garbage collection took ${percent(share)} of the time`, {
    size: share / GC_SHARE,
  });
}

function clockJump({ clockJumpMs, measuredMs }: VerdictInput): Found {
  if (Math.abs(clockJumpMs) <= Math.max(CLOCK_JUMP_MS, CLOCK_SLEW_SHARE * measuredMs)) return null;
  return invalid(
    'clock-jump',
    `the wall clock moved by ${round(clockJumpMs)} ms against the monotonic clock`,
  );
}

/**
 * A thread that the quota stops is late by up to a period (100 ms): more than the share given to
 * the garbage collector is no longer chance.
 */
const THROTTLED_SHARE = 0.05;
const THROTTLED_WARNING_SHARE = 0.005;

function throttled({ throttledMs, measuredMs }: VerdictInput): Found {
  const share = throttledMs / Math.max(1, measuredMs);
  if (share <= THROTTLED_WARNING_SHARE) return null;
  const message =
    `a CPU quota (cgroup) stopped kbench for ${round(throttledMs)} ms, ` +
    `${Number((share * 100).toPrecision(2))} % of the time`;
  const size = share / THROTTLED_SHARE;
  return (size > 1 ? invalid : warning)('cpu-throttled', message, { size });
}

function embedded({ embeddedTarget }: VerdictInput): Found {
  return embeddedTarget
    ? warning('target-embedded', 'embedded target: the figures describe kbench, not Kafka')
    : null;
}

type More = Pick<VerdictReason, 'advice' | 'size'>;

const invalid = (code: VerdictReason['code'], message: string, more: More = {}): VerdictReason => ({
  ...{ code, severity: 'invalid' as const, message },
  ...more,
});
const warning = (code: VerdictReason['code'], message: string, more: More = {}): VerdictReason => ({
  ...{ code, severity: 'warning' as const, message },
  ...more,
});

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const round = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${Math.round(share * 100)} %`;
