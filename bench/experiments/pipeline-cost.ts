// The table of pipeline-cost: what each stage on the caller's thread adds to a record.
import type { Experiment } from './experiment.js';
import { markdownTable } from './page-figures.js';
import { setting, sweepPart } from './sweep-part.js';
import {
  pairedDifference,
  recordsPerSecond,
  spread,
  withAllRuns,
  type Figure,
  type PointResults,
} from './sweep-results.js';

const cpu: Figure = ({ measurement }) => measurement.generator.cpuMicrosPerRecord;
const STAGES = ['interceptor.classes', 'value.serializer', 'partitioner.class'] as const;

function stages(point: PointResults): string {
  const modules = STAGES.flatMap((name) =>
    [...setting(name)(point).matchAll(/([\w-]+)\.mjs/g)].map(
      ([, module]) => `${name.split('.').find((word) => !/key|value/.test(word))!} ${module}`,
    ),
  );
  return modules.length === 0 ? 'none' : modules.join(', ');
}

export const pipelineCost: Experiment = {
  name: 'pipeline-cost',
  question: 'What do an interceptor, a serializer and a partitioner cost a record?',
  parts: [
    sweepPart({
      name: 'pipeline-cost',
      row: { head: 'stages', name: stages },
      columns: [
        { head: 'us CPU a record', cell: (point) => spread(withAllRuns(point), cpu, 2) },
        { head: 'records/s', cell: (point) => spread(withAllRuns(point), recordsPerSecond, 0) },
      ],
      more: ({ points }) => {
        const [plain, ...others] = points.map(withAllRuns);
        const added = others.map((point) => [
          stages(point),
          pairedDifference(point, plain, cpu, 2),
        ]);
        return (
          'All runs count here: where a stage is the limit, the client is, and its latencies are ' +
          'no figures; its CPU is.\n\n' +
          markdownTable(['added to a record, repeat by repeat', 'us CPU'], added)
        );
      },
    }),
  ],
};
