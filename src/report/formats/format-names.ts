// The output formats of `kbench report` by name: what each is for and which options it takes. Apart
// from formats.ts, so that --help need not load the renderers.

export interface FormatInfo {
  /** For --help. */
  readonly what: string;
  /** What --per may be, the default first. Left out: there is no choice. */
  readonly per?: readonly Per[];
  /** --better chooses what it holds. */
  readonly better?: true;
  /** A table whose columns of latency --percentiles chooses. */
  readonly columns?: true;
  /** --invalid shows the figures of runs that do not count. */
  readonly invalid?: true;
  /** A folder of files. */
  readonly files?: true;
}

/** What a row, line or file is about. */
export type Per = 'point' | 'run' | 'agent';
/** Which figures: those of which less is better, or more. */
export type Better = 'smaller' | 'bigger';

const info = {
  table: {
    what: 'a table fitted to the terminal; --per agent adds a row for each agent',
    per: ['point', 'agent'],
    columns: true,
    invalid: true,
  },
  md: {
    what: 'GitHub Markdown: figures, notes, environment, configuration',
    columns: true,
    invalid: true,
  },
  json: { what: 'summary.json: medians and intervals of every point' },
  html: { what: 'a page to decide by: report.html, self-contained' },
  jsonl: { what: 'JSON Lines: every run whole, with intervals and histograms' },
  csv: {
    what: 'a row for each point, for each run (--per run) or for each of its agents (--per agent)',
    per: ['point', 'run', 'agent'],
    invalid: true,
  },
  hlog: {
    what:
      'HdrHistogram logs: a file for each point, ' +
      'a line (tagged where several) for each run and kind of latency',
    files: true,
  },
  hgrm: {
    what: 'HdrHistogram percentile distributions in ms, for its plotter',
    per: ['point', 'run'],
    files: true,
  },
  junit: { what: 'JUnit XML: gates and runs as test cases' },
  openmetrics: { what: 'OpenMetrics text: gauges and latency histograms' },
  benchstat: { what: "Go's benchmark format: a line for each run" },
  'github-action-benchmark': { what: 'its custom JSON, of what --better names', better: true },
  bencher: { what: 'Bencher Metric Format JSON, with lower and upper values' },
  omb: { what: "OpenMessaging Benchmark's result JSON, a file for each run", files: true },
  'perf-test': {
    what: "kafka-producer-perf-test's line for each run or point",
    per: ['run', 'point'],
  },
} as const satisfies Readonly<Record<string, FormatInfo>>;

export type FormatName = keyof typeof info;

export const FORMAT_INFO: Readonly<Record<FormatName, FormatInfo>> = info;
export const FORMAT_NAMES = Object.keys(info) as readonly FormatName[];
