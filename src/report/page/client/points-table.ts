// All points as a table: sorted by any column, filtered by text, each to be shown in the charts.
// The keyboard's way to everything that a click in a chart does. Called by main.
import type { MetricKey } from '../page-model.js';
import { button, byId, el } from './elements.js';
import { compact, plural, significant } from '../../text/format.js';
import { metricOf, type Model } from './model.js';
import type { State } from './page-state.js';

const FIRST = 50;
const METRICS: readonly MetricKey[] = ['rate', 'p50', 'p95', 'p99', 'p999', 'batchBytes', 'cpu'];

const HEADS: Readonly<Partial<Record<MetricKey, string>>> = {
  rate: 'records/s',
  batchBytes: 'batch KiB',
  cpu: 'CPU µs/rec.',
};

interface Column {
  readonly key: string;
  readonly head: string;
  readonly figure: boolean;
  readonly order: (point: number) => number;
  readonly cell: (point: number) => readonly string[];
  /** Told in a cell of its own behind it. */
  readonly range?: (point: number) => readonly [number, number] | null;
}

/** Fills the page's `#points`, and keeps it up to date. */
export function pointsTable(model: Model, state: State): void {
  const table = new PointsTable(model, state);
  // Sorting and filtering do not depend on the limit: a moving slider only marks rows anew.
  state.on(['limit'], () => table.markRows());
  state.on(['chosen'], () => table.checkBoxes());
  byId('points').replaceChildren(...table.elements());
  table.fill();
}

class PointsTable {
  readonly #columns: readonly Column[];
  readonly #search = el('input', {
    type: 'search',
    placeholder: 'linger.ms 5',
    'aria-label': 'Show only points whose text contains all these words',
  });
  readonly #count = el('span', { class: 'said' });
  readonly #head = el('tr');
  readonly #body = el('tbody');
  readonly #more = button('', () => {
    this.#all = true;
    this.fill();
  });
  #sorted: { readonly key: string; readonly down: boolean };
  #all = false;

  constructor(
    private readonly model: Model,
    private readonly state: State,
  ) {
    this.#columns = columnsOf(model);
    const { clientSetting } = model;
    this.#sorted =
      clientSetting === null
        ? { key: 'rate', down: true }
        : { key: settingKey(clientSetting), down: false };
    this.#search.addEventListener('input', () => this.fill());
  }

  elements(): HTMLElement[] {
    return [
      el('div', { class: 'controls' }, el('label', {}, 'Filter ', this.#search), this.#count),
      el('p', { class: 'said' }, 'Grey rows are over the limit.'),
      el(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'All points' },
        el('table', { id: 'points-table' }, el('thead', {}, this.#head), this.#body),
      ),
      this.#more,
    ];
  }

  fill(): void {
    const { points } = this.model;
    const rows = this.#ordered(this.#matching());
    const shown = this.#all ? rows : rows.slice(0, FIRST);
    this.#body.replaceChildren(...shown.map((point) => this.#rowOf(point)));
    this.#more.hidden = shown.length === rows.length;
    this.#more.textContent = `Show all ${rows.length.toLocaleString('en-US')}`;
    this.#count.textContent =
      rows.length === points.length
        ? plural(rows.length, 'point')
        : `${rows.length} of ${plural(points.length, 'point')}`;
    this.#head.replaceChildren(
      el('th', { scope: 'col' }, 'shown'),
      ...this.#columns.flatMap((column) => this.#headOf(column)),
    );
  }

  markRows(): void {
    [...this.#body.rows].forEach((row) => this.#mark(row));
  }

  checkBoxes(): void {
    for (const box of this.#body.querySelectorAll<HTMLInputElement>('input[type=checkbox]')) {
      box.checked = this.state.shown.includes(Number(box.dataset['point']));
    }
  }

  /** Points whose text holds every word of the filter. */
  #matching(): number[] {
    const words = this.#search.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    return this.model.points.flatMap(({ id, verdict }, point) => {
      const text = `${id} ${this.model.settingsText(point)} ${verdict.text}`.toLowerCase();
      return words.every((word) => text.includes(word)) ? [point] : [];
    });
  }

  #ordered(points: readonly number[]): number[] {
    const { key, down } = this.#sorted;
    const column = this.#columns.find((each) => each.key === key) ?? this.#columns[0];
    const order = (point: number): number => {
      const value = column.order(point);
      return Number.isNaN(value) ? Infinity : down ? -value : value;
    };
    return points
      .map((point) => [order(point), point] as const)
      .sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] - b[0]))
      .map(([, point]) => point);
  }

  #headOf({ key, head, figure, range }: Column): HTMLElement[] {
    const sorted = key === this.#sorted.key;
    const th = el('th', {
      scope: 'col',
      class: figure ? 'figure-cell' : null,
      'aria-sort': sorted ? (this.#sorted.down ? 'descending' : 'ascending') : null,
    });
    const sort = button(head, () => {
      const falls = figure && metricOf(key as MetricKey)?.better !== 'lower';
      this.#sorted = { key, down: sorted ? !this.#sorted.down : falls };
      this.fill();
      this.#head.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus();
    });
    sort.dataset['key'] = key;
    th.append(sort);
    if (range === undefined) return [th];
    const ends = this.model.data.spread === 'interval' ? '95 %' : 'min–max';
    return [th, el('th', { scope: 'col', class: 'range' }, ends)];
  }

  #rowOf(point: number): HTMLElement {
    const { id } = this.model.points[point];
    const label = `Show ${id} in the charts`;
    const box = el('input', { type: 'checkbox', 'aria-label': label, 'data-point': point });
    box.checked = this.state.shown.includes(point);
    box.addEventListener('change', () => this.state.toggle(point));
    const cells = this.#columns.flatMap((column) => cellsOf(column, point));
    const row = el('tr', { 'data-point': point }, el('td', {}, box), ...cells);
    this.#mark(row);
    return row;
  }

  #mark(row: HTMLElement): void {
    const point = Number(row.dataset['point']);
    const { loop, verdict } = this.model.points[point];
    const { limitKey, limitMs, best } = this.state;
    const over = (this.model.median(point, limitKey) ?? 0) > limitMs && loop === this.state.loop;
    row.className = `${verdict.tone} ${point === best ? 'best' : ''} ${over ? 'over' : ''}`;
  }
}

