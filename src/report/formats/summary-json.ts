// The summary as JSON, byte for byte what summary.json holds: for scripts, and for later
// comparisons.
import { harmlessJson } from '../text/escape-controls.js';
import type { Report } from '../model/report-model.js';

export function renderSummary({ summary }: Report): string {
  return `${harmlessJson(summary, 2)}\n`;
}
