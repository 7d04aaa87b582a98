// The table of acks-cost: acks and replicas against throughput, requests in flight and latency.
import type { Experiment } from './experiment.js';
import { markdownTable } from './page-figures.js';
import { setting, sweepPart } from './sweep-part.js';
import {
  latency,
  pairedRatio,
  recordsPerSecond,
  spread,
  type Figure,
  type PointResults,
  type SweepResults,
} from './sweep-results.js';

const IN_FLIGHT = 'max.in.flight.requests.per.connection';
const REPLICAS = 'topic.replicationFactor';

export const acksCost: Experiment = {
  name: 'acks-cost',
  question: 'What does waiting for all replicas cost?',
  parts: [
    sweepPart({
      name: 'acks-cost',
      row: { head: 'acks', name: setting('acks') },
      columns: [
        { head: 'replicas', cell: setting(REPLICAS) },
        { head: 'in flight', cell: setting(IN_FLIGHT) },
        { head: 'rate', cell: setting('workload.rate') },
        { head: 'records/s', cell: (point) => spread(point, recordsPerSecond, 0) },
        { head: 'p50 ms', cell: (point) => spread(point, latency('p50'), 2) },
        { head: 'p99 ms', cell: (point) => spread(point, latency('p99'), 1) },
      ],
      more: ratios,
    }),
  ],
};

function ratios({ points }: SweepResults): string {
  const at = (acks: string, replicas: number, inFlight: number, max: boolean): PointResults =>
    points.find(
      ({ point: { config } }) =>
        String(config['acks']) === acks &&
        config[REPLICAS] === replicas &&
        config[IN_FLIGHT] === inFlight &&
        (config['workload.rate'] === 'max') === max,
    )!;
  const row = (
    what: string,
    figure: Figure,
    ...[replicas, inFlight, max]: readonly [number, number, boolean]
  ): string[] => [
    what,
    pairedRatio(at('1', replicas, inFlight, max), at('all', replicas, inFlight, max), figure),
  ];
  return markdownTable(
    ['acks=1 over acks=all', 'ratio'],
    [
      row('records/s, 1 replica', recordsPerSecond, 1, 5, true),
      row('records/s, 3 replicas', recordsPerSecond, 3, 5, true),
      row('records/s, 3 replicas, 1 request in flight', recordsPerSecond, 3, 1, true),
      row('p50 at a rate that both carry, 3 replicas', latency('p50'), 3, 5, false),
      row('p99 of the same', latency('p99'), 3, 5, false),
    ],
  );
}
