// Where, when and with what figures were measured: the line above each table of a page, for sweeps
// out of their environment.json, for programs as it is now.
import { cpus, loadavg, totalmem } from 'node:os';
import { kbenchVersion, spreadOf } from '../bench-report.js';
import type { SweepResults } from './sweep-results.js';

const MIB_A_GIB = 1024;

/** Of the last minute: taken before a part begins, it is what others did on this machine. */
export const loadNow = (): number => loadavg()[0];

export function sweepCircumstances(results: SweepResults, loadBefore: number): string {
  const { environment, points, made, counted } = results;
  const runs = points.flatMap((point) => point.runs);
  const canary = spreadOf(runs.flatMap((run) => run.canary?.cpuMs ?? []));
  const rows = spreadOf(points.map((point) => point.runs.length))!;
  const ofRow = rows.min === rows.max ? `${rows.max}` : `${rows.min} to ${rows.max}`;
  const leftOut = counted < made ? `, ${made - counted} of ${made} left out as invalid` : '';
  const { target, cpu, memoryMiB = 0, startedAt } = environment ?? {};
  const kafka = target?.settings?.['kafka.version'] ?? target?.version ?? '';
  return line([
    minute(startedAt ?? new Date().toISOString()),
    machine(cpu?.model ?? '', cpu?.cores ?? 0, memoryMiB / MIB_A_GIB),
    `Apache Kafka ${kafka}`,
    ...versions(loadBefore),
    ...(canary === null
      ? []
      : [`canary ${ms(canary.median)} ms (${ms(canary.min)}-${ms(canary.max)})`]),
    `${ofRow} runs a row${leftOut}; median (least-most)`,
  ]);
}

export function programCircumstances(kafka: string, rounds: number, loadBefore: number): string {
  const [first] = cpus();
  return line([
    minute(new Date().toISOString()),
    machine(first?.model ?? '', cpus().length, totalmem() / 2 ** 30),
    `Apache Kafka ${kafka}`,
    ...versions(loadBefore),
    rounds === 1 ? '1 round' : `${rounds} rounds; median (least-most)`,
  ]);
}

const line = (parts: readonly string[]): string => parts.join(' · ');
const ms = (value: number): string => value.toFixed(1);
const minute = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

const machine = (model: string, cores: number, gibibytes: number): string =>
  `${model.trim()}, ${cores} cores, ${Math.round(gibibytes)} GiB`;

const versions = (loadBefore: number): readonly string[] => [
  `Node ${process.versions.node}`,
  `kbench ${kbenchVersion()}`,
  `load ${loadBefore.toFixed(1)} before`,
];
