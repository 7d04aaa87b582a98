// The table of idle-connections: connections made and closed (in all runs: they are counted), and
// what the record after the pause paid.
import type { Experiment } from './experiment.js';
import { setting, sweepPart } from './sweep-part.js';
import { latency, metric, spread, withAllRuns } from './sweep-results.js';

export const idleConnections: Experiment = {
  name: 'idle-connections',
  question: 'What does the first record after a pause pay?',
  parts: [
    sweepPart({
      name: 'idle-connections',
      row: { head: 'security', name: setting('target.kafka.security') },
      columns: [
        { head: 'connections.max.idle.ms', cell: setting('connections.max.idle.ms') },
        { head: 'metadata.max.age.ms', cell: setting('metadata.max.age.ms') },
        {
          head: 'opened',
          cell: (point) => spread(withAllRuns(point), metric('connection-creation-total'), 0),
        },
        {
          head: 'closed',
          cell: (point) => spread(withAllRuns(point), metric('connection-close-total'), 0),
        },
        {
          head: 'requests',
          cell: (point) => spread(withAllRuns(point), metric('request-total'), 0),
        },
        { head: 'p50 ms', cell: (point) => spread(point, latency('p50'), 1) },
        { head: 'max ms', cell: (point) => spread(point, latency('max'), 1) },
      ],
    }),
  ],
};
