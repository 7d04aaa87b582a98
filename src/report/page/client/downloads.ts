// The page's figures to take along, made in the browser from what is in the file: nothing is
// fetched. Called by main.
import { METRIC_KEYS } from '../page-model.js';
import { button, byId, el } from './elements.js';
import { blockText } from './load-data.js';
import type { Model } from './model.js';

export function downloads(model: Model): void {
  const status = el('span', { class: 'said', role: 'status' });
  const offer = (name: string, type: string, make: () => Promise<string> | string): HTMLElement =>
    button(name, () => {
      void Promise.resolve(make()).then(
        (text) => save(name, type, text),
        (error: unknown) => (status.textContent = String(error)),
      );
    });
  byId('downloads').replaceChildren(
    offer('summary.json', 'application/json', () => blockText('summary-data')),
    offer('points.csv', 'text/csv', () => pointsCsv(model)),
    offer('runs.csv', 'text/csv', () => runsCsv(model)),
    offer('page-data.json', 'application/json', () => blockText('page-data')),
    status,
  );
}

function save(name: string, type: string, text: string): void {
  const link = el('a', { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

type Cell = string | number | null;

/**
 * RFC 4180; text that a spreadsheet would run as a formula gets an apostrophe, figures stay
 * figures.
 */
export function csv(rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell): string => {
    if (value === null) return '';
    if (typeof value === 'number') return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function pointsCsv(model: Model): string {
  const { settings } = model.data;
  const head = [
    'point',
    ...settings.map(({ name }) => name),
    'loop',
    'runs',
    'valid',
    ...METRIC_KEYS,
    'rateLow',
    'rateHigh',
    'p99Low',
    'p99High',
    'verdict',
  ];
  const rows = model.points.map((point, index): Cell[] => [
    point.id,
    ...settings.map(({ values }, setting): Cell => {
      const raw = point.values[setting] < 0 ? null : values[point.values[setting]].raw;
      return typeof raw === 'boolean' ? String(raw) : raw;
    }),
    point.loop,
    point.runs,
    point.valid,
    ...METRIC_KEYS.map((key) => model.median(index, key)),
    ...(['rate', 'p99'] as const).flatMap((key): Cell[] => [
      ...(model.range(index, key) ?? [null, null]),
    ]),
    point.verdict.text,
  ]);
  return csv([head, ...rows]);
}

function runsCsv(model: Model): string {
  const { runs } = model.data;
  const head = [
    'run',
    'point',
    'repeat',
    'startedS',
    'counted',
    ...METRIC_KEYS,
    'canaryCpuMs',
    'canarySinkRate',
    'leftOut',
  ];
  const rows = runs.run.map((run, index): Cell[] => [
    run,
    model.points[runs.point[index]]?.id ?? '',
    runs.repeat[index],
    runs.startedS[index],
    runs.counted[index],
    ...METRIC_KEYS.map((key) => model.ofRun(index, key)),
    runs.canary?.cpuMs[index] ?? null,
    runs.canary?.sinkRate[index] ?? null,
    runs.reason[index],
  ]);
  return csv([head, ...rows]);
}
