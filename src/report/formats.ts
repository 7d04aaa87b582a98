// The output formats of `kbench report`, by name. A format is one function from the report to text; a new one is a file and a line here.
import type { Report } from './report-model.js';
import { renderMarkdown } from './markdown.js';
import { renderReportPage } from './page/report-page.js';
import { renderSummary } from './summary-json.js';
import { renderTable, type TableOptions } from './table.js';

/** Formats that are not for a terminal ignore the options. */
export type Renderer = (report: Report, options: TableOptions) => string;

export type FormatName = 'table' | 'md' | 'json' | 'html';

export const FORMATS: Readonly<Record<FormatName, Renderer>> = {
  table: renderTable,
  md: renderMarkdown,
  json: renderSummary,
  html: renderReportPage,
};

export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];
