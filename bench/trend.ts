// How well `kbench trend` tells a regression from noise: simulated histories of 60 nights with the
// noise of a hosted CI runner, with and without one true regression; how soon a nightly gate sees
// it; and how long a thousand nights take to read. Seeded.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { HistoryEntry } from '../src/contract/trend.js';
import { makeTrend } from '../src/report/trend/make-trend.js';
import { readHistory } from '../src/report/trend/read-history.js';
import { trendOptions } from '../src/report/trend/trend-options.js';
import {
  CI_NOISE,
  syntheticHistory,
  writeNights,
  type Step,
} from '../src/testing/synthetic-history.js';
import {
  benchTable,
  circumstances,
  formatSpread,
  spreadOf,
  type BenchOptions,
} from './bench-report.js';

export const title =
  'Change points in a nightly history: found, missed, false alarms, delay, reading time';

const SEEDS = 200;
const NIGHTS = 60;
const NIGHT = 40; // the 41st
const METRICS = ['recordsPerSecond', 'p99'] as const;

interface Shift {
  readonly label: string;
  readonly metric: (typeof METRICS)[number];
  readonly step: Step;
}

const SHIFTS: readonly Shift[] = [
  { label: 'p99 +8 %', metric: 'p99', step: { night: NIGHT, p99: 1.08 } },
  { label: 'p99 +5 %', metric: 'p99', step: { night: NIGHT, p99: 1.05 } },
  { label: 'records/s -5 %', metric: 'recordsPerSecond', step: { night: NIGHT, throughput: 0.95 } },
  {
    label: 'records/s -3.5 %',
    metric: 'recordsPerSecond',
    step: { night: NIGHT, throughput: 0.965 },
  },
];

export function run(options: BenchOptions): Promise<void> {
  const seeds = options.rounds ?? SEEDS;
  console.log(
    circumstances(
      {},
      `${seeds} seeds (1 to ${seeds}), ${NIGHTS} nights, noise CV ${(CI_NOISE * 100).toFixed(2)} %`,
    ),
  );
  console.log(
    benchTable(
      [
        'true change at night 41',
        'same night',
        '+-1 night',
        '+-5 nights',
        'false ones',
        'nights until the gate fails',
        'gate never fails',
      ],
      SHIFTS.map((shift) => shiftRow(shift, seeds)),
    ),
  );
  printFalseAlarms(seeds);
  readingTime(options.rounds ?? 3);
  return Promise.resolve();
}

/** How a change of this size is found: on its night, near it, at all, and what the gate says. */
function shiftRow({ label, metric, step }: Shift, seeds: number): string[] {
  let exact = 0;
  let near = 0;
  let found = 0;
  let others = 0;
  const delays: number[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const entries = syntheticHistory({ nights: NIGHTS, seed, steps: [step] });
    const at = changesOf(entries, metric);
    const distance = Math.min(...at.map((night) => Math.abs(night - NIGHT)));
    if (distance === 0) exact++;
    if (distance <= 1) near++;
    if (distance <= 5) found++;
    others += at.filter((night) => Math.abs(night - NIGHT) > 5).length;
    const delay = nightsToAlarm(entries, metric);
    if (delay !== null) delays.push(delay);
  }
  const share = (count: number): string => `${((100 * count) / seeds).toFixed(1)} %`;
  const late = delays.toSorted((a, b) => a - b)[Math.ceil(0.95 * delays.length) - 1];
  return [
    label,
    share(exact),
    share(near),
    share(found),
    String(others),
    `${spreadOf(delays)?.median ?? '-'} (95 %: ${late ?? '-'})`,
    share(seeds - delays.length),
  ];
}

/** Histories in which nothing changed. */
function printFalseAlarms(seeds: number): void {
  let histories = 0;
  let falsePoints = 0;
  let falseAlarms = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const entries = syntheticHistory({ nights: NIGHTS, seed: 100_000 + seed });
    for (const metric of METRICS) {
      const count = changesOf(entries, metric).length;
      falsePoints += count;
      if (count > 0) histories++;
      for (let nights = 5; nights <= NIGHTS; nights++)
        if (alarm(entries.slice(0, nights), metric)) falseAlarms++;
    }
  }
  const series = seeds * METRICS.length;
  console.log(
    `A against A   ${falsePoints} false change points in ${series} series of ${NIGHTS} nights ` +
      `(${((100 * histories) / series).toFixed(1)} % of the series have one); ` +
      `the nightly gate fails on ${((100 * falseAlarms) / (series * (NIGHTS - 4))).toFixed(2)} ` +
      '% of the nights of one series',
  );
}

function trendOf(entries: readonly HistoryEntry[], metric: string) {
  return makeTrend(
    { entries, leftOut: [], doubles: 0 },
    trendOptions({ metric: [metric], 'fail-on': 'regression' }),
  );
}

const changesOf = (entries: readonly HistoryEntry[], metric: string): number[] =>
  trendOf(entries, metric).series[0].changes.map(({ result }) => result);

const alarm = (entries: readonly HistoryEntry[], metric: string): boolean =>
  trendOf(entries, metric).failures.length > 0;

/**
 * Nights with the regression that pass before `--fail-on regression` ends with 99; null when it
 * never does.
 */
function nightsToAlarm(entries: readonly HistoryEntry[], metric: string): number | null {
  for (let nights = NIGHT + 1; nights <= entries.length; nights++)
    if (alarm(entries.slice(0, nights), metric)) return nights - NIGHT;
  return null;
}

function readingTime(rounds: number): void {
  const dir = mkdtempSync(path.join(tmpdir(), 'kbench-bench-trend-'));
  try {
    const configs = [16_384, 65_536].flatMap((size) =>
      [0, 5, 10, 20].flatMap((linger) =>
        ['1', 'all'].map((acks) => ({ 'batch.size': size, 'linger.ms': linger, acks })),
      ),
    );
    writeNights(dir, { nights: 1000, seed: 1, configs });
    const [read, made]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const startMs = performance.now();
      const history = readHistory([dir]);
      read.push(performance.now() - startMs);
      makeTrend(history, trendOptions({}));
      made.push(performance.now() - startMs - read.at(-1)!);
    }
    console.log(
      `1,000 nights of ${configs.length} points: read in ${formatSpread(read, 0)} ms, ` +
        `change points of ${configs.length * 3} series in ${formatSpread(made, 0)} ms`,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
