// The tables of fetch-wait (what a broker is asked to wait for, against what a consumer sees of it)
// and of rebalance (what a member more, and one less, costs a group's consumers).
import type { Experiment } from './experiment.js';
import { setting, sweepPart, type Column } from './sweep-part.js';
import { latency, spread, type Figure, type MeasuredRun } from './sweep-results.js';

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

const event = (fault: number, run: MeasuredRun) =>
  run.measurement.recovery?.find((each) => each.fault === fault) ?? null;

const pause =
  (fault: number): Figure =>
  (run) =>
    event(fault, run)?.consumerPauseMs ?? null;

const COLUMNS: readonly Column[] = [
  { head: 'nobody received, member added, ms', cell: (point) => spread(point, pause(0), 0) },
  { head: 'member removed, ms', cell: (point) => spread(point, pause(1), 0) },
  { head: 'end-to-end p50 ms', cell: (point) => spread(point, endToEnd('p50'), 1) },
  { head: 'p99 ms', cell: (point) => spread(point, endToEnd('p99'), 0) },
  { head: 'max ms', cell: (point) => spread(point, endToEnd('max'), 0) },
  {
    head: 'received twice',
    cell: (point) => spread(point, ({ consumers }) => consumers?.duplicated ?? null, 0),
  },
];

export const rebalance: Experiment = {
  name: 'rebalance',
  question: 'What does a rebalance cost those who read?',
  parts: [
    sweepPart({
      name: 'rebalance',
      row: { head: 'client', name: setting('consumers.driver') },
      columns: [{ head: 'group.protocol', cell: setting('consumers.group.protocol') }, ...COLUMNS],
    }),
    sweepPart({
      name: 'rebalance-assignors',
      row: {
        head: 'java, classic',
        name: (point) =>
          setting('consumers.partition.assignment.strategy')(point).split('.').at(-1) ?? '-',
      },
      columns: COLUMNS,
    }),
  ],
};
