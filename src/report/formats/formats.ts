// The output formats of `kbench report`, by name. A format is one function from the report to text
// or files; a new one is a file in formats/, a line here and one in format-names.ts.
import type { FormatName } from './format-names.js';
import { renderBencher } from './bencher.js';
import { renderBenchstat } from './benchstat.js';
import { renderCsv } from './csv.js';
import type { Renderer } from './format-types.js';
import { renderGithubActionBenchmark } from './github-action-benchmark.js';
import { renderHgrm } from './hgrm.js';
import { renderHlog } from './hlog.js';
import { renderJsonLines } from './json-lines.js';
import { renderJunitReport } from './junit.js';
import { renderOmb } from './omb.js';
import { renderOpenMetrics } from './openmetrics.js';
import { renderPerfTest } from './perf-test.js';
import { renderMarkdown } from '../text/markdown.js';
import { renderReportPage } from '../page/report-page.js';
import { renderSummary } from './summary-json.js';
import { renderTable } from '../text/table.js';

export const FORMATS: Readonly<Record<FormatName, Renderer>> = {
  table: (report, options) => renderTable(report, { ...options, agents: options.per === 'agent' }),
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
