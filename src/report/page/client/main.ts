// report.html's script: reads the data out of the page and fills its skeleton. Bundled by
// scripts/build-page.mjs; runs in browsers only.
import type { PageData } from '../page-model.js';
import { AchievedChart } from './achieved-chart.js';
import { answerSection } from './answer.js';
import { ChartView, type Chart } from './chart.js';
import { chosenBar } from './chosen-bar.js';
import { downloads } from './downloads.js';
import { DriftChart } from './drift-chart.js';
import { EffectsChart } from './effects-chart.js';
import { byId } from './elements.js';
import { gatesSection } from './gates.js';
import { HeatMap } from './heat-map.js';
import { blockText } from './load-data.js';
import { Model } from './model.js';
import { ParetoChart } from './pareto-chart.js';
import { PercentilesChart } from './percentiles-chart.js';
import { pointsTable } from './points-table.js';
import { RepeatsChart } from './repeats-chart.js';
import { State } from './page-state.js';
import { onPrint } from './theme.js';
import { TimeChart } from './time-chart.js';

async function start(): Promise<void> {
  // Made by the same version of kbench as this script, and in the same file.
  const data = JSON.parse(await blockText('page-data')) as PageData;
  const model = new Model(data);
  const state = new State(model);
  answerSection(model, state);
  chosenBar(model, state);
  const charts: (Chart & { controls?: (view: ChartView) => void })[] = [
    new ParetoChart(model, state),
  ];
  if (data.settings.length > 0)
    charts.push(new HeatMap(model, state), new EffectsChart(model, state));
  charts.push(new PercentilesChart(model, state), new TimeChart(model, state));
  charts.push(
    new RepeatsChart(model, state),
    new AchievedChart(model, state),
    new DriftChart(model),
  );
  const views = charts.map((chart) => {
    const view = new ChartView(chart, state);
    chart.controls?.(view);
    return view;
  });
  pointsTable(model, state);
  gatesSection(model);
  downloads(model);
  document.addEventListener('kbench-theme', () => state.themeChanged());
  onPrint((ratio) => {
    state.themeChanged();
    views.forEach((view) => view.drawAnew(ratio));
  });
  document.documentElement.dataset['ready'] = 'true';
}

start().catch((error: unknown) => {
  const trouble = byId('trouble');
  trouble.hidden = false;
  const reason = error instanceof Error ? error.message : String(error);
  trouble.textContent =
    `The page cannot show its figures: ${reason}. ` +
    'They also stand in report.md and summary.json beside this file.';
});
