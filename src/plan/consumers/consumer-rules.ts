// What a point with consumers cannot be. Called by settings/rules.ts for every point.
import type { PointSettings, WorkloadSettings } from '../../contract/settings.js';
import { formatMs } from '../../base/units.js';
import type { Broken } from '../settings/broken-rule.js';
import type { Settings } from '../settings/given.js';
import { stampRules } from '../settings/stamp-rules.js';
import { CONSUMERS } from './consumer-fields.js';

const KIND = `${CONSUMERS}kind`;

interface Point {
  readonly own: Settings;
  readonly settings: PointSettings;
}

export function consumerRules({ own, settings }: Point, base: Settings): Broken[] {
  const paths = [...base.keys(), ...own.keys()].filter((path) => path.startsWith(CONSUMERS));
  if (paths.length > 0 && !paths.includes(KIND)) {
    return [
      {
        rule: 'consumers-kind',
        message: `${paths[0]} is set, and nobody consumes`,
        remedy: 'write consumers: {kind: reader, ...}',
        involved: [paths[0]],
      },
    ];
  }
  if (settings.consumers === undefined) return [];
  const who = { rule: 'consumers', path: KIND, writes: 'end-to-end times need' };
  return [...stampRules(settings, who), ...startsTooLate(settings)];
}

/** Null where the cluster says how long that takes. */
function measuredMs({ records, durationMs, rate }: WorkloadSettings): number | null {
  if (durationMs !== null) return durationMs;
  return rate === 'max' || records === null ? null : (records / rate) * 1000;
}

function startsTooLate({ consumers, workload }: PointSettings): Broken[] {
  const startAfterMs = consumers?.startAfterMs ?? 0;
  const spanMs = measuredMs(workload);
  if (startAfterMs === 0 || spanMs === null || startAfterMs < spanMs) return [];
  const start = `${CONSUMERS}startAfter`;
  return [
    {
      rule: 'consumers-start',
      message:
        `${start} is ${formatMs(startAfterMs)}, ` +
        `and the measured part ends after ${formatMs(spanMs)}`,
      remedy: `lower ${start}, or raise workload.duration`,
      involved: [start, 'workload.duration', 'workload.records', 'workload.rate'],
    },
  ];
}
