// The comparison as a page: both sides beside each other, every figure with its interval drawn.
// Self-contained and without any script; whatever is foreign is escaped, and the content security
// policy lets nothing in. Called through comparison-formats; the markup is comparison-page.html.
import type {
  ComparedCell,
  ComparedPair,
  Comparison,
  Contender,
} from '../../contract/comparison.js';
import { plural, printable } from '../text/format.js';
import { readAsset } from '../page/asset.js';
import { joined, line, markup, NOTHING, templates, type Markup } from '../page/template.js';
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
  findingText,
} from './cell-text.js';
import { intervalPlot, plotAxis, scaleOf, type Scale } from './interval-plot.js';
import { rowsOf } from './rows.js';

/** Of a note: they may list many points. */
const MOST_CHARACTERS = 4_000;
const MOST_CHANGES = 25;

const fill = templates(import.meta.url, 'comparison-page.html');

export function renderComparisonHtml(comparison: Comparison): string {
  const scale = scaleOf(comparison);
  const { base, contenders, counts, margin, notes, alpha, tests } = comparison;
  const tone =
    counts.worse + counts.lost > 0 ? 'bad' : counts['machine-changed'] > 0 ? 'care' : 'calm';
  const sections = contenders.map((contender) => section(contender, comparison, scale));
  const told = notes.map((note) =>
    fill('note', { tone: note.tone, text: line(note.text, MOST_CHARACTERS) }),
  );
  return fill('page', {
    title: line(`kbench compare: ${printable(base.name, 80)}`),
    style: markup(readAsset(import.meta.url, 'comparison-page.css')),
    kbench: line(comparison.kbench),
    tone,
    answer: line(answer(comparison)),
    counts: line(countsText(comparison)),
    least: line(signedPercent(-margin)),
    most: line(signedPercent(margin)),
    alpha,
    tests: plural(tests, 'test'),
    changes: changes(comparison),
    sides: sides(comparison),
    contenders: joined(sections, '\n'),
    notes: joined(told, '\n'),
  }).text;
}

const cellOf = (text: string): Markup => fill('cell', { text: line(text) });

const rowOf = (label: string, cells: readonly Markup[]): Markup =>
  fill('side-row', { label, cells: joined(cells) });

function sides({ base, contenders }: Comparison): Markup {
  const all = [base, ...contenders.map(({ side }) => side)];
  const roles = all.map(({ role }) => fill('role', { role: line(role.toUpperCase()) }));
  const row = (label: string, text: (side: Comparison['base']) => string): Markup =>
    rowOf(
      label,
      all.map((side) => cellOf(text(side))),
    );
  return fill('sides', {
    roles: joined(roles),
    sweep: row('Sweep', ({ name }) => printable(name, 80)),
    folder: rowOf(
      'Folder',
      all.map(({ dir }) => fill('folder-cell', { folder: line(printable(dir)) })),
    ),
    made: row('Made', ({ startedAt, endedAt }) =>
      startedAt === null ? '-' : `${shortTime(startedAt)} to ${shortTime(endedAt!)}`,
    ),
    runs: row(
      'Runs',
      ({ valid, runs, points }) => `${valid} of ${runs} valid, ${plural(points, 'point')}`,
    ),
    environment: environmentRows(contenders),
    canaries: canaryRows(contenders),
  });
}

/** What of the environment differs on one side or another. */
function environmentRows(contenders: readonly Contender[]): Markup {
  const differing = new Set(
    contenders.flatMap(({ environment }) => environment.map(({ what }) => what)),
  );
  const rows = [...differing].map((what) => {
    const found = contenders.map(({ environment }) =>
      environment.find((difference) => difference.what === what),
    );
    const known = found.find((each) => each !== undefined)!;
    const cells = [known.base, ...found.map((each) => each?.next ?? known.base)].map(cellOf);
    return fill('environment-row', { kind: known.kind, what: line(what), cells: joined(cells) });
  });
  return joined(rows, '\n');
}

const CANARIES = { cpuMs: 'CPU loop, ms', sinkRecordsPerSecond: 'No-op load, records/s' } as const;

