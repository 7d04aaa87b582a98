// The table of linger-batch: what is configured against the batches that come about.
import type { Experiment } from './experiment.js';
import { setting, sweepPart } from './sweep-part.js';
import { latency, recordsPerSecond, spread } from './sweep-results.js';

export const lingerBatch: Experiment = {
  name: 'linger-batch',
  question: 'How large should batches be, and how long should they wait?',
  parts: [
    sweepPart({
      name: 'linger-batch',
      row: { head: 'rate', name: setting('workload.rate') },
      columns: [
        { head: 'batch.size', cell: setting('batch.size') },
        { head: 'linger.ms', cell: setting('linger.ms') },
        {
          head: 'batch bytes achieved',
          cell: (point) => spread(point, (run) => run.measurement.achieved.batchBytes ?? null, 0),
        },
        {
          head: 'requests/s',
          cell: (point) =>
            spread(point, (run) => run.measurement.achieved.requestsPerSecond ?? null, 0),
        },
        { head: 'records/s', cell: (point) => spread(point, recordsPerSecond, 0) },
        { head: 'p50 ms', cell: (point) => spread(point, latency('p50'), 1) },
        { head: 'p99 ms', cell: (point) => spread(point, latency('p99'), 1) },
        {
          head: 'client us CPU a record',
          cell: (point) => spread(point, (run) => run.measurement.generator.cpuMicrosPerRecord, 2),
        },
      ],
    }),
  ],
};
