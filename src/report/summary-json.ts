// The summary as JSON, byte for byte what summary.json holds: for scripts, and for later comparisons.
import type { Report } from './report-model.js';

export function renderSummary({ summary }: Report): string {
  return `${JSON.stringify(summary, null, 2)}\n`;
}
