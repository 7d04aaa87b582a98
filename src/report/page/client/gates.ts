// The sweep's own gates and what became of them. Called by main; nothing where the YAML has none.
import { plural, significant } from '../../text/format.js';
import { byId, el, tableOf } from './elements.js';
import type { Model } from './model.js';

export function gatesSection(model: Model): void {
  const { gates } = model.data;
  if (gates.length === 0) return;
  const rows = gates.flatMap(({ text, outcomes }) =>
    outcomes.map(([point, value, passed]) => [
      passed ? 'passed' : 'failed',
      text,
      model.points[point].id,
      value === null ? 'no figure' : significant(value),
      model.settingsText(point),
    ]),
  );
  const failed = rows.filter(([outcome]) => outcome === 'failed').length;
  byId('gates').replaceChildren(
    el('h3', {}, 'Gates'),
    el(
      'p',
      { class: failed > 0 ? 'failed' : 'passed' },
      failed > 0
        ? `${failed} of ${plural(rows.length, 'check')} failed.`
        : `All ${plural(rows.length, 'check')} passed.`,
    ),
    tableOf({
      caption: 'The thresholds of sweep.yaml; a point without a figure fails.',
      head: ['outcome', 'gate', 'point', 'value', 'settings'],
      rows: rows.toSorted((a, b) => (a[0] === b[0] ? 0 : a[0] === 'failed' ? -1 : 1)),
    }),
  );
}
