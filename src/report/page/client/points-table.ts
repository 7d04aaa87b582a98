// All points as a table: sorted by any column, filtered by text, each to be shown in the charts.
// The keyboard's way to everything that a click in a chart does. Called by main.
import type { MetricKey } from '../page-model.js';
import { button, byId, el } from './elements.js';
import { compact, plural, significant } from '../../format.js';
import { metricOf, type Model } from './model.js';
import type { State } from './state.js';

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

export function pointsTable(model: Model, state: State): void {
  const columns = columnsOf(model);
  const ends = model.data.spread === 'interval' ? '95 %' : 'min–max';
  let sorted = { key: 'rate', down: true };
  let filter = '';
  let all = false;
  const search = el('input', {
    type: 'search',
    placeholder: 'linger.ms 5',
    'aria-label': 'Show only points whose text contains all these words',
  });
  const count = el('span', { class: 'said' });
  const body = el('tbody');
  const head = el('tr');
  const more = button('', () => {
    all = true;
    fill();
  });
  const fill = (): void => {
    const column = columns.find(({ key }) => key === sorted.key) ?? columns[0];
    const words = filter
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const matching = model.points
      .map((_, point) => point)
      .filter((point) => {
        const text =
          `${model.points[point].id} ${model.settingsText(point)} ${model.points[point].verdict.text}`.toLowerCase();
        return words.every((word) => text.includes(word));
      });
    const order = (point: number): number => {
      const value = column.order(point);
      return Number.isNaN(value) ? Infinity : sorted.down ? -value : value;
    };
    const rows = matching
      .map((point) => [order(point), point] as const)
      .sort((a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] - b[0]));
    const shown = all ? rows : rows.slice(0, FIRST);
    body.replaceChildren(...shown.map(([, point]) => rowOf(point)));
    more.hidden = shown.length === rows.length;
    more.textContent = `Show all ${rows.length.toLocaleString('en-US')}`;
    count.textContent =
      matching.length === model.points.length
        ? plural(matching.length, 'point')
        : `${matching.length} of ${plural(model.points.length, 'point')}`;
    head.replaceChildren(
      el('th', { scope: 'col' }, 'shown'),
      ...columns.flatMap(({ key, head: text, figure, range }) => {
        const th = el('th', {
          scope: 'col',
          class: figure ? 'figure-cell' : null,
          'aria-sort': key === sorted.key ? (sorted.down ? 'descending' : 'ascending') : null,
        });
        const sort = button(text, () => {
          sorted = {
            key,
            down:
              key === sorted.key
                ? !sorted.down
                : figure && metricOf(key as MetricKey)?.better !== 'lower',
          };
          fill();
          head.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus();
        });
        sort.dataset['key'] = key;
        th.append(sort);
        return range === undefined ? [th] : [th, el('th', { scope: 'col', class: 'range' }, ends)];
      }),
    );
  };
  const rowOf = (point: number): HTMLElement => {
    const { id } = model.points[point];
    const box = el('input', {
      type: 'checkbox',
      'aria-label': `Show ${id} in the charts`,
      'data-point': point,
    });
    box.checked = state.shown.includes(point);
    box.addEventListener('change', () => state.toggle(point));
    const row = el(
      'tr',
      { 'data-point': point },
      el('td', {}, box),
      ...columns.flatMap(({ figure, cell, key, range }) => {
        const td = el(
          'td',
          { class: figure ? 'figure-cell' : key === 'verdict' ? 'tone' : null },
          ...cell(point),
        );
        if (range === undefined) return [td];
        const told = range(point);
        return [
          td,
          el(
            'td',
            { class: 'range' },
            told === null ? '' : `${compact(told[0])}–${compact(told[1])}`,
          ),
        ];
      }),
    );
    mark(row);
    return row;
  };
  const mark = (row: HTMLElement): void => {
    const point = Number(row.dataset['point']);
    const over =
      (model.median(point, state.limitKey) ?? 0) > state.limitMs &&
      model.points[point].loop === state.loop;
    row.className = `${model.points[point].verdict.tone} ${point === state.best ? 'best' : ''} ${over ? 'over' : ''}`;
  };
  search.addEventListener('input', () => {
    filter = search.value;
    fill();
  });
  byId('points').replaceChildren(
    el('div', { class: 'controls' }, el('label', {}, 'Filter ', search), count),
    el('p', { class: 'said' }, 'Grey rows are over the limit.'),
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'All points' },
      el('table', { id: 'points-table' }, el('thead', {}, head), body),
    ),
    more,
  );
  // Sorting and filtering do not depend on the limit: a moving slider only marks rows anew.
  state.on(['limit'], () => [...body.rows].forEach(mark));
  state.on(['chosen'], () => {
    for (const box of body.querySelectorAll<HTMLInputElement>('input[type=checkbox]'))
      box.checked = state.shown.includes(Number(box.dataset['point']));
  });
  fill();
}

function columnsOf(model: Model): Column[] {
  const { settings } = model.data;
  const metric = (key: MetricKey): Column => {
    const { label, unit } = metricOf(key);
    const head =
      key === 'rate' || key === 'mebibytes'
        ? unit
        : `${label.replace(/^Latency /, '')}${unit === '' ? '' : ` ${unit}`}`;
    return {
      key,
      head: HEADS[key] ?? head,
      figure: true,
      order: (point) => model.median(point, key) ?? NaN,
      cell: (point) => {
        const value = model.median(point, key);
        return [value === null ? '–' : significant(key === 'batchBytes' ? value / 1024 : value)];
      },
      ...(key !== 'rate' && key !== 'p99'
        ? {}
        : { range: (point: number) => model.range(point, key) }),
    };
  };
  const text = (
    key: string,
    head: string,
    cell: (point: number) => string,
    order: (point: number) => number,
  ): Column => ({ key, head, figure: false, order, cell: (point) => [cell(point)] });
  const tones = ['good', 'care', 'bad', 'none'];
  return [
    text(
      'id',
      'point',
      (point) => model.points[point].id,
      (point) => point,
    ),
    ...settings.map(({ name }, index) =>
      text(
        `setting ${index}`,
        name,
        (point) => model.valueLabel(index, model.points[point].values[index]),
        (point) => model.points[point].values[index],
      ),
    ),
    ...(model.loops.length > 1
      ? [
          text(
            'loop',
            'loop',
            (point) => (model.points[point].loop === 'open' ? 'open, response' : 'closed, service'),
            (point) => (model.points[point].loop === 'open' ? 0 : 1),
          ),
        ]
      : []),
    ...METRICS.filter((key) =>
      model.points.some((_, point) => model.median(point, key) !== null),
    ).map(metric),
    text(
      'runs',
      'valid runs',
      (point) => `${model.points[point].valid}/${model.points[point].planned}`,
      (point) => model.points[point].valid,
    ),
    text(
      'verdict',
      'verdict',
      (point) => model.points[point].verdict.text,
      (point) => tones.indexOf(model.points[point].verdict.tone),
    ),
  ];
}
