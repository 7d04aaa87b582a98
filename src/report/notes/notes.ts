// What must be said beside the figures: how to read them, what was left out of them and why, and
// what to do next. Plain text, one note an entry; every format prints all of them.
import { writtenNote } from './written-note.js';
import type { PointRow, Report } from '../model/report-model.js';
import { listed, percent, plural, printable, significant } from '../text/format.js';
import { keptAll } from '../model/audit-totals.js';
import { auditNotes } from './audit-notes.js';
import { cpuNotes } from './cpu-notes.js';
import { driverNotes } from './driver-notes.js';
import { gateNotes } from './gate-notes.js';
import { invalidNote } from './invalid-runs.js';
import { laterSectionNotes } from './later-sections.js';
import { ackDelayNotes, machineNotes } from './machine-note.js';
import type { Note } from './note.js';
import { precisionNotes } from './precision-notes.js';
import { preferred, SAME_RATE } from '../page/best-point.js';
import { median } from '../statistics/quantity.js';
import {
  adviceOf,
  collectReasons,
  sameReasons,
  WORDING,
  wordingOf,
  type SameReasons,
} from './verdicts.js';

/** Distinct reasons told; the rest are counted. */
const MAX_REASONS = 20;
/** Messages of one reason. */
const MAX_MESSAGES = 4;
const MAX_SKIPPED = 10;

/** `invalid`: the figures of runs that do not count are shown beside. */
export function notesOf(
  report: Report,
  { invalid = false }: { readonly invalid?: boolean } = {},
): Note[] {
  return [
    ...selectionNote(report),
    ...gateNotes(report),
    ...auditNotes(report),
    ...embeddedNote(report),
    ...bestNote(report),
    loopNote(report),
    ...timingNote(report),
    ...cpuNotes(report),
    ...ackDelayNotes(report),
    ...driverNotes(report),
    ...writtenNote(report.rows),
    ...transactionNote(report),
    ...spreadNote(report),
    ...precisionNotes(report),
    ...machineNotes(report.results.runs),
    ...reasonNotes(report),
    ...(invalid ? [] : invalidNote(report)),
    ...missingNote(report),
    ...laterSectionNotes(report.results.runs),
    ...skippedNotes(report),
  ];
}

function selectionNote({ selection }: Report): Note[] {
  return selection === null ? [] : [{ tone: 'care', text: selection }];
}

function embeddedNote(report: Report): Note[] {
  if (!report.embedded) return [];
  const text =
    'Target embedded: these figures describe kbench, not Kafka. ' +
    WORDING['target-embedded'].advice;
  return [{ tone: 'care', text }];
}

function loopNote({ loop, rows }: Report): Note {
  const kinds = new Set(rows.map(({ until }) => until));
  const end =
    kinds.size > 1 ? 'acknowledged, or written with acks=0' : ([...kinds][0] ?? 'acknowledged');
  const closed =
    'Closed loop: records go out as fast as the producer takes them, ' +
    `so latency is service time (sent to ${end})`;
  const open =
    'Open loop: every record is due at a set time, so latency is response time ' +
    `(due to ${end}) and a stall counts in full`;
  const text = {
    closed: `${closed}. What an application at its own rate would see needs workload.rate.`,
    open: `${open}.`,
    mixed: `${open}. ${closed}. Do not compare the one with the other.`,
  }[loop];
  return { tone: 'plain', text };
}

/** Results of before tell no timing: theirs is Java's. */
function timingNote({ results }: Report): Note[] {
  const timings = results.runs.flatMap(({ measurement }) => measurement?.generator.timing ?? []);
  const plain = timings.filter((timing) => timing === 'none').length;
  if (plain === 0) return [];
  const which = plain === timings.length ? '' : `${plural(plain, 'run')} of ${timings.length}: `;
  const text =
    `workload.timing none, ${which}one plain loop appends and sends; ` +
    'batches may come out otherwise than beside a Java application’s own thread.';
  return [{ tone: 'plain', text }];
}

