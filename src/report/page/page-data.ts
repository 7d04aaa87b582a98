// Report -> the data of report.html: points, runs, merged latency curves and runs over time, in
// compact columns. Called by report-page. Everything foreign stays plain text here; the browser's
// code sets it as text and never as markup.
import type { FaultRecovery } from '../../contract/faults.js';
import type { Latency, RunResult } from '../../contract/run-result.js';
import type { Scalar } from '../../contract/settings.js';
import type { Quantity, SummaryPoint } from '../../contract/summary.js';
import { keptAll } from '../model/audit-totals.js';
import { auditCell } from '../text/audit-text.js';
import { printable, settingValue } from '../text/format.js';
import { percentileMs, type Percentile } from '../model/percentiles.js';
import type { PointRow, Report } from '../model/report-model.js';
import { KINDS, withHistogram, type Kind } from '../results/saved-histograms.js';
import { groupByPoint } from '../model/summarize.js';
import { codeText, isCounted, reasonsOfRun } from '../notes/verdicts.js';
import { latencyCurve, mergeLatency, type MergedLatency } from './merge-histograms.js';
import {
  METRIC_KEYS,
  PAGE_SCHEMA,
  type MetricKey,
  type PageData,
  type PageFault,
  type PageGate,
  type PagePoint,
  type PageQuantity,
  type PageRuns,
  type PageSetting,
} from './page-model.js';
import { round, runSeries } from './run-series.js';

/**
 * Above this only the kind that the table tells is merged: an open loop's 15,000 would take
 * seconds.
 */
const MAX_HISTOGRAMS = 6000;
/** Samples of all runs over time; each run has its share of them. */
const MAX_SAMPLES = 200_000;
const MIN_SAMPLES_A_RUN = 20;
const MAX_SAMPLES_A_RUN = 1200;
const MAX_TEXT = 300;

/** The page's data, and what had to be left out of it. */
export interface MadePageData {
  readonly data: PageData;
  readonly trouble: readonly string[];
}

export function pageData(report: Report): MadePageData {
  const { results, rows } = report;
  const settings = settingsOf(report);
  const byPoint = groupByPoint(results.runs);
  const common = commonProducer(report);
  const curves = latencyCurves(report, byPoint);
  const points = rows.map((row, index): PagePoint => {
    const { producer, other } = namesOf(report, index);
    return {
      id: printable(row.point.id, 40),
      values: settings.map((setting) => valueIndex(setting, row.point.config)),
      loop: row.loop,
      until: row.until,
      runs: row.point.runs,
      valid: row.point.valid,
      planned: row.planned,
      metrics: Object.fromEntries(
        METRIC_KEYS.map((key) => [key, quantityOf(pointMetric(row, key))]),
      ),
      producer: Object.fromEntries(
        Object.entries(producer).filter(([name]) => !Object.hasOwn(common, name)),
      ),
      other,
      kept: keptAll(row.point.audit),
      audit: auditCell(row.point.audit)?.join(', ') ?? null,
      verdict: { text: printable(row.verdict.parts.join(', '), MAX_TEXT), tone: row.verdict.tone },
      curves: curves.byPoint[index],
    };
  });
  const data: PageData = {
    schema: PAGE_SCHEMA,
    name: printable(results.name, 120),
    embedded: report.embedded,
    spread: report.spreadKind,
    settings,
    producer: common,
    points,
    runs: runColumns(report),
    curves: { quantiles: QUANTILES, kinds: curves.kinds, note: curves.note },
    gates: gatesOf(report),
    limitMs: firstLimit(report),
  };
  return { data, trouble: curves.trouble };
}

/**
 * Even on the scale of nines that percentile plots use: 0, 10.9 %, ... 90 %, ... 99.9999 %; and
 * those that people ask for between.
 */
const QUANTILES: readonly number[] = [
  ...Array.from({ length: 121 }, (_, step) => Number((1 - 10 ** (-step / 20)).toFixed(9))),
  ...[0.5, 0.75, 0.95],
].sort((a, b) => a - b);

function settingsOf({ results, varying }: Report): PageSetting[] {
  return varying.map((name) => {
    const values = new Set(
      results.plan.points.flatMap(({ config }) =>
        Object.hasOwn(config, name) ? [config[name]] : [],
      ),
    );
    const raw = [...values];
    // Numbers in their order; anything else as the plan has it.
    if (raw.every((value) => typeof value === 'number')) raw.sort((a, b) => a - b);
    return {
      name: printable(name, 120),
      values: raw.map((value) => ({
        raw: typeof value === 'string' ? printable(value, 120) : value,
        label: settingValue(name, value),
      })),
    };
  });
}

