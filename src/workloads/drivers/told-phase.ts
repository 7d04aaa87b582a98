// What a driver tells of a phase, held against what it was asked for and against the clock: what
// cannot be so is no measurement. Pure; told by driver-run of every message, in order. Problems are
// words that follow the driver's name.
import type {
  DriverHistogram,
  DriverInterval,
  DriverPhase,
  DriverResult,
  DriverSpec,
} from '../../contract/driver-protocol.js';
import { histogramProblem } from './told-histogram.js';
import type { ValueSizes } from './record-files.js';

/** Two readings of one clock, and the way through a pipe: a driver that lies is off by more. */
const SLACK_MS = 100;
const COUNTERS = ['sent', 'acked', 'failed'] as const;

export type Counters = Readonly<Record<(typeof COUNTERS)[number], number>>;

export interface AskedPhase {
  readonly phase: DriverPhase;
  readonly due: DriverSpec['due'];
  readonly intervalMs: number;
  /** Of the values that it was given. */
  readonly valueBytes: ValueSizes;
}

/** `nowMs` throughout: since the agreed start of the phase, when the message was read. */
export class ToldPhase {
  private intervals = 0;
  private readonly told = { sent: 0, acked: 0, failed: 0 };

  constructor(private readonly asked: AskedPhase) {}

  progress(counters: Counters, nowMs: number): string | null {
    return this.countersProblem('', counters, nowMs);
  }

  interval(interval: DriverInterval, nowMs: number): string | null {
    const { index, durationMs, acked, failed, errors, histogram } = interval;
    const { intervalMs } = this.asked;
    const what = `interval ${index}`;
    if (index !== this.intervals) return `told ${what} where ${this.intervals} was due`;
    this.intervals += 1;
    if (durationMs > intervalMs + 1)
      return `told ${what} of ${durationMs} ms, longer than asked for`;
    if (index * intervalMs + durationMs > nowMs + SLACK_MS)
      return `told ${what} before it was over`;
    for (const name of COUNTERS) this.told[name] += interval[name];
    const problem = timesProblem(histogram, acked, nowMs);
    if (problem !== null) return `told ${what}, whose histogram ${problem}`;
    const told = sumOf(errors);
    if (told > failed) return `told ${what} with ${failed} records failed and ${told} errors`;
    return this.countersProblem(`by the intervals up to ${index}, `, this.told, nowMs);
  }

  /** `stopped`: it was asked to end early. */
  result(result: DriverResult, nowMs: number, stopped: boolean): string | null {
    const found =
      countsProblem(result, stopped) ??
      this.countersProblem('', result, nowMs) ??
      (stopped ? null : this.shortfall(result)) ??
      momentsProblem(result, nowMs) ??
      this.histogramsProblem(result, nowMs) ??
      this.sumsProblem(result) ??
      this.bytesProblem(result);
    return found === null ? null : `told a result that cannot be: ${found}`;
  }

  /** A warm-up that is over before it can be, was none. */
  done(nowMs: number): string | null {
    const { due, phase } = this.asked;
    const { records, durationMs } = phase;
    const schedule = due ?? { firstMs: 0, gapMs: 0 };
    const leastMs = durationMs ?? schedule.firstMs + ((records ?? 1) - 1) * schedule.gapMs;
    if (nowMs >= leastMs - SLACK_MS) return null;
    return `said done ${Math.round(nowMs)} ms after the start of ${Math.round(leastMs)} ms`;
  }

  private countersProblem(where: string, { sent, acked, failed }: Counters, nowMs: number) {
    const { phase, due } = this.asked;
    if (acked + failed > sent)
      return `${where}${sent} records sent, ${acked} acknowledged and ${failed} failed`;
    if (phase.records !== null && sent > phase.records)
      return `${where}${sent} records sent, ${phase.records} asked for`;
    if (due === null) return null;
    const dueBy = Math.max(0, Math.floor((nowMs + SLACK_MS - due.firstMs) / due.gapMs) + 1);
    if (sent <= dueBy) return null;
    const when = `${Math.round(nowMs)} ms after the start`;
    return `${where}${sent} records sent ${when}, ${dueBy} were due`;
  }

