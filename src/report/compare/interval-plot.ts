// A change and its interval as a small inline SVG: zero, the margin as a band, the interval as a
// line, the estimate as a dot. All plots of a page share one scale. Pure; colours come from the
// page's style sheet, the markup is interval-plot.html.
import type { ComparedCell, Comparison } from '../../contract/comparison.js';
import { joined, NOTHING, templates, type Markup } from '../page/template.js';
import { changeText, intervalText, signedPercent } from './cell-text.js';

const fill = templates(import.meta.url, 'interval-plot.html');

const PLOT_WIDTH = 260;
const HEIGHT = 22;
const PAD = 8;

/** The change that stands at the plot's edge, on the scale of logarithms. */
export interface Scale {
  readonly edge: number;
  readonly margin: number;
}

/**
 * Wide enough for all intervals, or for nine tenths where a few are far wider: what reaches further
 * ends in an arrow.
 */
export function scaleOf(comparison: Comparison): Scale {
  const ends = comparison.contenders
    .flatMap(({ pairs }) => pairs.flatMap(({ cells }) => cells))
    .flatMap(({ change }) =>
      change === null
        ? []
        : [Math.max(Math.abs(Math.log1p(change.low)), Math.abs(Math.log1p(change.high)))],
    )
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const margin = Math.log1p(comparison.margin);
  const usual =
    ends.length === 0 ? margin : ends[Math.min(ends.length - 1, Math.floor(0.9 * ends.length))];
  const most = ends.at(-1) ?? margin;
  return {
    edge: Math.max(2 * margin, 1.1 * (most < 3 * usual ? most : usual)),
    margin: comparison.margin,
  };
}

const x = (log: number, { edge }: Scale): number => {
  const inner = PLOT_WIDTH / 2 - PAD;
  return Math.round(10 * (PLOT_WIDTH / 2 + inner * Math.max(-1, Math.min(1, log / edge)))) / 10;
};

export function intervalPlot(cell: ComparedCell, scale: Scale): Markup {
  if (cell.change === null) return NOTHING;
  const { estimate, low, high } = cell.change;
  const middle = HEIGHT / 2;
  const [from, to, at] = [low, high, estimate].map((value) => x(Math.log1p(value), scale));
  const left = `M${PAD + 5} ${middle - 4}L${PAD} ${middle}l5 4`;
  const right = `M${PLOT_WIDTH - PAD - 5} ${middle - 4}l5 4l-5 4`;
  const arrows = [
    ...(Math.log1p(low) < -scale.edge ? [fill('arrow', { path: left })] : []),
    ...(Math.log1p(high) > scale.edge ? [fill('arrow', { path: right })] : []),
  ];
  return fill('plot', {
    width: PLOT_WIDTH,
    height: HEIGHT,
    label: `${changeText(cell)}, interval ${intervalText(cell)}`,
    band: band(scale, HEIGHT),
    from,
    to,
    middle,
    arrows: joined(arrows),
    at,
  });
}

function band(scale: Scale, height: number): Markup {
  const left = x(Math.log1p(-Math.min(scale.margin, 0.99)), scale);
  const right = x(Math.log1p(scale.margin), scale);
  const width = Math.round(10 * (right - left)) / 10;
  return fill('band', { left, width, height, zero: PLOT_WIDTH / 2 });
}

/** The scale, for the head of the plots' column. */
export function plotAxis(scale: Scale): Markup {
  const ticks = [-scale.edge, 0, scale.edge].map((log, i) => {
    const anchor = ['start', 'middle', 'end'][i];
    const at = [PAD, PLOT_WIDTH / 2, PLOT_WIDTH - PAD][i];
    const text = log === 0 ? '0' : signedPercent(Math.expm1(log));
    return fill('tick', { at, anchor, text });
  });
  return fill('axis', { width: PLOT_WIDTH, ticks: joined(ticks) });
}
