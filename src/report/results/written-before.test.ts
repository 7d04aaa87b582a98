// Folders that an earlier version wrote read and compare as they did then: what is pinned here
// changes only where the way of reading does, and that is to be seen.
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Quantity } from '../../contract/summary.js';
import { compareResults } from '../compare/comparison.js';
import { makeReport } from '../model/report-model.js';
import { readResults, type Results } from './read-results.js';

const reference = (name: string): Results =>
  readResults(path.join(import.meta.dirname, '../../../results/reference', name));

const shown = (quantity: Quantity | null | undefined): string =>
  quantity == null ? '-' : [quantity.median, quantity.low, quantity.high].map(short).join(' ');
const number = (value: number | null): string => (value === null ? 'null' : `${value}`);
const short = (value: number | null): string =>
  value === null ? '-' : String(+value.toPrecision(6));

it.each(['acks-compared', 'aa-embedded'])('%s reads as it did', (name) => {
  const { results, summary } = makeReport(reference(name));
  expect(results.skipped).toEqual([]);
  const lines = summary.points.flatMap((point) => {
    const { latencyMs, throughput, generator, records, achieved, loop = '-' } = point;
    return [
      `${point.id} ${JSON.stringify(point.config)} ${loop}: ${point.valid} of ${point.runs}`,
      `  records ${records.sent} ${records.acked} ${records.failed}`,
      `  records/s ${shown(throughput.recordsPerSecond)}`,
      `  response p50 ${shown(latencyMs.response?.p50)}; p99 ${shown(latencyMs.response?.p99)}`,
      `  service p50 ${shown(latencyMs.service?.p50)}; p99.9 ${shown(latencyMs.service?.p999)}`,
      `  CPU us/record ${shown(generator.cpuMicrosPerRecord)}`,
      `  batch bytes ${shown(achieved.batchBytes)}`,
      ...point.verdicts.map((verdict) => `  ${verdict}`),
    ];
  });
  expect(lines.join('\n')).toMatchSnapshot();
});

it('acks=1 and acks=all compare as they did', () => {
  const { contenders } = compareResults(reference('acks-compared'), [], {
    ...{ metrics: null, margin: 0.05, alpha: 0.05, failOn: 'regression', kbench: '0.1.0' },
    ...{ across: ['acks'], baseWhere: [], newWhere: [], defaultOf: () => undefined },
  });
  const lines = contenders.flatMap(({ pairs }) =>
    pairs.flatMap(({ base, next, cells }) =>
      cells.map(({ metric, verdict, change, base: was, next: is }) =>
        [
          `${base} ${next} ${metric}: ${number(was.median)} ${number(is.median)} ${verdict}`,
          change === null ? '' : [change.estimate, change.low, change.high].map(short).join(' '),
        ].join(' '),
      ),
    ),
  );
  expect(lines.join('\n')).toMatchSnapshot();
});
