// The table of fetch-wait: what a broker is asked to wait for against what a consumer sees of it.
import type { Experiment } from './experiment.js';
import { setting, sweepPart } from './sweep-part.js';
import { latency, spread, type Figure } from './sweep-results.js';

const endToEnd =
  (percentile: 'p50' | 'p99' | 'max'): Figure =>
  ({ consumers }) =>
    consumers?.endToEndMs?.[percentile] ?? null;

export const fetchWait: Experiment = {
  name: 'fetch-wait',
  question: 'What do fetch.min.bytes and fetch.max.wait.ms cost a consumer?',
  parts: [
    sweepPart({
      name: 'fetch-wait',
      row: { head: 'fetch.min.bytes', name: setting('consumers.fetch.min.bytes') },
      columns: [
        { head: 'fetch.max.wait.ms', cell: setting('consumers.fetch.max.wait.ms') },
        { head: 'end-to-end p50 ms', cell: (point) => spread(point, endToEnd('p50'), 1) },
        { head: 'p99 ms', cell: (point) => spread(point, endToEnd('p99'), 1) },
        { head: 'max ms', cell: (point) => spread(point, endToEnd('max'), 1) },
        { head: 'acknowledged p99 ms', cell: (point) => spread(point, latency('p99'), 1) },
        {
          head: 'consumer us CPU a record',
          cell: (point) => spread(point, (run) => run.consumers?.cpuMicrosPerRecord ?? null, 2),
        },
      ],
    }),
  ],
};
