// Every run against its own point's median in the order made, and the canaries beside: tells a
// machine that changed from settings that differ. Called by main.
import type { EChartsOption, LineSeriesOption, ScatterSeriesOption } from 'echarts';
import { scaleOf } from './axes.js';
import { markTooltip, type Chart, type Drawing } from './chart.js';
import { el, swatch, type Table } from './elements.js';
import { changeText } from './effects-chart.js';
import type { Model } from './model.js';
import type { Theme } from './theme.js';
import { tip } from './tips.js';
import { median } from '../../statistics/quantity.js';

interface Track {
  readonly name: string;
  readonly values: readonly { readonly run: number; readonly ratio: number }[];
}

/** What a mark carries, beside where it stands. */
interface Mark {
  readonly value: [at: number, ratio: number];
  readonly run: number;
  readonly ratio: number;
  readonly track: string;
}

export class DriftChart implements Chart {
  readonly id = 'drift';
  readonly needs = [] as const;

  constructor(private readonly model: Model) {}

  #runs(): Track {
    const { runs } = this.model.data;
    const values = runs.point.flatMap((point, run) => {
      const [rate, middle] = [this.model.ofRun(run, 'rate'), this.model.median(point, 'rate')];
      return runs.counted[run] === 1 &&
        rate !== null &&
        middle !== null &&
        middle > 0 &&
        this.model.points[point].valid > 1
        ? [{ run, ratio: rate / middle }]
        : [];
    });
    return { name: 'throughput of a run', values };
  }

  #canaries(): Track[] {
    const { canary } = this.model.data.runs;
    if (canary === null) return [];
    const track = (
      name: string,
      values: readonly (number | null)[],
      faster: (value: number, middle: number) => number,
    ): Track => {
      const middle = median(values.filter((value) => value !== null)) ?? 1;
      return {
        name,
        values: values.flatMap((value, run) =>
          value === null ? [] : [{ run, ratio: faster(value, middle) }],
        ),
      };
    };
    return [
      track('canary: CPU speed', canary.cpuMs, (ms, middle) => middle / ms),
      track('canary: no-op load', canary.sinkRate, (rate, middle) => rate / middle),
    ];
  }

  draw(theme: Theme): Drawing | null {
    const runs = this.#runs();
    const canaries = this.#canaries();
    const all = [runs, ...canaries].flatMap(({ values }) => values.map(({ ratio }) => ratio));
    if (all.length < 2) return null;
    const { startedS } = this.model.data.runs;
    const far = Math.max(0.02, ...all.map((ratio) => Math.abs(Math.log(ratio))));
    const minutes = (startedS.at(-1) ?? 0) > 300;
    const at = (run: number): number => startedS[run] / (minutes ? 60 : 1);
    const marksOf = ({ name, values }: Track): Mark[] =>
      values.map(({ run, ratio }) => ({ value: [at(run), ratio], run, ratio, track: name }));
    return {
      heightPx: 280,
      option: {
        grid: { left: 54, right: 20, top: 30, bottom: 46 },
        xAxis: timeAxis(theme, minutes),
        yAxis: ratioAxis(theme, far),
        series: [
          runSeries(theme, runs.name, marksOf(runs)),
          ...canaries.map((track, index) =>
            canarySeries(theme.series[index], track.name, marksOf(track)),
          ),
        ],
        tooltip: markTooltip<Mark>(theme, (mark) => this.#tip(mark)),
      },
    };
  }

  #tip({ run, ratio, track }: Partial<Mark>): HTMLElement | null {
    if (run === undefined || ratio === undefined) return null;
    const { runs } = this.model.data;
    const point = this.model.points[runs.point[run]];
    const rows = [[track ?? '', changeText(ratio)]] as const;
    return tip(`run ${runs.run[run]}`, point === undefined ? '' : point.id, rows);
  }

  said(): string {
    const none =
      this.model.data.runs.canary === null
        ? 'These results have no canary beside their runs. '
        : '';
    return this.#runs().values.length < 2 && this.#canaries().length === 0
      ? `${none}With one valid run a point nothing can be said of drift.`
      : none;
  }

  legend(theme: Theme): HTMLElement[] {
    return [theme.soft, ...theme.series]
      .slice(0, 1 + this.#canaries().length)
      .map((colour, index) =>
        el(
          'span',
          { class: 'key' },
          swatch(colour),
          [this.#runs(), ...this.#canaries()][index].name,
        ),
      );
  }

  label(): string {
    const ratios = this.#runs().values.map(({ ratio }) => ratio);
    if (ratios.length === 0) return 'Runs over the sweep.';
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map(changeText);
    return (
      "Throughput of every run against its point's median, in the order made: " +
      `from ${least} to ${most}.`
    );
  }

  table(): Table {
    const canaries = this.#canaries().map(
      ({ values }) => new Map(values.map(({ run, ratio }) => [run, ratio])),
    );
    const own = new Map(this.#runs().values.map(({ run, ratio }) => [run, ratio]));
    const told = (ratio: number | undefined): string =>
      ratio === undefined ? '–' : changeText(ratio);
    const { runs } = this.model.data;
    return {
      head: ['run', 'point', 'throughput', ...this.#canaries().map(({ name }) => name)],
      rows: runs.run.map((name, run) => [
        name,
        this.model.points[runs.point[run]]?.id ?? '–',
        told(own.get(run)),
        ...canaries.map((track) => told(track.get(run))),
      ]),
    };
  }
}

function timeAxis(theme: Theme, minutes: boolean): EChartsOption['xAxis'] {
  return {
    type: 'value',
    min: 0,
    name: `${minutes ? 'minutes' : 'seconds'} since the first run`,
    nameLocation: 'middle',
    nameGap: 28,
    nameTextStyle: { color: theme.soft },
    axisLine: { lineStyle: { color: theme.strongRule } },
    splitLine: { show: false },
    axisLabel: { color: theme.soft },
  };
}

/** As far up as down, on the scale of logarithms: `far`. */
function ratioAxis(theme: Theme, far: number): EChartsOption['yAxis'] {
  const y = scaleOf({
    name: 'against the median',
    values: [Math.exp(-far), Math.exp(far)],
    theme,
    side: 'y',
    log: false,
    fromZero: false,
    format: changeText,
  });
  const ends = { showMinLabel: false, showMaxLabel: false };
  return {
    ...y.axis,
    min: Math.exp(-far * 1.1),
    max: Math.exp(far * 1.1),
    splitNumber: 4,
    axisLabel: { color: theme.soft, formatter: changeText, ...ends },
  };
}

function runSeries(theme: Theme, name: string, data: Mark[]): ScatterSeriesOption {
  return {
    type: 'scatter',
    name,
    symbolSize: data.length > 1000 ? 3 : 6,
    itemStyle: { color: theme.soft, opacity: 0.6 },
    data,
    markLine: {
      silent: true,
      symbol: 'none',
      label: { show: false },
      lineStyle: { color: theme.strongRule, type: 'solid' },
      data: [{ yAxis: 1 }],
    },
  };
}

function canarySeries(colour: string, name: string, data: Mark[]): LineSeriesOption {
  return {
    type: 'line',
    name,
    showSymbol: false,
    lineStyle: { color: colour, width: 1.25 },
    itemStyle: { color: colour },
    data,
  };
}
