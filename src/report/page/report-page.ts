// report.html: the report as a page to decide by. Called by write-report and `kbench report
// --format html`. The frame is shell's, the text page-body's, the charts are drawn by the browser
// (client/, bundled by the build) from page-data's figures.
import { printable } from '../text/format.js';
import type { Report } from '../model/report-model.js';
import { renderSummary } from '../formats/summary-json.js';
import { readAsset } from './asset.js';
import { pageBody } from './page-body.js';
import { pageData } from './page-data.js';
import { htmlPage } from './shell.js';

export function renderReportPage(report: Report): string {
  const { data, trouble } = pageData(report);
  return htmlPage({
    title: `${printable(report.results.name, 120)}: kbench report`,
    body: pageBody(report, trouble),
    data: { 'page-data': JSON.stringify(data), 'summary-data': renderSummary(report) },
    script: readAsset(import.meta.url, 'client.js'),
  });
}