function cellsOf({ figure, cell, key, range }: Column, point: number): HTMLElement[] {
  const kind = figure ? 'figure-cell' : key === 'verdict' ? 'tone' : null;
  const td = el('td', { class: kind }, ...cell(point));
  if (range === undefined) return [td];
  const told = range(point);
  const ends = told === null ? '' : `${compact(told[0])}–${compact(told[1])}`;
  return [td, el('td', { class: 'range' }, ends)];
}

const settingKey = (index: number): string => `setting ${index}`;

const TONES = ['good', 'care', 'bad', 'none'];

function columnsOf(model: Model): Column[] {
  const { points, loops, data } = model;
  const known = METRICS.filter((key) =>
    points.some((_, point) => model.median(point, key) !== null),
  );
  const loop = textColumn(
    'loop',
    'loop',
    (point) => (points[point].loop === 'open' ? 'open, response' : 'closed, service'),
    (point) => (points[point].loop === 'open' ? 0 : 1),
  );
  const written = (point: number): boolean => points[point].until === 'written';
  const until = textColumn(
    'until',
    'latency until',
    (point) => (written(point) ? 'written (acks=0)' : 'acknowledged'),
    (point) => (written(point) ? 0 : 1),
  );
  const audit = textColumn(
    'audit',
    'audit',
    (point) => points[point].audit ?? '–',
    (point) => (points[point].audit === 'all found' ? 1 : 0),
  );
  return [
    textColumn(
      'id',
      'point',
      (point) => points[point].id,
      (point) => point,
    ),
    ...data.settings.map(({ name }, index) =>
      textColumn(
        settingKey(index),
        name,
        (point) => model.valueLabel(index, points[point].values[index]),
        (point) => points[point].values[index],
      ),
    ),
    ...(loops.length > 1 ? [loop] : []),
    ...(new Set(points.map((each) => each.until)).size > 1 ? [until] : []),
    ...known.map((key) => metricColumn(model, key)),
    ...(points.some((each) => each.audit !== null) ? [audit] : []),
    textColumn(
      'runs',
      'valid runs',
      (point) => `${points[point].valid}/${points[point].planned}`,
      (point) => points[point].valid,
    ),
    textColumn(
      'verdict',
      'verdict',
      (point) => points[point].verdict.text,
      (point) => TONES.indexOf(points[point].verdict.tone),
    ),
  ];
}

const textColumn = (
  key: string,
  head: string,
  cell: (point: number) => string,
  order: (point: number) => number,
): Column => ({ key, head, figure: false, order, cell: (point) => [cell(point)] });

function metricColumn(model: Model, key: MetricKey): Column {
  const { label, unit } = metricOf(key);
  const rate = key === 'rate' || key === 'mebibytes';
  const name = `${label.replace(/^Latency /, '')}${unit === '' ? '' : ` ${unit}`}`;
  const range = (point: number) => model.range(point, key);
  return {
    key,
    head: HEADS[key] ?? (rate ? unit : name),
    figure: true,
    order: (point) => model.median(point, key) ?? NaN,
    cell: (point) => {
      const value = model.median(point, key);
      return [value === null ? '–' : significant(key === 'batchBytes' ? value / 1024 : value)];
    },
    ...(key === 'rate' || key === 'p99' ? { range } : {}),
  };
}