function transactionNote({ rows }: Report): Note[] {
  const all = rows.flatMap(({ point }) => point.transactions ?? []);
  if (all.length === 0) return [];
  const sum = (pick: (each: (typeof all)[number]) => number): number =>
    all.reduce((total, each) => total + pick(each), 0);
  const [committed, aborted, failed] = [
    sum((t) => t.committed),
    sum((t) => t.aborted),
    sum((t) => t.failed),
  ];
  const recordsAborted = sum((t) => t.recordsAborted);
  const share = recordsAborted / Math.max(1, recordsAborted + sum((t) => t.recordsCommitted));
  const ended = [
    `${plural(committed, 'transaction')} committed`,
    ...(aborted > 0 ? [`${aborted.toLocaleString('en-US')} aborted`] : []),
  ];
  if (failed > 0) ended.push(`${failed.toLocaleString('en-US')} failed`);
  const kind = rows.every(({ until }) => until === 'written') ? 'written' : 'acknowledged';
  const counts =
    recordsAborted === 0
      ? ''
      : ` records/s counts ${kind} records, also the ${percent(share)} in aborted transactions, ` +
        'which consumers that read committed records do not see ' +
        '(committedRecordsPerSecond in summary.json leaves them out).';
  const text =
    `${ended.join(', ')}. Commit latency is what commitTransaction() takes, ` +
    `the flush in it included; nothing is sent meanwhile.${counts}`;
  return [{ tone: failed > 0 ? 'care' : 'plain', text }];
}

/** Points that no broker acknowledged are ranked among themselves. */
function bestNote(report: Report): Note[] {
  if (report.loop === 'mixed') return [];
  const of = (until: PointRow['until']) => report.rows.filter((row) => row.until === until);
  const [acknowledged, written] = [of('acknowledged'), of('written')];
  const apart = acknowledged.length > 0 && written.length > 0;
  return [
    ...bestOf(report, acknowledged, apart ? 'Of what was acknowledged: ' : ''),
    ...bestOf(report, written, apart ? 'Of what was only written (acks=0), ranked apart: ' : ''),
  ];
}

function bestOf(report: Report, of: readonly PointRow[], heading: string): Note[] {
  // Fast and unsafe is best only where nothing was safe.
  const ranked = preferred(of, ({ point }) => keptAll(point.audit));
  const unsafe = of.filter((row) => !ranked.includes(row));
  const rows = ranked.flatMap((row) => {
    const rate = row.point.throughput.recordsPerSecond?.median;
    const p99 = row.latency?.p99?.median;
    return rate === undefined || p99 === undefined
      ? []
      : [{ id: printable(row.point.id, 24), rate, p99 }];
  });
  if (rows.length === 0 || rows.length + unsafe.length < 2) return [];
  const fastest = rows.reduce((best, row) => (row.rate > best.rate ? row : best));
  const quickest = rows.reduce((best, row) => (row.p99 < best.p99 ? row : best));
  const told = (row: (typeof rows)[number]): string =>
    `${row.id} (${significant(row.rate)} records/s, p99 ${significant(row.p99)} ms)`;
  // At one set rate all points reach, the differences between them are noise.
  const slowest = Math.min(...rows.map(({ rate }) => rate));
  const silent = ranked
    .filter((row) => row.point.valid === 0)
    .map((row) => printable(row.point.id, 24));
  const all =
    silent.length + unsafe.length === 0 && heading === ''
      ? 'All points keep'
      : `All ${rows.length} points with a valid run keep`;
  const lost =
    unsafe.length === 0
      ? ''
      : ' An audit found them unsafe, so not among them: ' +
        `${listed(unsafe.map(({ point }) => printable(point.id, 24)))}.`;
  const without =
    (silent.length === 0 ? '' : ` Without a valid run, so not among them: ${listed(silent)}.`) +
    lost;
  const best =
    report.loop === 'open' && rows.length > 1 && fastest.rate - slowest <= SAME_RATE * fastest.rate
      ? `${all} ${significant(fastest.rate)} records/s. Lowest p99: ${told(quickest)}.`
      : fastest === quickest
        ? `Most records/s and lowest p99: ${told(fastest)}.`
        : `Most records/s: ${told(fastest)}. Lowest p99: ${told(quickest)}.`;
  return [{ tone: 'plain', text: `${heading}${best}${without}` }];
}

/** A point with one valid run has no spread: that is not a spread of 0. */
const SPREAD_RUNS = 2;
/** From so many points on one of them is typical; below, each is told. */
const TYPICAL_POINTS = 3;

