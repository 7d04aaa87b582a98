// One chart of the page: drawn by ECharts on a canvas when it first comes near the window, again
// when what it depends on changes, and never before. Beside it for everyone who cannot see it: a
// sentence as its label, and the same figures as a table.
import { CustomChart, HeatmapChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  GridComponent,
  MarkLineComponent,
  TitleComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
} from 'echarts/components';
import { init, use, type EChartsType } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { CanvasRenderer } from 'echarts/renderers';
import type { EChartsOption } from 'echarts';
import { byId, tableOf, type Table } from './elements.js';
import type { Part, State } from './page-state.js';
import { readTheme, type Theme } from './theme.js';

use([
  LabelLayout,
  CanvasRenderer,
  ScatterChart,
  LineChart,
  HeatmapChart,
  CustomChart,
  GridComponent,
  TooltipComponent,
  MarkLineComponent,
  TitleComponent,
  VisualMapContinuousComponent,
]);

/** What a chart draws at a width of `width` pixels. */
export interface Drawing {
  readonly option: EChartsOption;
  readonly heightPx: number;
  /** Wider than the page: the figure scrolls sideways within itself. */
  readonly widthPx?: number;
}

export interface Chart {
  /** Of the figure in the page's skeleton. */
  readonly id: string;
  readonly needs: readonly Part[];
  /** Null when there is nothing to draw; `said` then tells why. */
  draw(theme: Theme, width: number): Drawing | null;
  /** For a screen reader: what the chart shows and its main finding. */
  label(): string;
  /** A sentence below the controls; empty for none. */
  said?(): string;
  table(): Table;
  /** A click on data that carries a point. */
  onPoint?(point: number): void;
  legend?(theme: Theme): readonly HTMLElement[];
}

/** Marks of a chart carry their point here, for clicks and tooltips. */
interface WithPoint {
  readonly point?: number;
}

export class ChartView {
  #instance: EChartsType | null = null;
  #near = false;
  #width = 0;
  #stale = true;
  #ratio = devicePixelRatio;
  readonly #figure: HTMLElement;
  readonly #canvas: HTMLElement;

  constructor(
    private readonly chart: Chart,
    state: State,
  ) {
    this.#figure = byId(chart.id);
    this.#canvas = this.#part('.canvas');
    new IntersectionObserver(
      (entries) => {
        this.#near = entries.at(-1)?.isIntersecting ?? false;
        if (this.#near) this.#drawIfStale();
      },
      { rootMargin: '300px' },
    ).observe(this.#figure);
    new ResizeObserver(() => {
      if (this.#instance !== null && this.#frameWidth() !== this.#width) this.update();
    }).observe(this.#part('.scroll'));
    state.on([...chart.needs, 'theme'], () => this.update());
    const details = this.#part('.as-table');
    details.addEventListener('toggle', () => this.#fillTable());
  }

  /** Something that it shows has changed. */
  update(): void {
    this.#stale = true;
    if (this.#near) this.#drawIfStale();
  }

  /**
   * For paper, which shows all of the page and has finer dots than most screens; and back again.
   */
  drawAnew(devicePixelRatio: number): void {
    this.#instance?.dispose();
    this.#instance = null;
    this.#ratio = devicePixelRatio;
    this.#stale = true;
    this.#drawIfStale();
  }

  get controls(): HTMLElement {
    return this.#part('.controls');
  }

  #drawIfStale(): void {
    if (!this.#stale) return;
    this.#stale = false;
    const theme = readTheme();
    this.#width = this.#frameWidth();
    const drawing = this.chart.draw(theme, this.#width);
    const said = this.#part('.said');
    const nothing =
      drawing === null
        ? 'There is nothing to draw: no valid run of a point shown has these figures.'
        : '';
    said.textContent = (this.chart.said?.() ?? '') || nothing;
    said.hidden = said.textContent === '';
    this.#canvas.hidden = drawing === null;
    this.controls.hidden = drawing === null && this.#instance === null;
    this.#part('.legend').replaceChildren(
      ...(drawing === null ? [] : (this.chart.legend?.(theme) ?? [])),
    );
    this.#part('.as-table').hidden = drawing === null;
    if (drawing !== null) this.#render(drawing, theme);
    this.#fillTable();
  }

  #render({ option, heightPx, widthPx }: Drawing, theme: Theme): void {
    this.#canvas.style.height = `${heightPx}px`;
    this.#canvas.style.width =
      widthPx !== undefined && widthPx > this.#width ? `${widthPx}px` : '100%';
    if (this.#instance === null) {
      this.#instance = init(this.#canvas, null, {
        renderer: 'canvas',
        devicePixelRatio: this.#ratio,
      });
      this.#instance.on('click', ({ data }) => {
        const { point } = (data ?? {}) as WithPoint;
        if (point !== undefined) this.chart.onPoint?.(point);
      });
      this.#canvas.dataset['drawn'] = 'true';
    } else this.#instance.resize({ width: 'auto', height: 'auto' });
    this.#instance.setOption({ ...commonOption(theme), ...option }, { notMerge: true });
    this.#canvas.setAttribute('aria-label', this.chart.label());
  }

  #fillTable(): void {
    const details = this.#part('.as-table') as HTMLDetailsElement;
    if (details.open)
      details.replaceChildren(details.querySelector('summary')!, tableOf(this.chart.table()));
  }

  #frameWidth(): number {
    return this.#part('.scroll').clientWidth;
  }

  #part(selector: string): HTMLElement {
    return this.#figure.querySelector<HTMLElement>(selector)!;
  }
}

function commonOption(theme: Theme): EChartsOption {
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: {
      fontFamily: getComputedStyle(document.body).fontFamily,
      color: theme.ink,
      fontSize: 12,
    },
    tooltip: tooltipOption(theme),
  };
}

/** Tooltips are elements, never markup: see tips. */
export function tooltipOption(theme: Theme): NonNullable<EChartsOption['tooltip']> {
  return {
    trigger: 'item',
    // In the body, so that a low chart does not cut it off.
    appendTo: 'body',
    confine: true,
    className: 'tip',
    transitionDuration: 0,
    backgroundColor: theme.ground,
    borderColor: theme.strongRule,
    borderWidth: 1,
    padding: [6, 10],
    textStyle: { color: theme.ink, fontSize: 13 },
    extraCssText: 'box-shadow: 0 2px 8px rgba(0, 0, 0, 0.18); border-radius: 4px; z-index: 15;',
  };
}

/** A tooltip that `tell` makes of what the mark carries beside its value; null for none. */
export function markTooltip<Mark>(
  theme: Theme,
  tell: (mark: Partial<Mark>) => HTMLElement | null,
): NonNullable<EChartsOption['tooltip']> {
  return {
    ...(tooltipOption(theme) as object),
    formatter: (item) => {
      const { data } = Array.isArray(item) ? item[0] : item;
      return tell((data ?? {}) as Partial<Mark>) ?? '';
    },
  };
}
