// Go's benchmark format (go.dev/design/14313-benchmark-format), for benchstat: configuration lines,
// then a line for each counted run, so that benchstat itself makes medians and intervals over the
// repeats and compares two such files.
//
//   BenchmarkKbench/batch.size=16384/acks=all-2  <acknowledged records>  <value> <unit> ...
import type { Latency, RunResult } from '../../contract/run-result.js';
import { plainLine } from '../text/escape-controls.js';
import type { RenderOptions } from './format-types.js';
import { plural } from '../text/format.js';
import type { Report } from '../model/report-model.js';
import { isCounted } from '../notes/verdicts.js';

/** benchstat takes less for better where nothing else is said. */
const UNITS = ['Unit records/s better=higher', 'Unit MB/s better=higher'];
const NANOS_PER_MS = 1e6;
const NANOS_PER_MICRO = 1e3;

export function renderBenchstat(
  report: Report,
  { leaveOut }: RenderOptions,
): { readonly pieces: Iterable<string> } {
  const { results, rows } = report;
  const names = new Map(
    rows.map(({ point }) => [point.id, nameOf(point, results.environment?.cpu.cores ?? 1)]),
  );
  const counted = results.runs.filter(isCounted);
  const out = results.runs.length - counted.length;
  if (out > 0)
    leaveOut?.(
      `${plural(out, 'invalid or failed run')}: benchstat takes every line for a valid one`,
    );
  return { pieces: lines(report, counted, names) };
}

function* lines(
  report: Report,
  runs: readonly RunResult[],
  names: ReadonlyMap<string, string>,
): Generator<string> {
  for (const [key, value] of configuration(report)) {
    const line = plainLine(value).trim();
    // A key without a value would delete it.
    if (line !== '') yield `${key}: ${line}\n`;
  }
  yield `${UNITS.join('\n')}\n\n`;
  for (const run of runs) {
    const name = names.get(run.point);
    if (name !== undefined && run.measurement !== null)
      yield lineOf(name, run.measurement, run.consumers?.endToEndMs ?? null);
  }
}

/** Keys begin with a small letter and hold neither space nor capital. */
function configuration({ results }: Report): (readonly [string, string])[] {
  const { environment } = results;
  const lines: (readonly [string, string])[] = [['sweep', results.name]];
  if (environment === null) return lines;
  const { target, cpu, git } = environment;
  lines.push(
    ['kbench', environment.kbench],
    ['node', environment.node],
    ['os', environment.os],
    ['cpu', cpu.model],
    ['target', `${target.kind}${target.version === null ? '' : ` ${target.version}`}`],
  );
  if (git !== null) lines.push(['commit', git.revision]);
  return lines;
}

function nameOf(
  { id, config }: { readonly id: string; readonly config: object },
  cores: number,
): string {
  const parts = Object.entries(config).map(
    ([name, value]) => `${encode(name)}=${encode(String(value))}`,
  );
  // What follows the last hyphen is taken for the number of processors, so it must be there.
  return `BenchmarkKbench/${parts.length === 0 ? `point=${encode(id)}` : parts.join('/')}-${cores}`;
}

/**
 * Names may hold neither spaces nor slashes; `=` parts name from value. Per-cent signs as in URLs,
 * so that it can be read back.
 */
function encode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')).replaceAll(
    /[!'()*~]/g,
    (found) => `%${found.charCodeAt(0).toString(16)}`,
  );
}

function percentileTexts(kind: string, latency: Latency | null): string[] {
  if (latency === null) return [];
  return (['p50', 'p99', 'p999'] as const).map(
    (percentile) => `${latency[percentile] * NANOS_PER_MS} ${kind}-${percentile}-ns`,
  );
}

function lineOf(
  name: string,
  { records, throughput, latencyMs, generator }: NonNullable<RunResult['measurement']>,
  endToEnd: Latency | null,
): string {
  const values: string[] = [
    `${throughput.recordsPerSecond} records/s`,
    `${throughput.mebibytesPerSecond * 1.048576} MB/s`,
  ];
  for (const kind of ['response', 'service'] as const) {
    values.push(...percentileTexts(kind, latencyMs[kind]));
  }
  values.push(...percentileTexts('end-to-end', endToEnd));
  // Another unit for the producer's alone, so that benchstat never sets the two against each other.
  const { cpuMicrosPerRecord, pacingMicrosPerRecord } = generator;
  const cpu = cpuMicrosPerRecord * NANOS_PER_MICRO;
  if (pacingMicrosPerRecord !== undefined && generator.pacing !== 'none') {
    const pacing = pacingMicrosPerRecord * NANOS_PER_MICRO;
    values.push(`${cpu} producer-cpu-ns/record`, `${pacing} pacing-cpu-ns/record`);
  } else values.push(`${cpu} cpu-ns/record`);
  return `${name}\t${records.acked}\t${values.join('\t')}\n`;
}
