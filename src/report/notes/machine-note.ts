// What the client's own machine did to the figures. Which runs were made while it was slow, by the
// canary beside every run: it takes the whole sweep to know what is usual, so this is the report's
// to say, not the run's. And where answers waited for a worker's event loop. Pure; called by notes.
import type { RunResult } from '../../contract/run-result.js';
import { listed, percent, plural, printable, significant } from '../text/format.js';
import type { PointRow, Report } from '../model/report-model.js';
import type { Note } from './note.js';
import { saidOnce } from '../text/said-once.js';
import { median } from '../statistics/quantity.js';
import { isCounted } from './verdicts.js';

/**
 * Slower than usual by these shares is worth a word. On a quiet machine of 2 cores the figures
 * themselves vary by 1.2 % and 7.9 % (CV of 50, `npm run bench -- canary`; the slowest were 3 % and
 * 29 % slower), so that neither speaks up there.
 */
const SLOW_SHARE = { cpu: 0.15, sink: 0.4 } as const;
/** With fewer measurements nobody knows what is usual. */
const MIN_MEASURED = 4;

export function machineNotes(runs: readonly RunResult[]): Note[] {
  const measured = runs.flatMap((each) =>
    each.canary === null ? [] : [{ run: each.run, canary: each.canary, counted: isCounted(each) }],
  );
  // Only figures of one version compare; a folder that two versions of kbench wrote to may hold
  // both.
  const { version } = measured.at(-1)?.canary ?? { version: 0 };
  const alike = measured.filter(({ canary }) => canary.version === version);
  if (alike.length < MIN_MEASURED) return [];
  const usualMs = median(alike.map(({ canary }) => canary.cpuMs))!;
  const usualRate = median(alike.map(({ canary }) => canary.sinkRecordsPerSecond))!;
  const slow = alike.flatMap(({ run, canary, counted }) => {
    // Both as time taken: a third of the rate is three times the time.
    const cpu = canary.cpuMs / usualMs - 1;
    const sink = usualRate / canary.sinkRecordsPerSecond - 1;
    const isSlow = cpu > SLOW_SHARE.cpu || sink > SLOW_SHARE.sink;
    return isSlow ? [{ run: printable(run, 12), by: Math.max(cpu, sink), counted }] : [];
  });
  if (slow.length === 0) return [];
  const worst = slow.reduce((most, each) => (each.by > most.by ? each : most));
  const which = listed(slow.map(({ run }) => run));
  const much =
    slow.length === 1
      ? `${percent(worst.by)} slower`
      : `up to ${percent(worst.by)} (run ${worst.run}) slower`;
  const text =
    `${plural(slow.length, 'run')} of ${alike.length} (${which}) began ` +
    `while this machine was ${much} than usual in this sweep, by the canary: ` +
    `something else used it, or it was throttled. ${whichCount(slow)}`;
  return [{ tone: 'care', text }];
}

function whichCount(slow: readonly { readonly run: string; readonly counted: boolean }[]): string {
  const counted = slow.filter((each) => each.counted);
  if (counted.length === slow.length) return 'Their figures count; read them with care.';
  if (counted.length === 0)
    return slow.length === 1 ? 'It is left out anyway.' : 'They are left out anyway.';
  return `The figures of ${listed(counted.map(({ run }) => run))} count; read them with care.`;
}

/** Below either of the two it changes no decision. */
const LEAST_MS = 0.1;
const LEAST_SHARE = 0.05;

export function ackDelayNotes({ rows }: Pick<Report, 'rows'>): Note[] {
  return saidOnce(
    rows
      .flatMap((row) => delayOf(row) ?? [])
      .map(({ id, delay, p99 }) => ({
        ...{ tone: 'care', of: id, size: delay / p99 },
        text: (where) =>
          'Answers may have waited for the client’s own event loop, and latencies hold that ' +
          `wait: up to ${significant(delay)} of the ${significant(p99)} ms of p99 at ${where}. ` +
          'A free core for each worker makes it less.',
      })),
  );
}

function delayOf({ point, latency }: PointRow) {
  const delay = point.generator.ackDelayP99Ms?.median;
  const p99 = latency?.p99?.median;
  if (delay === undefined || p99 === undefined) return null;
  if (delay <= LEAST_MS || delay <= LEAST_SHARE * p99) return null;
  return { id: point.id, delay, p99 };
}
