// The table of buffer-exhaustion: how full the buffer was, how long appends were blocked, how many
// were refused.
import type { Experiment } from './experiment.js';
import { setting, sweepPart } from './sweep-part.js';
import { latency, spread, type Figure, type PointResults } from './sweep-results.js';

const MIB = 1024 * 1024;

/** At the ends of intervals: the most of buffer.memory that was in use. */
const mostUsedMiB: Figure = ({ config, measurement }) => {
  const free = measurement.intervals.flatMap(
    ({ metrics }) => metrics['buffer-available-bytes'] ?? [],
  );
  return free.length === 0 ? null : (Number(config['buffer.memory']) - Math.min(...free)) / MIB;
};

const blockedSeconds: Figure = ({ measurement: { achieved, measuredMs, drainMs = 0 } }) =>
  ((achieved.bufferWaitShare ?? 0) * (measuredMs + drainMs)) / 1000;

/** Kafka has no code of its own for it: a TIMEOUT, told apart by what it says. */
export const refused: Figure = ({ measurement }) =>
  measurement.errors
    .filter(({ message }) => message.startsWith('buffer.memory '))
    .reduce((sum, { records }) => sum + records, 0);

const network = (point: PointResults): string =>
  setting('faults')(point).includes('cut') ? 'cut for 7 s' : '2 MiB/s for 7 s';

export const bufferExhaustion: Experiment = {
  name: 'buffer-exhaustion',
  question: 'What happens when buffer.memory is full?',
  parts: [
    sweepPart({
      name: 'buffer-exhaustion',
      row: {
        head: 'buffer.memory',
        name: (point) => `${Number(setting('buffer.memory')(point)) / MIB} MiB`,
      },
      columns: [
        { head: 'network', cell: network },
        { head: 'max.block.ms', cell: setting('max.block.ms') },
        { head: 'most in use, MiB', cell: (point) => spread(point, mostUsedMiB, 1) },
        { head: 'blocked, s of 15', cell: (point) => spread(point, blockedSeconds, 1) },
        { head: 'refused records', cell: (point) => spread(point, refused, 0) },
        {
          head: 'other failures',
          cell: (point) =>
            spread(point, (run) => run.measurement.records.failed - refused(run)!, 0),
        },
        { head: 'longest latency, ms', cell: (point) => spread(point, latency('max'), 0) },
        {
          head: 'peak resident set, MiB',
          cell: (point) => spread(point, (run) => run.measurement.generator.rssMiB, 0),
        },
      ],
    }),
  ],
};
