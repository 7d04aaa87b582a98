// Two settings at a time: a map of any metric over two axes, small multiples over the other
// settings, all on one scale. Called by main.
import type { EChartsOption, HeatmapSeriesOption, ScatterSeriesOption } from 'echarts';
import { markTooltip, type Chart, type ChartView, type Drawing } from './chart.js';
import { chooser, el, type Table } from './elements.js';
import { metricOf, metricTitle, short, type Model } from './model.js';
import { PAGE_METRICS, type MetricKey } from '../page-model.js';
import type { State } from './page-state.js';
import { VIRIDIS, type Theme } from './theme.js';
import { pointTip } from './tips.js';

const MAX_MAPS = 60;
const CELL_HEIGHT = 30;
const MIN_CELL_WIDTH = 40;
/** Of a line of a map's title, and of all that stands below its cells. */
const TITLE_LINE = 16;
const BELOW = 46;
/** Between maps. */
const GAP = 24;

interface Cell {
  readonly x: number;
  readonly y: number;
  readonly point: number;
  readonly value: number;
}

interface SmallMap {
  readonly title: string;
  readonly cells: readonly Cell[];
}

/** Sizes in pixels, all maps alike, and where each of them stands. */
interface Layout {
  readonly columns: number;
  readonly mapWidth: number;
  readonly mapHeight: number;
  /** Of a map's cells within it. */
  readonly left: number;
  readonly above: number;
  readonly cellsWidth: number;
  readonly cellsHeight: number;
  readonly cellWidth: number;
  readonly place: (index: number) => readonly [x: number, y: number];
}

type ColourScale = ReturnType<typeof colourScale>;

export class HeatMap implements Chart {
  readonly id = 'heat';
  readonly needs = ['limit', 'chosen'] as const;
  #x: number;
  #y: number;
  #metric: MetricKey;

  constructor(
    private readonly model: Model,
    private readonly state: State,
  ) {
    this.#metric = model.mainMetric;
    // The two settings with the most values make the fewest maps.
    const byValues = model.data.settings
      .map(({ values }, index) => [values.length, index] as const)
      .sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    this.#x = byValues[0]?.[1] ?? 0;
    this.#y = byValues[1]?.[1] ?? this.#x;
  }

  controls(view: ChartView): void {
    const { settings } = this.model.data;
    const axes = settings.map(({ name }, value) => ({ value, label: name }));
    const fill = (): void => {
      const metrics = PAGE_METRICS.filter(({ key }) =>
        this.model.points.some((_, point) => this.model.median(point, key) !== null),
      );
      view.controls.replaceChildren(
        chooser(
          'Colour',
          metrics.map(({ key }) => ({ value: key, label: metricTitle(key) })),
          this.#metric,
          (key) => {
            this.#metric = key;
            view.update();
          },
        ),
        ...(settings.length < 2
          ? []
          : [
              chooser('Across', axes, this.#x, (x) => {
                if (x === this.#y) this.#y = this.#x;
                this.#x = x;
                fill();
                view.update();
              }),
              chooser('Down', axes, this.#y, (y) => {
                if (y === this.#x) this.#x = this.#y;
                this.#y = y;
                fill();
                view.update();
              }),
            ]),
      );
    };
    fill();
  }

