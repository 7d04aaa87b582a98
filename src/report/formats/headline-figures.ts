// The figures of a point that are worth following over time, with unit and direction. For formats
// that take named values one by one: bencher, github-action-benchmark. Open loop gives response
// times, closed loop service times.
import type { Quantity } from '../../contract/summary.js';
import type { Better } from './format-names.js';
import { listed, printable } from '../text/format.js';
import type { PointRow } from '../model/report-model.js';

export interface Headline {
  readonly name: string;
  readonly unit: string;
  readonly better: Better;
  readonly quantity: Quantity;
}

/** What such a format leaves out, in words: points that have no figure. Null where all have. */
export function pointsWithoutFigures(rows: readonly PointRow[]): string | null {
  const silent = rows
    .filter((row) => headlinesOf(row).length === 0)
    .map(({ point }) => printable(point.id, 24));
  return silent.length === 0 ? null : `points without a valid run: ${listed(silent)}`;
}

export function headlinesOf({ point, loop, latency }: PointRow): Headline[] {
  const kind = loop === 'open' ? 'response' : 'service';
  // A tracker's series of CPU with the pacing's in it is not gone on with.
  const apart = loop === 'open' && point.generator.pacingMicrosPerRecord !== undefined;
  const cpuName = apart ? 'producer CPU' : 'CPU';
  const all: readonly (Omit<Headline, 'quantity'> & {
    readonly quantity: Quantity | null | undefined;
  })[] = [
    {
      name: 'throughput',
      unit: 'records/s',
      better: 'bigger',
      quantity: point.throughput.recordsPerSecond,
    },
    { name: `${kind} p50`, unit: 'ms', better: 'smaller', quantity: latency?.p50 },
    { name: `${kind} p99`, unit: 'ms', better: 'smaller', quantity: latency?.p99 },
    { name: `${kind} p99.9`, unit: 'ms', better: 'smaller', quantity: latency?.p999 },
    {
      name: cpuName,
      unit: 'us/record',
      better: 'smaller',
      quantity: point.generator.cpuMicrosPerRecord,
    },
  ];
  const figures = all.flatMap(({ quantity, ...rest }) =>
    quantity == null ? [] : [{ ...rest, quantity }],
  );
  return [...figures, ...consumerHeadlines(point), ...auditHeadlines(point)];
}

/** Where anything consumed. */
function consumerHeadlines({ consumers }: PointRow['point']): Headline[] {
  if (consumers === undefined) return [];
  return (['p50', 'p99'] as const).flatMap((field): Headline[] => {
    const quantity = consumers.endToEndMs[field];
    if (quantity === null) return [];
    return [{ name: `end-to-end ${field}`, unit: 'ms', better: 'smaller', quantity }];
  });
}

/** Sums over the runs, where they were audited. */
function auditHeadlines({ audit }: PointRow['point']): Headline[] {
  if (audit === undefined || audit.notMade > 0) return [];
  return (['lost', 'duplicated', 'reordered'] as const).map((name) => ({
    ...{ name: `audit ${name}`, unit: 'records', better: 'smaller' },
    quantity: { median: audit[name], low: null, high: null },
  }));
}
