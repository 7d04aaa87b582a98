// JSON Lines: every run as its file holds it, one a line, for jq, DuckDB and data frames. Nothing
// is left out of it, failed runs neither.
import type { RunResult } from '../../contract/run-result.js';
import { harmlessJson } from '../text/escape-controls.js';
import type { Report } from '../model/report-model.js';

export function renderJsonLines({ results }: Report): { readonly pieces: Iterable<string> } {
  return { pieces: lines(results.runs) };
}

function* lines(runs: readonly RunResult[]): Generator<string> {
  for (const run of runs) yield `${harmlessJson(run)}\n`;
}
