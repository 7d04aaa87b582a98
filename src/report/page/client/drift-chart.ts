// Every run against its own point's median in the order made, and the canaries beside: tells a
// machine that changed from settings that differ. Called by main.
import { scaleOf } from './axes.js';
import { tooltipOption, type Chart, type Drawing } from './chart.js';
import { el, swatch, type Table } from './elements.js';
import { changeText } from './effects-chart.js';
import type { Model } from './model.js';
import type { Theme } from './theme.js';
import { tip } from './tips.js';
import { median } from '../../quantity.js';

interface Track {
  readonly name: string;
  readonly values: readonly { readonly run: number; readonly ratio: number }[];
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
    const { startedS, run: names } = this.model.data.runs;
    const far = Math.max(0.02, ...all.map((ratio) => Math.abs(Math.log(ratio))));
    const y = scaleOf({
      name: 'against the median',
      values: [Math.exp(-far), Math.exp(far)],
      theme,
      side: 'y',
      log: false,
      fromZero: false,
      format: changeText,
    });
    const minutes = (startedS.at(-1) ?? 0) > 300;
    const at = (run: number): number => startedS[run] / (minutes ? 60 : 1);
    const marks = ({ values }: Track) =>
      values.map(({ run, ratio }) => ({ value: [at(run), ratio], run, ratio }));
    return {
      heightPx: 280,
      option: {
        grid: { left: 54, right: 20, top: 30, bottom: 46 },
        xAxis: {
          type: 'value',
          min: 0,
          name: `${minutes ? 'minutes' : 'seconds'} since the first run`,
          nameLocation: 'middle',
          nameGap: 28,
          nameTextStyle: { color: theme.soft },
          axisLine: { lineStyle: { color: theme.strongRule } },
          splitLine: { show: false },
          axisLabel: { color: theme.soft },
        },
        yAxis: {
          ...y.axis,
          min: Math.exp(-far * 1.1),
          max: Math.exp(far * 1.1),
          splitNumber: 4,
          axisLabel: {
            color: theme.soft,
            formatter: changeText,
            showMinLabel: false,
            showMaxLabel: false,
          },
        },
        series: [
          {
            type: 'scatter',
            name: runs.name,
            symbolSize: runs.values.length > 1000 ? 3 : 6,
            itemStyle: { color: theme.soft, opacity: 0.6 },
            data: marks(runs),
            markLine: {
              silent: true,
              symbol: 'none',
              label: { show: false },
              lineStyle: { color: theme.strongRule, type: 'solid' },
              data: [{ yAxis: 1 }],
            },
          },
          ...canaries.map((track, index) => ({
            type: 'line' as const,
            name: track.name,
            showSymbol: false,
            lineStyle: { color: theme.series[index], width: 1.25 },
            itemStyle: { color: theme.series[index] },
            data: marks(track),
          })),
        ],
        tooltip: {
          ...(tooltipOption(theme) as object),
          formatter: (item) => {
            const { data, seriesName } = Array.isArray(item) ? item[0] : item;
            const { run, ratio } = (data ?? {}) as { run?: number; ratio?: number };
            if (run === undefined || ratio === undefined) return '';
            const point = this.model.points[this.model.data.runs.point[run]];
            return tip(`run ${names[run]}`, point === undefined ? '' : point.id, [
              [seriesName ?? '', changeText(ratio)],
            ]);
          },
        },
      },
    };
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
    return ratios.length === 0
      ? 'Runs over the sweep.'
      : `Throughput of every run against its point's median, in the order made: from ${changeText(Math.min(...ratios))} to ${changeText(Math.max(...ratios))}.`;
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
