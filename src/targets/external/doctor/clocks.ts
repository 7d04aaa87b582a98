// The clocks of brokers against this machine's, from the append times of records (LogAppendTime).
// Pure; called by write-and-read.ts and doctor.ts.
import type { ClockDifference, Finding } from './examination.js';
import { msText } from './words.js';

/** One acknowledged record. */
export interface Stamped {
  /** The leader that stamped it. */
  readonly broker: number;
  /** Whole milliseconds of the broker's clock. */
  readonly timestamp: number;
  /** Whole milliseconds of this machine's clock, before and after. */
  readonly sentMs: number;
  readonly ackedMs: number;
}

/** More is worth a word: timestamps, retention and tokens go by these clocks. */
const WARN_ABOVE_MS = 1_000;
/** Kafka's default of message.timestamp.after.max.ms: records beyond it are refused. */
const REFUSED_ABOVE_MS = 3_600_000;

/**
 * By broker. The record was appended between sending and acknowledgement; both clocks tell whole
 * milliseconds, so each may be up to one behind. The narrowest of all records counts.
 */
export function clockDifference(records: readonly Stamped[]): Map<number, ClockDifference> {
  const best = new Map<number, ClockDifference>();
  for (const { broker, timestamp, sentMs, ackedMs } of records) {
    const errorMs = (ackedMs - sentMs) / 2 + 1;
    const known = best.get(broker);
    if (known !== undefined && known.errorMs <= errorMs) continue;
    best.set(broker, { offsetMs: timestamp - (sentMs + ackedMs) / 2, errorMs });
  }
  return best;
}

export function clockFindings(clocks: ReadonlyMap<number, ClockDifference>): Finding[] {
  return [...clocks].flatMap(([broker, { offsetMs, errorMs }]): Finding[] => {
    const sureMs = Math.abs(offsetMs) - errorMs;
    if (sureMs < WARN_ABOVE_MS) return [];
    const refused = sureMs >= REFUSED_ABOVE_MS;
    const side = offsetMs > 0 ? 'ahead of' : 'behind';
    return [
      {
        severity: refused ? 'problem' : 'warning',
        step: 'clock',
        code: 'clock',
        cause:
          `the clock of broker ${broker} is ${msText(Math.abs(offsetMs))} ${side} this machine's ` +
          `(within ${msText(errorMs)})` +
          (refused ? ': records with the time of here may be refused (INVALID_TIMESTAMP)' : ''),
        remedy: 'set both clocks by NTP (chronyc tracking, timedatectl); see which one is wrong',
        broker,
      },
    ];
  });
}

/** `+0.5 ms ±1.5 ms`. */
export function clockText({ offsetMs, errorMs }: ClockDifference): string {
  const sign = offsetMs < 0 ? '-' : '+';
  return `${sign}${msText(Math.abs(offsetMs))} ±${msText(errorMs)}`;
}
