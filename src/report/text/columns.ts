// The columns of the results table: what each holds, how it is headed, and which go first when room
// is short. Terminal and Markdown draw the same columns; text comes out printable, and each format
// escapes it further as it needs.
import { auditCell } from './audit-text.js';
import { compact, printable, settingValue, significant } from './format.js';
import type { Scalar } from '../../contract/settings.js';
import { percentileName, USUAL_PERCENTILES, type Percentile } from '../model/percentiles.js';
import type { PointRow, Report, Spread } from '../model/report-model.js';

export interface Column {
  /** Short name, for telling which columns were left out. */
  readonly name: string;
  /** Lines of the heading, and of a narrower one where there is one. */
  readonly head: readonly string[];
  readonly tightHead: readonly string[];
  readonly align: 'left' | 'right';
  /** The lower, the sooner it is left out; null never. */
  readonly keep: number | null;
  /** Parts of the cell; renderers with room join them by `, `. */
  readonly cell: (row: PointRow) => readonly string[];
  /**
   * What the cell shows, before it is worded, for sorting and picking; a spread is its width. Null
   * where there is nothing.
   */
  readonly value: (row: PointRow) => Scalar | null;
}

export const NOTHING = '-';
const COMPRESSION = 'compressed/raw bytes';
/** Without a codec the ratio is 1 but for rounding. */
const NO_CODEC = 0.001;
/** When the usual percentiles are left out: see Column.keep. */
const KEEP: Partial<Record<Percentile, number>> = { p50: 6, p999: 8 };
const HEAD_WIDTH = 13;
const TIGHT_HEAD_WIDTH = 8;

/**
 * All columns that say something in this report, in the table's order. Percentiles that were
 * asked for by name are never left out for want of room.
 */
export function columnsOf(report: Report, percentiles?: readonly Percentile[]): Column[] {
  const kind = latencyHead(report);
  const ends = report.spreadKind === 'interval' ? '95 % interval' : 'min-max';
  const percentile = (field: Percentile): Column[] => {
    const name = percentileName(field);
    const keep = percentiles === undefined ? (KEEP[field] ?? null) : null;
    const value = figure(
      `${name} ms`,
      [kind, `${name} ms`],
      keep,
      (row) => row.latency?.[field]?.median,
    );
    if (field !== 'p99') return [value];
    return [value, spread(`p99 ms ${ends}`, ['p99 ms', ends], 2, (row) => row.spread.p99)];
  };
  const columns: (Column | null)[] = [
    {
      ...text('point', ['point'], null, (row) => [printable(row.point.id, 24)]),
      value: (row) => row.point.id,
    },
    ...report.varying.map(settingColumn),
    report.loop === 'mixed' ? text('loop', ['loop'], null, loopCell) : null,
    unlike(report) ? text('latency until', ['latency', 'until'], null, untilCell) : null,
    figure(
      'records/s',
      ['records/s'],
      null,
      (row) => row.point.throughput.recordsPerSecond?.median,
    ),
    spread(`records/s ${ends}`, ['records/s', ends], 1, (row) => row.spread.recordsPerSecond),
    figure('MiB/s', ['MiB/s'], 4, (row) => row.point.throughput.mebibytesPerSecond?.median),
    ...(percentiles ?? USUAL_PERCENTILES).flatMap(percentile),
    ...transactionColumns(report),
    figure('batch KiB', ['batch', 'KiB'], 7, (row) =>
      divided(row.point.achieved.batchBytes?.median, 1024),
    ),
    compressionColumn(report),
    figure('requests/s', ['requests/s'], 3, (row) => row.point.achieved.requestsPerSecond?.median),
    figure(
      'CPU us/record',
      ['CPU us', '/record'],
      5,
      (row) => row.point.generator.cpuMicrosPerRecord?.median,
    ),
    pacingColumn(report),
    endToEndColumn(report),
    memoryColumn(report),
    auditColumn(report),
    {
      ...text('runs', ['valid', 'runs'], 9, (row) => [runsCell(row)]),
      ...{ align: 'right', value: (row: PointRow) => row.point.valid },
    },
    text('verdict', ['verdict'], null, (row) => row.verdict.parts),
  ];
  return columns.filter((column) => column !== null);
}

/** Beside the producer's, where something is paced; the first to go. */
function pacingColumn({ rows }: Report): Column | null {
  const pacing = ({ point }: PointRow) => point.generator.pacingMicrosPerRecord?.median;
  if (!rows.some((row) => (pacing(row) ?? 0) > 0)) return null;
  return figure('pacing us/record', ['pacing us', '/record'], 0.5, pacing);
}

/** Where anything consumed. */
function endToEndColumn({ rows }: Report): Column | null {
  if (!rows.some(({ point }) => point.consumers !== undefined)) return null;
  return figure(
    'end-to-end p99 ms',
    ['end-to-end', 'p99 ms'],
    8.7,
    ({ point }) => point.consumers?.endToEndMs.p99?.median,
  );
}

/** Where clients stand beside each other: the peak resident set of each. */
function memoryColumn({ varying }: Report): Column | null {
  if (!varying.includes('driver')) return null;
  return figure('RSS MiB', ['RSS', 'MiB'], 6, ({ point }) => point.generator.rssMiB?.median);
}

