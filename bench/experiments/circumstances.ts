// Where, when and with what figures were measured: the line above each table of a page, for sweeps
// out of their environment.json, for programs as it is now.
import { cpus, loadavg, totalmem } from 'node:os';
import { kbenchVersion, spreadOf } from '../bench-report.js';
import type { SweepResults } from './sweep-results.js';

/** Of the last minute before anything was measured: what others did. */
const [loadBefore] = loadavg();
const MIB_A_GIB = 1024;

export function sweepCircumstances({ environment, points, made, counted }: SweepResults): string {
  const repeats = spreadOf(points.map(({ runs }) => runs.length))!;
  const runs = points.flatMap((point) => point.runs);
  const canary = spreadOf(runs.flatMap((run) => run.canary?.cpuMs ?? []));
  const of = repeats.min === repeats.max ? `${repeats.max}` : `${repeats.min} to ${repeats.max}`;
  return [
    ...(environment === null
      ? []
      : [
          `${minute(environment.startedAt)}`,
          `${environment.cpu.model}, ${environment.cpu.cores} cores, ` +
            `${Math.round(environment.memoryMiB / MIB_A_GIB)} GiB`,
          `Apache Kafka ${String(environment.target.settings?.['kafka.version'] ?? environment.target.version ?? '')}`,
          `Node ${environment.node}`,
          `kbench ${kbenchVersion()}`,
        ]),
    `load ${loadBefore.toFixed(1)} before`,
    ...(canary === null
      ? []
      : [
          `canary ${canary.median.toFixed(1)} ms (${canary.min.toFixed(1)}-${canary.max.toFixed(1)})`,
        ]),
    `${of} runs a row${counted < made ? `, ${made - counted} of ${made} left out as invalid` : ''}; ` +
      'median (least-most)',
  ]
    .join(' · ')
    .trim();
}

export function programCircumstances(kafka: string, what: string): string {
  const [first] = cpus();
  return [
    minute(new Date().toISOString()),
    `${first?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Apache Kafka ${kafka}`,
    `Node ${process.versions.node}`,
    `kbench ${kbenchVersion()}`,
    `load ${loadBefore.toFixed(1)} before`,
    what,
  ].join(' · ');
}

const minute = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
