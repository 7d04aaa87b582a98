// The output formats of `kbench report`, by name. A format is one function from the report to text or files; a new one is a file in formats/, a
// line here and one in format-names.ts.
import type { Better, FormatName, Per } from './format-names.js';
import { renderBencher } from './formats/bencher.js';
import { renderBenchstat } from './formats/benchstat.js';
import { renderCsv } from './formats/csv.js';
import { renderGithubActionBenchmark } from './formats/github-action-benchmark.js';
import { renderHgrm } from './formats/hgrm.js';
import { renderHlog } from './formats/hlog.js';
import { renderJsonLines } from './formats/json-lines.js';
import { renderJunitReport } from './formats/junit.js';
import { renderOmb } from './formats/omb.js';
import { renderOpenMetrics } from './formats/openmetrics.js';
import { renderPerfTest } from './formats/perf-test.js';
import { renderMarkdown } from './markdown.js';
import { renderReportPage } from './page/report-page.js';
import type { Report } from './report-model.js';
import { renderSummary } from './summary-json.js';
import { renderTable, type TableOptions } from './table.js';

export interface RenderOptions extends TableOptions {
  readonly per?: Per;
  readonly better?: Better;
  /** Told of what cannot be shown, in words: a histogram that cannot be read, runs without figures. */
  readonly leaveOut?: (message: string) => void;
}

export interface NamedFile {
  readonly name: string;
  readonly text: string;
}

/** Text; or, where it may be long, its pieces one after another; or files for a folder. */
export type Output = string | { readonly pieces: Iterable<string> } | { readonly files: Iterable<NamedFile> };

/** Formats ignore the options that they have no use for. */
export type Renderer = (report: Report, options: RenderOptions) => Output;

export const FORMATS: Readonly<Record<FormatName, Renderer>> = {
  table: renderTable,
  md: renderMarkdown,
  json: renderSummary,
  html: renderReportPage,
  jsonl: renderJsonLines,
  csv: renderCsv,
  hlog: renderHlog,
  hgrm: renderHgrm,
  junit: renderJunitReport,
  openmetrics: renderOpenMetrics,
  benchstat: renderBenchstat,
  'github-action-benchmark': renderGithubActionBenchmark,
  bencher: renderBencher,
  omb: renderOmb,
  'perf-test': renderPerfTest,
};
