// What every benchmark prints around its numbers: machine, versions, date, repeats; spreads as
// median and range; tables. Called by the modules of bench/. Formats only: it measures nothing.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import Table from 'cli-table3';

/**
 * What `npm run bench` hands to each benchmark; null where the command line says nothing and the
 * benchmark decides.
 */
export interface BenchOptions {
  readonly rounds: number | null;
  readonly records: number | null;
  /** Names of clients to compare (rivals). */
  readonly clients: readonly string[] | null;
  /** Include Java's own ProducerPerformance (rivals). */
  readonly java: boolean;
  /** Length of a measurement, and part of the names of the cells to measure (fidelity). */
  readonly seconds: number | null;
  readonly delay: number | null;
  readonly grid: string | null;
  readonly cell: string | null;
  /** Where A against A is recorded, and a folder to draw from instead (aa). */
  readonly target: string | null;
  readonly from: string | null;
}

/** A module of bench/ that can be run by its file's name. */
export interface Bench {
  readonly title: string;
  readonly run: (options: BenchOptions) => Promise<void>;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median (mean of the middle two when even) and range; null for no values. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = Number.isInteger(middle)
    ? (sorted[middle - 1] + sorted[middle]) / 2
    : sorted[Math.floor(middle)];
  return { median, min: sorted[0], max: sorted.at(-1)! };
}

/** `0.31 (0.30-0.35)`; a dash where there is nothing. */
export function formatSpread(values: readonly number[], digits: number): string {
  const spread = spreadOf(values);
  if (spread === null) return '-';
  const text = (value: number) =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const { median, min, max } = spread;
  return values.length === 1 ? text(median) : `${text(median)} (${text(min)}-${text(max)})`;
}

/** Of the last minute before anything was measured. */
const [loadBefore] = loadavg();

/**
 * Machine, versions, date: the lines above every benchmark's numbers. `versions`: further programs
 * by name.
 */
export function circumstances(versions: Readonly<Record<string, string>>, repeats: string): string {
  const [first] = cpus();
  const programs = { node: process.versions.node, kbench: kbenchVersion(), ...versions };
  return [
    `machine   ${first?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB memory`,
    // CPU a record grows when others use the cores: a load far above what the benchmark itself
    // makes belongs beside the figures.
    `system    ${type()} ${release()}, load ${loadavg()[0].toFixed(1)} now, ` +
      `${loadBefore.toFixed(1)} at the start`,
    `versions  ${Object.entries(programs)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    `date      ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `repeats   ${repeats}`,
  ].join('\n');
}

/** A table; all columns but the first are numbers, so right-aligned. */
export function benchTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/**
 * From package.json, with the git revision where there is one: figures are worth nothing without
 * it.
 */
export function kbenchVersion(): string {
  const root = new URL('../../', import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    version: string;
  };
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, {
        cwd: root,
        encoding: 'utf8',
        timeout: 5000,
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    const dirty = git('status', '--porcelain') === '' ? '' : '+changes';
    return `${version} (${git('rev-parse', '--short', 'HEAD')}${dirty})`;
  } catch {
    return version;
  }
}
