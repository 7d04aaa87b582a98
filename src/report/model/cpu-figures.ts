// What "CPU us/record" is of: the producer's share, or where a run does not tell it apart from the
// pacing's, both together. One rule for summaries, comparisons and trends, which must not set the
// one against the other. Pure.
import type { Measurement } from '../../contract/run-result.js';
import type { SummaryPoint } from '../../contract/summary.js';
import { loopOfSummary } from './loop.js';

type Generator = Measurement['generator'];

/** Its path in a measurement, and in a summary. */
export const CPU = 'generator.cpuMicrosPerRecord';

/** Older results of open loops do not, nor those of platforms that tell no thread's CPU. */
export const tellsPacingApart = ({ pacing, pacingMicrosPerRecord }: Generator): boolean =>
  pacingMicrosPerRecord !== undefined || pacing === 'none';

/**
 * For one acknowledged record; `apart`: without the pacing's, which all that it stands beside must
 * tell.
 */
export function cpuMicros(generator: Generator, apart: boolean): number {
  const { cpuMicrosPerRecord, pacingMicrosPerRecord = 0 } = generator;
  return apart ? cpuMicrosPerRecord : cpuMicrosPerRecord + pacingMicrosPerRecord;
}

/** Whether a point's CPU us/record has the pacing's in it. */
export const holdsPacing = (point: SummaryPoint): boolean =>
  point.generator.cpuMicrosPerRecord !== null &&
  point.generator.pacingMicrosPerRecord === undefined &&
  loopOfSummary(point) === 'open';