  /** Latencies of the two loops are not on one scale: only the loop ranked is drawn then. */
  #maps(): SmallMap[] {
    const maps = new Map<string, Cell[]>();
    this.model.points.forEach(({ values, loop }, point) => {
      if (this.model.loops.length > 1 && loop !== this.state.loop) return;
      const title = this.model.settingsText(point, [this.#x, this.#y], '\n');
      const cells = maps.get(title) ?? [];
      maps.set(title, cells);
      const value = this.model.median(point, this.#metric);
      const [x, y] = [values[this.#x], this.#flat ? 0 : values[this.#y]];
      if (value !== null && x >= 0 && y >= 0) cells.push({ x, y, point, value });
    });
    return [...maps].map(([title, cells]) => ({ title, cells }));
  }

  /** One setting alone: a single row. */
  get #flat(): boolean {
    return this.#x === this.#y;
  }

  #labels(setting: number): string[] {
    return this.model.data.settings[setting].values.map(({ label }) => label);
  }

  draw(theme: Theme, width: number): Drawing | null {
    const maps = this.#maps().slice(0, MAX_MAPS);
    const values = maps.flatMap(({ cells }) => cells.map(({ value }) => value));
    if (values.length === 0) return null;
    const across = this.#labels(this.#x);
    const down = this.#flat ? [''] : this.#labels(this.#y);
    const layout = layoutOf(maps, across.length, down, width);
    const { columns, mapWidth, mapHeight } = layout;
    const scale = this.#scale(values);
    const named = { name: this.#axisNames()[0], nameLocation: 'middle', nameGap: 24 } as const;
    return {
      heightPx: Math.ceil(maps.length / columns) * mapHeight,
      widthPx: columns * mapWidth + (columns - 1) * GAP,
      option: {
        title: titles(maps, layout, theme),
        grid: maps.map((_, index) => ({
          left: layout.place(index)[0] + layout.left,
          top: layout.place(index)[1] + layout.above,
          width: layout.cellsWidth,
          height: layout.cellsHeight,
        })),
        xAxis: maps.map((_, gridIndex) => ({ ...axis(theme, across), gridIndex, ...named })),
        yAxis: maps.map((_, gridIndex) => ({ ...axis(theme, down), gridIndex, inverse: true })),
        visualMap: {
          type: 'continuous',
          show: false,
          dimension: 2,
          seriesIndex: maps.map((_, index) => 2 * index),
          min: scale.ends[0],
          max: scale.ends[1],
          inRange: { color: scale.colours },
        },
        series: maps.flatMap((map, index) => [
          this.#cells(map, index, scale, layout, theme),
          this.#best(map, index, layout, theme),
        ]),
        tooltip: markTooltip<{ point: number }>(theme, ({ point }) =>
          point === undefined ? null : pointTip(this.model, point, this.#tipMetrics()),
        ),
      },
    };
  }

  #tipMetrics(): MetricKey[] {
    return [...new Set<MetricKey>([this.#metric, 'rate', 'p50', 'p99', 'batchBytes', 'requests'])];
  }

  #cells(
    { cells }: SmallMap,
    index: number,
    scale: ColourScale,
    { cellWidth }: Layout,
    theme: Theme,
  ): HeatmapSeriesOption {
    const data = cells.map(({ x, y, value, point }) => {
      const color = scale.share(value) > 0.55 ? '#111' : '#fff';
      const label = { color, formatter: short(this.#metric, value) };
      return { value: [x, y, scale.at(value)], point, label };
    });
    return {
      type: 'heatmap',
      xAxisIndex: index,
      yAxisIndex: index,
      data,
      itemStyle: { borderColor: theme.ground, borderWidth: 1.5 },
      emphasis: { itemStyle: { borderColor: theme.ink, borderWidth: 2 } },
      label: { show: cellWidth >= 30, fontSize: 11 },
    };
  }

  /** A frame around the answer. */
  #best(
    { cells }: SmallMap,
    index: number,
    { cellWidth }: Layout,
    theme: Theme,
  ): ScatterSeriesOption {
    return {
      type: 'scatter',
      xAxisIndex: index,
      yAxisIndex: index,
      silent: true,
      symbol: 'rect',
      symbolSize: [cellWidth - 3, CELL_HEIGHT - 3],
      itemStyle: { color: 'transparent', borderWidth: 2.5, borderColor: theme.ink },
      data: cells.filter(({ point }) => point === this.state.best).map(({ x, y }) => [x, y]),
    };
  }

  #axisNames(): readonly [string, string] {
    const { settings } = this.model.data;
    return [settings[this.#x].name, this.#flat ? '' : settings[this.#y].name];
  }

  #scale(values: readonly number[]): ColourScale {
    return colourScale(values, metricOf(this.#metric).better === 'lower');
  }

  said(): string {
    const maps = this.#maps();
    const down = this.#axisNames()[1];
    const more =
      maps.length > MAX_MAPS
        ? ` The first ${MAX_MAPS} of ${maps.length} combinations of the other settings are drawn` +
          ': put a setting with more values on an axis.'
        : '';
    if (maps.every(({ cells }) => cells.length === 0)) return 'No valid run has this figure.';
    return (down === '' ? '' : `Rows: ${down}. Columns: ${this.#axisNames()[0]}.`) + more;
  }

  legend(): HTMLElement[] {
    const scale = this.#scale(this.#maps().flatMap(({ cells }) => cells.map(({ value }) => value)));
    const ramp = el('span', { class: 'ramp', 'aria-hidden': 'true' });
    ramp.style.background = `linear-gradient(to right, ${scale.colours.join(', ')})`;
    const { better } = metricOf(this.#metric);
    const told = [scale.log ? 'logarithmic' : '', better === null ? '' : `brighter is better`]
      .filter((text) => text !== '')
      .join(', ');
    return [
      el(
        'span',
        { class: 'key' },
        short(this.#metric, scale.least),
        ramp,
        short(this.#metric, scale.greatest),
        ` ${metricTitle(this.#metric)}${told === '' ? '' : `; ${told}`}`,
      ),
    ];
  }

  label(): string {
    const [x, y] = this.#axisNames();
    const over = `${x}${y === '' ? '' : ` and ${y}`}`;
    return (
      `Heat map of ${metricTitle(this.#metric)} over ${over}, ${this.#maps().length} maps. ` +
      'The table below has the same figures.'
    );
  }

  table(): Table {
    const [x, y] = this.#axisNames();
    return {
      caption: metricTitle(this.#metric),
      head: ['point', x, ...(y === '' ? [] : [y]), 'others', metricOf(this.#metric).label],
      rows: this.#maps().flatMap(({ title, cells }) =>
        cells.map((cell) => [
          this.model.points[cell.point].id,
          this.#labels(this.#x)[cell.x],
          ...(y === '' ? [] : [this.#labels(this.#y)[cell.y]]),
          title.replaceAll('\n', ', '),
          short(this.#metric, cell.value),
        ]),
      ),
    };
  }

  onPoint(point: number): void {
    this.state.toggle(point);
  }
}

function axis(theme: Theme, data: readonly string[]) {
  return {
    type: 'category' as const,
    data: [...data],
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: { color: theme.soft, interval: 0, fontSize: 11, hideOverlap: true },
    nameTextStyle: { color: theme.soft, fontSize: 11 },
  };
}

function layoutOf(
  maps: readonly SmallMap[],
  across: number,
  down: readonly string[],
  width: number,
): Layout {
  const longest = Math.max(...down.map((label) => label.length));
  // A single row has no labels.
  const left = longest === 0 && down.length === 1 ? 8 : Math.min(110, 16 + 6.6 * longest);
  const narrowest = left + across * MIN_CELL_WIDTH;
  const most = Math.floor((width + GAP) / (Math.max(narrowest, 240) + GAP));
  const columns = Math.max(1, Math.min(maps.length, most));
  const room = (width - GAP * (columns - 1)) / columns;
  const mapWidth = Math.max(narrowest, Math.min(maps.length === 1 ? 720 : 600, room));
  const titleLines = maps.length === 1 ? 0 : maps[0].title.split('\n').length;
  const above = 8 + titleLines * TITLE_LINE;
  const cellsHeight = down.length * CELL_HEIGHT;
  const mapHeight = above + cellsHeight + BELOW;
  const cellsWidth = mapWidth - left;
  return {
    columns,
    mapWidth,
    mapHeight,
    left,
    above,
    cellsWidth,
    cellsHeight,
    cellWidth: cellsWidth / across,
    place: (index) => [
      (index % columns) * (mapWidth + GAP),
      Math.floor(index / columns) * mapHeight,
    ],
  };
}

/** The other settings of each map. */
function titles(maps: readonly SmallMap[], layout: Layout, theme: Theme): EChartsOption['title'] {
  return maps.flatMap(({ title }, index) => {
    if (title === '') return [];
    const [x, top] = layout.place(index);
    const textStyle = {
      fontSize: 12,
      fontWeight: 600,
      color: theme.ink,
      width: layout.cellsWidth,
      overflow: 'truncate',
      lineHeight: TITLE_LINE,
    } as const;
    return [{ text: title, left: x + layout.left, top, padding: 0, textStyle }];
  });
}

/**
 * Logarithmic over more than a factor of 20; the better end is the bright one, where one end is
 * better. `falling`: the lower the better.
 */
function colourScale(values: readonly number[], falling: boolean) {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const log = least > 0 && greatest / least > 20;
  const at = log ? Math.log10 : (value: number): number => value;
  const [low, high] = [at(least), at(greatest)];
  const ends = high > low ? ([low, high] as const) : ([low - 0.5, low + 0.5] as const);
  const share = (value: number): number => {
    const of = (at(value) - ends[0]) / (ends[1] - ends[0]);
    return falling ? 1 - of : of;
  };
  const colours = falling ? VIRIDIS.toReversed() : VIRIDIS;
  return { at, ends, share, colours, log, least, greatest };
}