/** What was found that should not be, where anything was audited. */
function auditColumn({ rows }: Report): Column | null {
  if (!rows.some(({ point }) => point.audit !== undefined)) return null;
  return text('audit', ['audit'], 8.5, ({ point }) => auditCell(point.audit) ?? [NOTHING]);
}

/** Whether acks=0 stands beside points that are acknowledged. */
const unlike = ({ rows }: Report): boolean => new Set(rows.map(({ until }) => until)).size > 1;

/** What latencies are here. */
export function latencyHead(report: Report): string {
  const kind =
    report.loop === 'open' ? 'response' : report.loop === 'closed' ? 'service' : 'latency';
  const written = report.rows.length > 0 && report.rows.every(({ until }) => until === 'written');
  return written ? 'written' : unlike(report) ? 'latency' : kind;
}

const untilCell = ({ until }: PointRow): readonly string[] => [
  until === 'written' ? 'written (acks=0)' : 'acknowledged',
];

/**
 * Java's compression-rate-avg: compressed bytes for each byte before, so less is smaller. Where
 * codecs are compared it is never left out; without any codec it says nothing.
 */
function compressionColumn({ rows, varying }: Report): Column | null {
  const ratio = ({ point }: PointRow): number | undefined =>
    point.achieved.compressionRatio?.median;
  const compared = varying.includes('compression.type');
  const compressed = rows.some((row) => Math.abs((ratio(row) ?? 1) - 1) > NO_CODEC);
  if (!compared && !compressed) return null;
  return figure(COMPRESSION, ['compressed', '/raw bytes'], compared ? null : 5.5, ratio);
}

/** Only where there are transactions, and aborted ones only where some were aborted. */
function transactionColumns({ rows }: Report): (Column | null)[] {
  const of = ({ point }: PointRow) => point.transactions;
  if (!rows.some((row) => of(row) !== undefined)) return [];
  const aborts = rows.some((row) => (of(row)?.recordsAborted ?? 0) > 0);
  const abortedPercent = (row: PointRow): number | undefined => {
    const { recordsAborted = 0, recordsCommitted = 0 } = of(row) ?? {};
    return of(row) === undefined
      ? undefined
      : (100 * recordsAborted) / Math.max(1, recordsAborted + recordsCommitted);
  };
  return [
    figure(
      'commit p99 ms',
      ['commit', 'p99 ms'],
      9.5,
      (row) => of(row)?.commitLatencyMs.p99?.median,
    ),
    aborts ? figure('% aborted', ['%', 'aborted'], 4.5, abortedPercent) : null,
  ];
}

function settingColumn(name: string): Column {
  return {
    name: printable(name, 80),
    head: breakName(printable(name, 80), HEAD_WIDTH),
    tightHead: breakName(printable(name, 80), TIGHT_HEAD_WIDTH),
    align: 'right',
    keep: null,
    cell: ({ point }) =>
      Object.hasOwn(point.config, name) ? [settingValue(name, point.config[name])] : [NOTHING],
    value: ({ point }) => (Object.hasOwn(point.config, name) ? point.config[name] : null),
  };
}

function text(
  name: string,
  head: readonly string[],
  keep: number | null,
  cell: (row: PointRow) => readonly string[],
): Column {
  return {
    name,
    head,
    tightHead: head,
    align: 'left',
    keep,
    cell,
    value: (row) => cell(row).join(', '),
  };
}

function figure(
  name: string,
  head: readonly string[],
  keep: number | null,
  pick: (row: PointRow) => number | undefined,
): Column {
  const cell = (row: PointRow): readonly string[] => {
    const value = pick(row);
    return value === undefined ? [NOTHING] : [significant(value)];
  };
  return { ...text(name, head, keep, cell), align: 'right', value: (row) => pick(row) ?? null };
}

function spread(
  name: string,
  head: readonly string[],
  keep: number,
  pick: (row: PointRow) => Spread | null,
): Column {
  const cell = (row: PointRow): readonly string[] => {
    const ends = pick(row);
    return ends === null ? [NOTHING] : [`${compact(ends.low)}-${compact(ends.high)}`];
  };
  const value = (row: PointRow): number | null => {
    const ends = pick(row);
    return ends === null ? null : ends.high - ends.low;
  };
  return { ...text(name, head, keep, cell), align: 'right', value };
}

const divided = (value: number | undefined, by: number): number | undefined =>
  value === undefined ? undefined : value / by;

const loopCell = (row: PointRow): readonly string[] => [
  row.loop === 'open' ? 'open, response' : 'closed, service',
];

/** `5/5`; `3/3 of 5` when runs are missing. */
function runsCell({ point, missing, planned }: PointRow): string {
  return `${point.valid}/${point.runs}${missing > 0 ? ` of ${planned}` : ''}`;
}

/** `max.in.flight.requests.per.connection` -> lines that end at dots. */
function breakName(name: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of name.split(/(?<=\.)/)) {
    if (line !== '' && line.length + part.length > width) {
      lines.push(line);
      line = '';
    }
    line += part;
  }
  return [...lines, line];
}
