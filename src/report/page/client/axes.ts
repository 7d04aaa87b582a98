// Axes of the charts: linear ones as ECharts makes them, logarithmic ones with the ticks that
// people read (1, 2, 5). Data on a logarithmic axis are drawn as their logarithms, since ECharts'
// own logarithmic axis has ticks at whole decades only.
import type { Theme } from './theme.js';

export interface Scale {
  readonly log: boolean;
  /** Where a value is drawn. */
  readonly at: (value: number) => number;
  /** For ECharts. */
  readonly axis: Readonly<Record<string, unknown>>;
}

interface ScaleOptions {
  readonly name: string;
  readonly values: readonly number[];
  readonly theme: Theme;
  readonly format?: (value: number) => string;
  /** Left out: logarithmic where the values span more than a factor of 8. */
  readonly log?: boolean;
  /** A linear axis that need not begin at 0. */
  readonly fromZero?: boolean;
  readonly side: 'x' | 'y';
  /** About so many ticks have room. */
  readonly ticks?: number;
  /** Bytes: ticks at powers of two. */
  readonly binary?: boolean;
}

export function scaleOf(options: ScaleOptions): Scale {
  const { name, theme, side, fromZero = true } = options;
  const format = options.format ?? tickText;
  const positive = options.values.filter((value) => value > 0 && Number.isFinite(value));
  const least = positive.reduce((a, b) => Math.min(a, b), Infinity);
  const greatest = positive.reduce((a, b) => Math.max(a, b), -Infinity);
  const log =
    options.log ?? (positive.length > 0 && greatest / least > (options.binary === true ? 2 : 8));
  const common = {
    type: 'value',
    name,
    nameLocation: side === 'x' ? 'middle' : 'end',
    nameGap: side === 'x' ? 28 : 12,
    nameTextStyle: {
      color: theme.soft,
      align: side === 'x' ? 'center' : 'left',
      padding: side === 'x' ? 0 : [0, 0, 0, -36],
    },
    axisLine: { show: side === 'x', onZero: false, lineStyle: { color: theme.strongRule } },
    splitLine: { show: true, lineStyle: { color: theme.rule } },
    axisLabel: {
      color: theme.soft,
      hideOverlap: true,
      formatter: (value: number) => format(tidy(value)),
    },
    axisTick: { show: false },
  };
  if (!log) {
    return {
      log,
      at: (value) => value,
      axis: {
        ...common,
        scale: !fromZero,
        splitNumber: options.ticks ?? 5,
        ...(fromZero ? { min: 0 } : {}),
      },
    };
  }
  const low = Number.isFinite(least) ? least / 1.15 : 0.1;
  const high = Number.isFinite(greatest) ? greatest * 1.15 : 10;
  const make = options.binary === true ? binaryTicks : logTicks;
  const ticks = make(low, high, options.ticks ?? 8).map(Math.log10);
  return {
    log,
    at: (value) => Math.log10(Math.max(value, low)),
    axis: {
      ...common,
      min: Math.log10(low),
      max: Math.log10(high),
      axisTick: { show: false, customValues: ticks },
      axisLabel: {
        ...common.axisLabel,
        customValues: ticks,
        formatter: (value: number) => format(tidy(10 ** value)),
      },
    },
  };
}

/** Powers of two, or of four, sixteen... */
function binaryTicks(low: number, high: number, most: number): number[] {
  const [from, to] = [Math.ceil(Math.log2(low)), Math.floor(Math.log2(high))];
  const step = Math.max(1, Math.ceil((to - from + 1) / most));
  return Array.from(
    { length: Math.floor((to - from) / step) + 1 },
    (_, index) => 2 ** (to - index * step),
  ).reverse();
}

/** 1, 2, 5 of each decade; fewer a decade where there are many. */
function logTicks(low: number, high: number, most: number): number[] {
  for (const steps of [[1, 1.5, 2, 3, 4, 5, 7], [1, 2, 5], [1, 3], [1]]) {
    const ticks: number[] = [];
    for (let decade = Math.floor(Math.log10(low)); decade <= Math.log10(high); decade++) {
      for (const step of steps) {
        const tick = step * 10 ** decade;
        if (tick >= low && tick <= high) ticks.push(tick);
      }
    }
    if (ticks.length <= most) return ticks;
  }
  const decades = Math.ceil(Math.log10(high / low) / most);
  return Array.from(
    { length: most + 1 },
    (_, index) => 10 ** (Math.ceil(Math.log10(low)) + index * decades),
  ).filter((tick) => tick <= high);
}

/** `15`, `0.5`, `80k`: no digits that say nothing. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  const [unit, by] =
    size >= 1e9 ? ['G', 1e9] : size >= 1e6 ? ['M', 1e6] : size >= 1e4 ? ['k', 1e3] : ['', 1];
  const text = String(Number((value / by).toPrecision(4)));
  return by === 1 && size >= 1000 ? Number(text).toLocaleString('en-US') : text + unit;
}

/** Without what binary fractions leave behind. */
const tidy = (value: number): number => Number(value.toPrecision(6));

export function categoryAxis(
  name: string,
  labels: readonly string[],
  theme: Theme,
  side: 'x' | 'y',
  gap = 28,
): Readonly<Record<string, unknown>> {
  return {
    type: 'category',
    data: labels,
    name,
    nameLocation: side === 'x' ? 'middle' : 'end',
    nameGap: side === 'x' ? gap : 8,
    nameTextStyle: { color: theme.soft, align: side === 'x' ? 'center' : 'left' },
    axisLine: { show: side === 'x', lineStyle: { color: theme.strongRule } },
    axisTick: { show: false },
    axisLabel: { color: theme.soft, interval: 0, hideOverlap: side === 'x' },
    splitLine: { show: false },
  };
}
