// The comparison as a page: both sides beside each other, every figure with its interval drawn. Self-contained and without any script; whatever is
// foreign is escaped, and the content security policy lets nothing in. Called through comparison-formats.
import type { Comparison, ComparedPair, Contender } from '../../contract/comparison.js';
import { plural, printable } from '../format.js';
import {
  acrossLabel,
  answer,
  changeText,
  countsText,
  figure,
  intervalText,
  pairLabel,
  pText,
  runsText,
  signedPercent,
  toneOf,
  verdictText,
} from './cell-text.js';
import { COMPARISON_STYLE } from './comparison-style.js';
import { rowsOf } from './rows.js';
import { intervalPlot, plotAxis, scaleOf, type Scale } from './interval-plot.js';
import { escapeLine } from '../escape-html.js';

/** Of a note: they may list many points. */
const MOST_CHARACTERS = 4_000;

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

export function renderComparisonHtml(comparison: Comparison): string {
  const scale = scaleOf(comparison);
  const title = `kbench compare: ${printable(comparison.base.name, 80)}`;
  const tone =
    comparison.counts.worse + comparison.counts.lost > 0
      ? 'bad'
      : comparison.counts['machine-changed'] > 0
        ? 'care'
        : 'calm';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeLine(title)}</title>
<style>${COMPARISON_STYLE}</style>
</head>
<body>
<main>
<header>
<p class="kicker">kbench ${escapeLine(comparison.kbench)}, comparison</p>
<h1 class="${tone}">${escapeLine(answer(comparison))}</h1>
<p>${escapeLine(countsText(comparison))}. Margin ${escapeLine(signedPercent(-comparison.margin))} to ${escapeLine(signedPercent(comparison.margin))}, alpha ${comparison.alpha}, ${plural(comparison.tests, 'test')} corrected together.</p>
</header>
${changes(comparison)}
${sides(comparison)}
${comparison.contenders.map((contender) => section(contender, comparison, scale)).join('\n')}
<section aria-labelledby="notes"><h2 id="notes">How to read this</h2>
<ul class="notes">
${comparison.notes.map((note) => `<li class="${note.tone}">${escapeLine(note.text, MOST_CHARACTERS)}</li>`).join('\n')}
</ul>
<p class="legend"><svg class="plot bad" width="90" height="14" viewBox="0 0 90 14" aria-hidden="true"><rect class="m" x="30" y="0" width="30" height="14"/><path class="z" d="M45 0V14"/><path class="v" d="M8 7H28"/><circle class="d" cx="18" cy="7" r="3.5"/></svg> dot: change; line: its 95 % interval; band: the margin within which a change does not matter.</p>
</section>
</main>
</body>
</html>
`;
}

function sides({ base, contenders }: Comparison): string {
  const all = [base, ...contenders.map(({ side }) => side)];
  const row = (label: string, cell: (side: Comparison['base']) => string): string =>
    `<tr><th scope="row">${label}</th>${all.map((side) => `<td>${cell(side)}</td>`).join('')}</tr>`;
  const differing = [...new Set(contenders.flatMap(({ environment }) => environment.map(({ what }) => what)))];
  const environment = differing.map((what) => {
    const found = contenders.map((each) => each.environment.find((difference) => difference.what === what));
    const known = found.find((each) => each !== undefined)!;
    const cells = [known.base, ...found.map((each) => each?.next ?? known.base)];
    return `<tr class="${known.kind}"><th scope="row">${escapeLine(what)}</th>${cells.map((cell) => `<td>${escapeLine(cell)}</td>`).join('')}</tr>`;
  });
  return `<section aria-labelledby="sides"><h2 id="sides">What is compared</h2>