/** The machine beside the runs; nothing where no contender has canaries to compare. */
function canaryRows(contenders: readonly Contender[]): Markup {
  const rows = (['cpuMs', 'sinkRecordsPerSecond'] as const).map((part) => {
    const found = contenders.map(
      ({ canary }) => canary?.find((each) => each.part === part) ?? null,
    );
    const known = found.find((each) => each !== null);
    if (known == null) return NOTHING;
    const cells = [
      cellOf(figure(known.base.median)),
      ...found.map((each) => {
        if (each === null) return cellOf('-');
        const by = each.slower === null ? '' : `, time ${signedPercent(each.slower.estimate)}`;
        const verdict = each.verdict === 'collect-more' ? 'undecided' : each.verdict;
        const text = `${figure(each.next.median)} (${verdict}${by})`;
        const moved = verdict === 'slower' || verdict === 'faster';
        return moved ? fill('moved-cell', { text: line(text) }) : cellOf(text);
      }),
    ];
    return rowOf(CANARIES[part], cells);
  });
  return joined(rows);
}

/** The figures that changed, each a way to its place below. */
function changes(comparison: Comparison): Markup {
  const changed = rowsOf(comparison).rows.filter(
    ({ tone, cell }) => tone !== 'none' && cell.verdict !== 'collect-more',
  );
  if (changed.length === 0) return NOTHING;
  const items = changed.slice(0, MOST_CHANGES).map((row) => {
    const { contender, pair } = row;
    const several = comparison.contenders.length > 1;
    const who = several ? `${contender.side.role.toUpperCase()}, ` : '';
    return fill('change', {
      tone: row.tone,
      anchor: anchor(contender, pair),
      who: line(who + pairLabel(pair)),
      metric: line(row.metric),
      change: line(row.change),
      interval: line(row.interval),
      finding: line(row.finding),
    });
  });
  const more = changed.length - MOST_CHANGES;
  return fill('changes', {
    changes: joined(items),
    more: more > 0 ? fill('more-changes', { figures: plural(more, 'more figure') }) : NOTHING,
  });
}

const anchor = ({ side, pairs }: Contender, pair: ComparedPair): string =>
  `${side.role.replaceAll(' ', '-')}-${pairs.indexOf(pair) + 1}`;

const shortTime = (time: string): string => line(time.slice(0, 19).replace('T', ' '));

function section(contender: Contender, comparison: Comparison, scale: Scale): Markup {
  const { side, pairs } = contender;
  const id = side.role.replaceAll(' ', '-');
  const labels = new Map(comparison.metrics.map(({ name, label }) => [name, label]));
  const same = pairs.flatMap(({ cells }) => cells).some(({ verdict }) => verdict === 'same');
  const bodies = pairs.map((pair, index) => pairBody(pair, `${id}-${index + 1}`, labels, scale));
  return fill('contender', {
    id,
    role: line(side.role.toUpperCase()),
    filter: same ? fill('filter', { id }) : NOTHING,
    axis: plotAxis(scale),
    pairs: joined(bodies, '\n'),
    alone: alone(contender),
  });
}

/** Points that only one of the sides has. */
function alone({ side, unmatched }: Contender): Markup {
  const points = [
    ...unmatched.base.map((each) => ({ ...each, where: 'BASE' })),
    ...unmatched.next.map((each) => ({ ...each, where: side.role.toUpperCase() })),
  ].map(({ point, where, why }) =>
    fill('point-alone', { where: line(where), point: line(point), why: line(why) }),
  );
  return points.length === 0 ? NOTHING : fill('alone', { points: joined(points) });
}

type Labels = ReadonlyMap<string, string>;

function pairBody(pair: ComparedPair, id: string, labels: Labels, scale: Scale): Markup {
  const label = pairLabel(pair);
  const ids = pair.base === pair.next ? pair.base : `${pair.base}, ${pair.next}`;
  const named = label === pair.next && acrossLabel(pair) === '';
  return fill('pair', {
    id,
    same: pair.cells.every(({ verdict }) => verdict === 'same') ? fill('same') : NOTHING,
    label: line(label),
    name: named ? NOTHING : fill('pair-name', { ids: line(ids) }),
    rows: joined(
      pair.cells.map((cell) => figureRow(cell, labels, scale)),
      '\n',
    ),
  });
}

function figureRow(cell: ComparedCell, labels: Labels, scale: Scale): Markup {
  return fill('figure', {
    tone: `${toneOf(cell.verdict)}${cell.verdict === 'same' ? ' same' : ''}`,
    metric: line(labels.get(cell.metric) ?? cell.metric),
    base: line(figure(cell.base.median)),
    next: line(figure(cell.next.median)),
    change: line(changeText(cell)),
    plot: intervalPlot(cell, scale),
    interval: line(intervalText(cell)),
    p: line(pText(cell)),
    runs: line(runsText(cell)),
    finding: line(findingText(cell)),
  });
}