function spreadNote(report: Report): Note[] {
  const counts = report.rows.map((row) => row.point.valid).filter((valid) => valid > 0);
  if (counts.length === 0) return [];
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const over = least === most ? plural(least, 'valid run') : `${least} to ${most} valid runs`;
  if (most === 1)
    return [
      {
        tone: 'care',
        text: 'One valid run a point: nothing is known of the spread. Use repeats: 5 or more.',
      },
    ];
  const kind =
    report.spreadKind === 'interval'
      ? '95 % interval of the median (order statistics)'
      : 'least to greatest run (an interval needs 6 valid runs)';
  const widths = ['recordsPerSecond', 'p99'] as const;
  const told = widths.map((field) => {
    const shares = report.rows.flatMap((row) => {
      const ends = row.point.valid < SPREAD_RUNS ? null : row.spread[field];
      const middle = (field === 'p99' ? row.latency?.p99 : row.point.throughput.recordsPerSecond)
        ?.median;
      if (ends === null || middle === undefined || middle === 0) return [];
      return [{ id: printable(row.point.id, 24), share: (ends.high - ends.low) / middle }];
    });
    if (shares.length === 0) return [];
    const widest = shares.reduce((best, each) => (each.share > best.share ? each : best));
    const usual = percent(median(shares.map((each) => each.share))!);
    const label = field === 'p99' ? 'p99' : 'records/s';
    if (shares.length === 1)
      return [`${label} ${usual}${counts.length === 1 ? '' : ` at ${shares[0].id}`}`];
    return shares.length < TYPICAL_POINTS
      ? [`${label} ${shares.map(({ share, id }) => `${percent(share)} at ${id}`).join(', ')}`]
      : [`${label} ${usual} typically, ${percent(widest.share)} at ${widest.id}`];
  });
  const single = report.rows
    .filter((row) => row.point.valid === 1)
    .map((row) => printable(row.point.id, 24));
  const unknown =
    single.length === 0 ? '' : ` Nothing is known of it with one valid run: ${listed(single)}.`;
  const spread = `Spread, ${kind}, as a share of it: ${told.flat().join('; ')}.`;
  return [{ tone: 'plain', text: `Each figure is the median over ${over}. ${spread}${unknown}` }];
}

function reasonNotes({ results, rows }: Report): Note[] {
  const reasons = collectReasons(results.runs).filter(({ code }) => code !== 'target-embedded');
  const groups = sameReasons(reasons);
  const order = rows.map(({ point }) => point.id);
  const advised = new Set<string>();
  const notes = groups.slice(0, MAX_REASONS).map((group): Note => {
    const tone = group.reasons[0].severity === 'warning' ? 'care' : 'bad';
    const advice = adviceOf(group.reasons[0]);
    // The same reason may be grave at some runs and a warning at others.
    const more = advised.has(advice) ? '' : ` ${advice}`;
    advised.add(advice);
    return { tone, text: `${reasonText(group, order)}.${more}` };
  });
  if (groups.length > MAX_REASONS) {
    notes.push({
      tone: 'bad',
      text: `${plural(groups.length - MAX_REASONS, 'further reason')}: see summary.json.`,
    });
  }
  return notes;
}

/** Without the advice. `order`: of the points. */
function reasonText({ reasons, runs, points }: SameReasons, order: readonly string[]): string {
  const [{ code, severity }] = reasons;
  const what = {
    failed: 'failed',
    invalid: 'invalid, left out of the figures',
    warning: 'to be read with care',
  }[severity];
  const where = (some: ReadonlySet<string>): string =>
    listed(
      [...some].sort((a, b) => order.indexOf(a) - order.indexOf(b)).map((id) => printable(id, 24)),
    );
  const cause = code === 'failed' || code === 'stopped' ? '' : `${wordingOf(code).label}: `;
  const told = reasons.slice(0, MAX_MESSAGES).map((reason) => {
    const message = printable(reason.message).replace(/[.\s]+$/, '');
    const own = `${plural(reason.names.size, 'run')}: ${where(reason.points)}`;
    return reasons.length === 1 ? message : `${message} (${own})`;
  });
  const more = reasons.length - told.length;
  if (more > 0) told.push(`and ${plural(more, 'other cause')}, see summary.json`);
  return `${plural(runs, 'run')} ${what} (${where(points)}): ${cause}${told.join('; ')}`;
}

function missingNote(report: Report): Note[] {
  const missing = report.rows.filter((row) => row.missing > 0);
  if (missing.length === 0) return [];
  const count = missing.reduce((sum, row) => sum + row.missing, 0);
  const points = listed(missing.map((row) => `${printable(row.point.id, 24)}: ${row.missing}`));
  const dir = printable(report.results.dir);
  const text =
    `${plural(count, 'planned run')} missing (${points}). ` +
    `\`kbench run --resume ${dir}\` makes them.`;
  return [{ tone: 'care', text }];
}

function skippedNotes({ results }: Report): Note[] {
  const notes = results.skipped.slice(0, MAX_SKIPPED).map(({ message, remedy }): Note => {
    return {
      tone: 'bad',
      text: `Left out: ${printable(message)}.${remedy === undefined ? '' : ` ${remedy}`}`,
    };
  });
  const more = results.skipped.length - MAX_SKIPPED;
  return more > 0
    ? [
        ...notes,
        { tone: 'bad', text: `Left out: ${plural(more, 'more file')} of the same folder.` },
      ]
    : notes;
}