<div class="scroll"><table class="sides"><thead><tr><th></th>${all.map(({ role }) => `<th scope="col">${escapeLine(role.toUpperCase())}</th>`).join('')}</tr></thead><tbody>
${row('Sweep', ({ name }) => escapeLine(printable(name, 80)))}
${row('Folder', ({ dir }) => `<code>${escapeLine(printable(dir))}</code>`)}
${row('Made', ({ startedAt, endedAt }) => (startedAt === null ? '-' : `${shortTime(startedAt)} to ${shortTime(endedAt!)}`))}
${row('Runs', ({ valid, runs, points }) => `${valid} of ${runs} valid, ${plural(points, 'point')}`)}
${environment.join('\n')}
${canaryRows(contenders)}
</tbody></table></div></section>`;
}

const CANARIES = { cpuMs: 'CPU loop, ms', sinkRecordsPerSecond: 'No-op load, records/s' } as const;

/** The machine beside the runs; nothing where no contender has canaries to compare. */
function canaryRows(contenders: readonly Contender[]): string {
  return (['cpuMs', 'sinkRecordsPerSecond'] as const)
    .map((part) => {
      const found = contenders.map(({ canary }) => canary?.find((each) => each.part === part) ?? null);
      const known = found.find((each) => each !== null);
      if (known == null) return '';
      const cells = [
        `<td>${figure(known.base.median)}</td>`,
        ...found.map((each) => {
          if (each === null) return '<td>-</td>';
          const moved = each.verdict === 'slower' || each.verdict === 'faster';
          const by = each.slower === null ? '' : `, time ${signedPercent(each.slower.estimate)}`;
          return `<td${moved ? ' class="moved"' : ''}>${figure(each.next.median)} (${each.verdict === 'collect-more' ? 'undecided' : each.verdict}${by})</td>`;
        }),
      ];
      return `<tr><th scope="row">${CANARIES[part]}</th>${cells.join('')}</tr>`;
    })
    .join('');
}

/** The figures that changed, each a way to its place below. */
function changes(comparison: Comparison): string {
  const changed = rowsOf(comparison).rows.filter(
    ({ tone, cell }) => tone !== 'none' && cell.verdict !== 'collect-more',
  );
  if (changed.length === 0) return '';
  const items = changed.slice(0, MOST_CHANGES).map(({ contender, pair, metric, change, interval, verdict, tone }) => {
    const who = comparison.contenders.length > 1 ? `${contender.side.role.toUpperCase()}, ` : '';
    return `<li class="${tone}"><a href="#${anchor(contender, pair)}">${escapeLine(who + pairLabel(pair))}</a>: ${escapeLine(metric)} ${escapeLine(change)} (${escapeLine(interval)}) <span class="verdict">${escapeLine(verdict)}</span></li>`;
  });
  const more = changed.length - MOST_CHANGES;
  return `<section aria-labelledby="changes"><h2 id="changes">What changed</h2><ul class="changes">${items.join('')}</ul>${more > 0 ? `<p>${plural(more, 'more figure')} below.</p>` : ''}</section>`;
}

const MOST_CHANGES = 25;

const anchor = ({ side, pairs }: Contender, pair: ComparedPair): string =>
  `${side.role.replaceAll(' ', '-')}-${pairs.indexOf(pair) + 1}`;

const shortTime = (time: string): string => escapeLine(time.slice(0, 19).replace('T', ' '));

function section(contender: Contender, comparison: Comparison, scale: Scale): string {
  const { side, pairs, unmatched } = contender;
  const id = side.role.replaceAll(' ', '-');
  const labels = new Map(comparison.metrics.map(({ name, label }) => [name, label]));
  const alone = [
    ...unmatched.base.map((each) => ({ ...each, where: 'BASE' })),
    ...unmatched.next.map((each) => ({ ...each, where: side.role.toUpperCase() })),
  ];
  const filter = pairs.flatMap(({ cells }) => cells).some(({ verdict }) => verdict === 'same')
    ? `<input type="checkbox" id="hide-${id}"><label for="hide-${id}">hide what stayed the same</label>`
    : '';
  return `<section aria-labelledby="${id}"><h2 id="${id}">BASE against ${escapeLine(side.role.toUpperCase())}</h2>
${filter}
<div class="scroll"><table class="figures"><thead><tr><th scope="col">metric</th><th scope="col" class="n wide">base</th><th scope="col" class="n wide">new</th><th scope="col" class="n">change</th><th scope="col">${plotAxis(scale)}</th><th scope="col" class="n wide">95 % interval</th><th scope="col" class="n wide">adj. p</th><th scope="col" class="n wide">runs</th><th scope="col">verdict</th></tr></thead>
${pairs.map((pair, i) => pairBody(pair, `${id}-${i + 1}`, labels, scale)).join('\n')}
</table></div>
${alone.length === 0 ? '' : `<h3>Without a partner</h3><ul>${alone.map(({ point, where, why }) => `<li>${escapeLine(where)} ${escapeLine(point)}: ${escapeLine(why)}</li>`).join('')}</ul>`}
</section>`;
}

function pairBody(pair: ComparedPair, id: string, labels: ReadonlyMap<string, string>, scale: Scale): string {
  const same = pair.cells.every(({ verdict }) => verdict === 'same');
  const across = acrossLabel(pair);
  const rows = pair.cells.map((cell) => {
    const tone = toneOf(cell.verdict);
    const wide = (...texts: string[]): string =>
      texts.map((text) => `<td class="n wide">${escapeLine(text)}</td>`).join('');
    const numbers = `${wide(figure(cell.base.median), figure(cell.next.median))}<td class="n">${escapeLine(changeText(cell))}</td>`;
    const rest = wide(intervalText(cell), pText(cell), runsText(cell));
    return `<tr class="${tone}${cell.verdict === 'same' ? ' same' : ''}"><th scope="row">${escapeLine(labels.get(cell.metric) ?? cell.metric)}</th>${numbers}<td>${intervalPlot(cell, scale)}</td>${rest}<td class="verdict">${escapeLine(verdictText(cell))}</td></tr>`;
  });
  const ids = pair.base === pair.next ? pair.base : `${pair.base}, ${pair.next}`;
  const name = pairLabel(pair) === pair.next && across === '' ? '' : ` <span class="id">${escapeLine(ids)}</span>`;
  return `<tbody id="${id}"${same ? ' class="all-same"' : ''}><tr class="pair"><th scope="rowgroup" colspan="9">${escapeLine(pairLabel(pair))}${name}</th></tr>
${rows.join('\n')}</tbody>`;
}