function valueIndex(setting: PageSetting, config: Readonly<Record<string, Scalar>>): number {
  const entry = Object.entries(config).find(([name]) => printable(name, 120) === setting.name);
  if (entry === undefined) return -1;
  const raw = typeof entry[1] === 'string' ? printable(entry[1], 120) : entry[1];
  return setting.values.findIndex((value) => value.raw === raw);
}

/** The settings of a point as text: the producer's under Java's names, and what else was swept. */
function namesOf(
  { results }: Report,
  index: number,
): { producer: Record<string, string>; other: Record<string, string> } {
  const { config, settings } = results.plan.points[index];
  const producer: Record<string, string> = {};
  const other: Record<string, string> = {};
  const given =
    'producer' in settings && typeof settings.producer === 'object' ? settings.producer : null;
  for (const [name, value] of Object.entries({ ...given, ...config }) as [string, unknown][]) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      continue;
    const group = /^(workload|topic|target|driver)\b/.test(name) ? other : producer;
    group[printable(name, 120)] = printable(String(value), MAX_TEXT);
  }
  return { producer, other };
}

function commonProducer(report: Report): Record<string, string> {
  if (report.rows.length === 0) return {};
  const first = Object.entries(namesOf(report, 0).producer);
  const all = report.rows.map((_, index) => namesOf(report, index).producer);
  return Object.fromEntries(
    first.filter(([name, value]) => all.every((each) => each[name] === value)),
  );
}

function pointMetric({ point, latency }: PointRow, key: MetricKey): Quantity | null {
  switch (key) {
    case 'rate':
      return point.throughput.recordsPerSecond;
    case 'mebibytes':
      return point.throughput.mebibytesPerSecond;
    case 'p50':
    case 'p75':
    case 'p90':
    case 'p95':
    case 'p99':
    case 'p999':
    case 'max':
      return latency?.[key] ?? null;
    case 'batchBytes':
    case 'recordsPerRequest':
    case 'inFlight':
      return point.achieved[key];
    case 'requests':
      return point.achieved.requestsPerSecond;
    case 'compression':
      return point.achieved.compressionRatio;
    case 'cpu':
      return point.generator.cpuMicrosPerRecord;
    case 'pacing':
      return point.generator.pacingMicrosPerRecord ?? null;
  }
}

function runMetric(run: RunResult, loop: PointRow['loop'], key: MetricKey): number | null {
  const { measurement } = run;
  if (measurement === null) return null;
  const { achieved, throughput, latencyMs, generator } = measurement;
  switch (key) {
    case 'rate':
      return throughput.recordsPerSecond;
    case 'mebibytes':
      return throughput.mebibytesPerSecond;
    case 'p50':
    case 'p75':
    case 'p90':
    case 'p95':
    case 'p99':
    case 'p999':
    case 'max':
      return percentileOf(loop === 'open' ? latencyMs.response : latencyMs.service, key);
    case 'batchBytes':
    case 'recordsPerRequest':
    case 'inFlight':
      return achieved[key] ?? null;
    case 'requests':
      return achieved.requestsPerSecond ?? null;
    case 'compression':
      return achieved.compressionRatio ?? null;
    case 'cpu':
      return generator.cpuMicrosPerRecord;
    case 'pacing':
      return generator.pacingMicrosPerRecord ?? null;
  }
}

const percentileOf = (latency: Latency | null, key: Percentile): number | null =>
  latency === null ? null : percentileMs(latency, key);

const quantityOf = (quantity: SummaryPoint['throughput']['recordsPerSecond']): PageQuantity =>
  quantity === null
    ? null
    : [
        round(quantity.median),
        quantity.low === null ? null : round(quantity.low),
        quantity.high === null ? null : round(quantity.high),
      ];

