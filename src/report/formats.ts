// The output formats of `kbench report`, by name. A format is one function from the report to text or files; a new one is a file in formats/, a
// line here and one in format-names.ts.
import type { FormatName } from './format-names.js';
import { renderBencher } from './formats/bencher.js';
import { renderBenchstat } from './formats/benchstat.js';
import { renderCsv } from './formats/csv.js';
import type { Renderer } from './formats/format-types.js';
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
import { renderSummary } from './summary-json.js';
import { renderTable } from './table.js';

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
