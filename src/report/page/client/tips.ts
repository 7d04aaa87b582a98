// What stands in a tooltip: elements, so that a hostile label stays text. Called by every chart.
import type { MetricKey } from '../page-model.js';
import { el, swatch } from './elements.js';
import type { Theme } from './theme.js';
import { figure, metricOf, short, type Model } from './model.js';

export type TipRow = readonly [label: string, value: string, colour?: string];

export function tip(title: string, sub: string, rows: readonly TipRow[]): HTMLElement {
  return el(
    'div',
    {},
    el('strong', {}, title),
    sub === '' ? null : el('p', {}, sub),
    el(
      'table',
      {},
      ...rows.map(([label, value, colour]) =>
        el(
          'tr',
          {},
          el(
            'td',
            {},
            colour === undefined ? null : swatch(colour),
            colour === undefined ? null : ' ',
            label,
          ),
          el('td', { class: 'figure-cell' }, value),
        ),
      ),
    ),
  );
}

/** A point with these figures, and their range over runs. */
export function pointTip(
  model: Model,
  point: number,
  keys: readonly MetricKey[],
  last = 'Click: show it everywhere',
): HTMLElement {
  const { id, valid, runs } = model.points[point];
  const rows = keys.map((key): TipRow => {
    const range = model.range(point, key);
    const ends = range === null ? '' : ` (${short(key, range[0])}–${short(key, range[1])})`;
    return [metricOf(key).label, figure(key, model.median(point, key)) + ends];
  });
  const element = tip(id, model.settingsText(point), [
    ...rows,
    ['Valid runs', `${valid} of ${runs}`],
  ]);
  if (last !== '') element.append(el('p', {}, last));
  return element;
}

/** Which colour is which point, in words. */
export function pointKeys(
  model: Model,
  theme: Theme,
  keys: readonly { readonly point: number; readonly place: number }[],
): HTMLElement[] {
  return keys.map(({ point, place }) =>
    el(
      'span',
      { class: 'key' },
      swatch(theme.series[place]),
      `${model.points[point].id} ${model.settingsText(point)}`,
    ),
  );
}
