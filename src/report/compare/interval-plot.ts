// A change and its interval as a small inline SVG: zero, the margin as a band, the interval as a line, the estimate as a dot. All plots of a page
// share one scale. Pure; colours come from the page's style sheet.
import type { ComparedCell, Comparison } from '../../contract/comparison.js';
import { changeText, intervalText, signedPercent } from './cell-text.js';

export const PLOT_WIDTH = 260;
const HEIGHT = 22;
const PAD = 8;

/** The change that stands at the plot's edge, on the scale of logarithms. */
export interface Scale {
  readonly edge: number;
  readonly margin: number;
}

/** Wide enough for all intervals, or for nine tenths where a few are far wider: what reaches further ends in an arrow. */
export function scaleOf(comparison: Comparison): Scale {
  const ends = comparison.contenders
    .flatMap(({ pairs }) => pairs.flatMap(({ cells }) => cells))
    .flatMap(({ change }) =>
      change === null ? [] : [Math.max(Math.abs(Math.log1p(change.low)), Math.abs(Math.log1p(change.high)))],
    )
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const margin = Math.log1p(comparison.margin);
  const usual = ends.length === 0 ? margin : ends[Math.min(ends.length - 1, Math.floor(0.9 * ends.length))];
  const most = ends.at(-1) ?? margin;
  return { edge: Math.max(2 * margin, 1.1 * (most < 3 * usual ? most : usual)), margin: comparison.margin };
}

const x = (log: number, { edge }: Scale): number => {
  const inner = PLOT_WIDTH / 2 - PAD;
  return Math.round(10 * (PLOT_WIDTH / 2 + inner * Math.max(-1, Math.min(1, log / edge)))) / 10;
};

export function intervalPlot(cell: ComparedCell, scale: Scale): string {
  if (cell.change === null) return '';
  const { estimate, low, high } = cell.change;
  const middle = HEIGHT / 2;
  const [from, to, at] = [low, high, estimate].map((value) => x(Math.log1p(value), scale));
  const label = `${changeText(cell)}, interval ${intervalText(cell)}`;
  const arrows = [
    ...(Math.log1p(low) < -scale.edge ? [`<path class="v" d="M${PAD + 5} ${middle - 4}L${PAD} ${middle}l5 4"/>`] : []),
    ...(Math.log1p(high) > scale.edge ? [`<path class="v" d="M${PLOT_WIDTH - PAD - 5} ${middle - 4}l5 4l-5 4"/>`] : []),
  ];
  return (
    `<svg class="plot" width="${PLOT_WIDTH}" height="${HEIGHT}" viewBox="0 0 ${PLOT_WIDTH} ${HEIGHT}" role="img" aria-label="${label}">` +
    band(scale, HEIGHT) +
    `<path class="v" d="M${from} ${middle}H${to}"/>${arrows.join('')}<circle class="d" cx="${at}" cy="${middle}" r="3.5"/></svg>`
  );
}

function band(scale: Scale, height: number): string {
  const left = x(Math.log1p(-Math.min(scale.margin, 0.99)), scale);
  const right = x(Math.log1p(scale.margin), scale);
  const zero = PLOT_WIDTH / 2;
  return `<rect class="m" x="${left}" y="0" width="${Math.round(10 * (right - left)) / 10}" height="${height}"/><path class="z" d="M${zero} 0V${height}"/>`;
}

/** The scale, for the head of the plots' column. */
export function plotAxis(scale: Scale): string {
  const ticks = [-scale.edge, 0, scale.edge].map((log, i) => {
    const anchor = ['start', 'middle', 'end'][i];
    const at = [PAD, PLOT_WIDTH / 2, PLOT_WIDTH - PAD][i];
    const text = log === 0 ? '0' : signedPercent(Math.expm1(log));
    return `<text x="${at}" y="12" text-anchor="${anchor}">${text}</text>`;
  });
  return `<svg class="axis" width="${PLOT_WIDTH}" height="16" viewBox="0 0 ${PLOT_WIDTH} 16" aria-hidden="true">${ticks.join('')}</svg>`;
}