  private shortfall({ sent, endedMs }: DriverResult): string | null {
    const { records, durationMs, giveUpMs } = this.asked.phase;
    const lastsMs = durationMs ?? giveUpMs ?? Infinity;
    if (records !== null && sent >= records) return null;
    if (endedMs >= lastsMs - SLACK_MS) return null;
    const ended = `sending ended after ${Math.round(endedMs)} ms`;
    return lastsMs === Infinity
      ? `${sent} records sent, ${records ?? 0} asked for`
      : `${ended} with ${sent} records, ${Math.round(lastsMs)} ms were asked for`;
  }

  private histogramsProblem({ histograms, acked }: DriverResult, nowMs: number): string | null {
    const open = this.asked.due !== null;
    const wanted = open ? (['response', 'service', 'delay'] as const) : (['service'] as const);
    const missing = wanted.filter((name) => histograms[name] === null);
    if (acked > 0 && missing.length > 0) return `no histogram of ${missing.join(', ')} times`;
    for (const [name, histogram] of Object.entries(histograms)) {
      const problem = histogram === null ? null : timesProblem(histogram, acked, nowMs);
      if (problem !== null) return `its histogram of ${name} times ${problem}`;
    }
    return null;
  }

  private sumsProblem(result: DriverResult): string | null {
    for (const name of COUNTERS) {
      const [sum, all] = [this.told[name], result[name]];
      if (sum > all) return `${sum} records ${name} by its intervals, ${all} by its result`;
    }
    const errors = result.errors.reduce((all, { records }) => all + records, 0);
    return errors > result.failed ? `${result.failed} records failed, and ${errors} errors` : null;
  }

  private bytesProblem({ acked, valueBytes }: DriverResult): string | null {
    const { least, most } = this.asked.valueBytes;
    if (valueBytes >= acked * least && valueBytes <= acked * most) return null;
    const each = least === most ? `${least}` : `${least} to ${most}`;
    return `${valueBytes} bytes in ${acked} values of ${each} bytes`;
  }
}

function countsProblem({ sent, acked, failed }: Counters, stopped: boolean): string | null {
  if (stopped || acked + failed >= sent) return null;
  return `${sent} records sent, ${acked} acknowledged and ${failed} failed`;
}

/** Times of what had happened by now, after the start. */
function momentsProblem(result: DriverResult, nowMs: number): string | null {
  const { acked, sent, firstAckMs, lastAckMs, lastSentMs, endedMs, silences = [] } = result;
  const moments = { firstAckMs, lastAckMs, lastSentMs, endedMs };
  for (const [name, ms] of Object.entries(moments))
    if (ms !== null && (ms < -SLACK_MS || ms > nowMs + SLACK_MS))
      return `${name} is ${ms}, told ${Math.round(nowMs)} ms after the start`;
  if (acked > 0 && (firstAckMs === null || lastAckMs === null))
    return `${acked} records acknowledged, and no firstAckMs or lastAckMs`;
  if (sent > 0 && lastSentMs === null) return `${sent} records sent, and no lastSentMs`;
  if (firstAckMs !== null && lastAckMs !== null && firstAckMs > lastAckMs)
    return `firstAckMs is ${firstAckMs} and lastAckMs ${lastAckMs}`;
  const odd = silences.find(([atMs, forMs]) => atMs < -SLACK_MS || atMs + forMs > nowMs + SLACK_MS);
  return odd === undefined ? null : `a silence of ${odd[1]} ms from ${odd[0]} ms on`;
}

/** Of `acked` records by now; null: none. */
function timesProblem(
  histogram: DriverHistogram | null,
  acked: number,
  nowMs: number,
): string | null {
  if (histogram === null) return acked === 0 ? null : `is not there, with ${acked} acknowledged`;
  const problem = histogramProblem(histogram);
  if (problem !== null) return problem;
  const { count, maxMicros } = histogram;
  if (count !== acked) return `has ${count} times, with ${acked} records acknowledged`;
  if (count === 0 || maxMicros / 1000 <= nowMs + SLACK_MS) return null;
  return `has a time of ${maxMicros} us, told ${Math.round(nowMs)} ms after the start`;
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, each) => all + each, 0);