function runColumns({ results, rows }: Report): PageRuns {
  const { runs } = results;
  const indexes = new Map(rows.map((row, index) => [row.point.id, index]));
  const point = runs.map((run) => indexes.get(run.point) ?? -1);
  const starts = runs.map((run) => Date.parse(run.startedAt));
  const first = starts.reduce((least, each) => Math.min(least, each), Infinity);
  const share = Math.floor(MAX_SAMPLES / Math.max(1, runs.length));
  const maxSamples = Math.min(MAX_SAMPLES_A_RUN, Math.max(MIN_SAMPLES_A_RUN, share));
  const column = (key: MetricKey): (number | null)[] =>
    runs.map((run, index) => {
      const value = point[index] < 0 ? null : runMetric(run, rows[point[index]].loop, key);
      return value === null ? null : round(value);
    });
  const canary = runs.some((run) => run.canary !== null)
    ? {
        cpuMs: runs.map(({ canary }) => (canary === null ? null : round(canary.cpuMs))),
        sinkRate: runs.map(({ canary }) =>
          canary === null ? null : round(canary.sinkRecordsPerSecond),
        ),
      }
    : null;
  return {
    run: runs.map((run) => printable(run.run, 20)),
    point,
    repeat: runs.map((run) => run.repeat),
    startedS: starts.map((start) => (start - first) / 1000),
    counted: runs.map((run) => (isCounted(run) ? 1 : 0)),
    reason: runs.map((run) => (isCounted(run) ? '' : reasonOf(run))),
    metrics: Object.fromEntries(METRIC_KEYS.map((key) => [key, column(key)])),
    canary,
    series: runs.map(({ measurement }) => {
      if (measurement === null) return null;
      const series = runSeries(measurement.intervals, maxSamples);
      const faults = (measurement.recovery ?? []).map(pageFault);
      return series === null || faults.length === 0 ? series : { ...series, faults };
    }),
  };
}

const pageFault = ({ label, atMs, endMs }: FaultRecovery): PageFault => ({
  label: printable(label, MAX_TEXT),
  atS: round(atMs / 1000),
  untilS: endMs === null ? null : round(endMs / 1000),
});

function reasonOf(run: RunResult): string {
  const grave = reasonsOfRun(run).filter((reason) => reason.severity !== 'warning');
  if (grave.length === 0) return 'no figures';
  return printable(
    grave.map(({ code, message }) => `${codeText(code)}: ${message}`).join('; '),
    MAX_TEXT,
  );
}

interface Curves {
  readonly byPoint: readonly Readonly<Record<string, number[]>>[];
  readonly kinds: string[];
  readonly note: string;
  readonly trouble: string[];
}

function latencyCurves(
  { rows, results }: Report,
  byPoint: ReadonlyMap<string, readonly RunResult[]>,
): Curves {
  const open = rows.some((row) => row.loop === 'open');
  const histograms = results.runs.length * (open ? KINDS.length : 1);
  const all = histograms <= MAX_HISTOGRAMS;
  const trouble: string[] = [];
  const kinds = new Set<string>();
  const curves = rows.map((row) => {
    const main: Kind = row.loop === 'open' ? 'response' : 'service';
    const own: Record<string, number[]> = {};
    for (const kind of all ? KINDS : [main]) {
      let merged: MergedLatency | null = null;
      for (const run of (byPoint.get(row.point.id) ?? []).filter(isCounted)) {
        merged =
          withHistogram(
            run,
            kind,
            (message) => trouble.push(message),
            (_latency, counts): MergedLatency => mergeLatency(merged, counts),
          ) ?? merged;
      }
      if (merged === null || merged.total === 0) continue;
      kinds.add(kind);
      own[kind] = latencyCurve(merged, QUANTILES).map(round);
    }
    return own;
  });
  const note = all
    ? ''
    : `Of ${histograms.toLocaleString('en-US')} histograms only those of the table’s latency ` +
      'are merged here.';
  return { byPoint: curves, kinds: KINDS.filter((kind) => kinds.has(kind)), note, trouble };
}

function gatesOf({ rows }: Report): PageGate[] {
  const gates = new Map<string, [number, number | null, boolean][]>();
  rows.forEach(({ point }, index) => {
    for (const { text, value, passed } of point.thresholds ?? []) {
      const outcomes = gates.get(text) ?? [];
      outcomes.push([index, value === null ? null : round(value), passed]);
      gates.set(text, outcomes);
    }
  });
  return [...gates].map(([text, outcomes]) => ({ text: printable(text, 200), outcomes }));
}

/**
 * The YAML's own limit where it has one; else a round number that about half of the points keep.
 */
function firstLimit({ results, rows }: Report): number | null {
  const p99s = rows.flatMap(({ latency }) => latency?.p99?.median ?? []).sort((a, b) => a - b);
  if (p99s.length === 0) return null;
  const gate = results.plan.thresholds.find(
    ({ metric, operator }) =>
      /^latencyMs\.(response|service)\.p99$/.test(metric) && operator.startsWith('<'),
  );
  if (gate !== undefined && gate.bound > 0) return gate.bound;
  const middle = p99s[p99s.length >> 1];
  const decade = 10 ** Math.floor(Math.log10(Math.max(middle, 1e-6)));
  return Number(
    (
      ([1, 1.5, 2, 3, 4, 5, 7, 10].find((step) => step * decade >= middle) ?? 10) * decade
    ).toPrecision(3),
  );
}
