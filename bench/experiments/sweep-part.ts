// A part that is a sweep: `kbench run` on bench-configs/experiments/NAME.yaml in a process of its
// own, as a user would, then tables out of what it saved. Ends it by a time limit.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, RunError, StoppedError } from '../../src/base/errors.js';
import { loadSweep } from '../../src/plan/load-sweep.js';
import { estimatePlan } from '../../src/plan/text/estimate.js';
import type { Part, PartContext } from './experiment.js';
import { loadNow, sweepCircumstances } from './circumstances.js';
import { markdownTable } from './page-figures.js';
import { readSweep, type PointResults, type SweepResults } from './sweep-results.js';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = path.join(ROOT, 'dist/src/main.js');
/** After SIGTERM: kbench saves and ends within 5 s. */
const GRACE_MS = 20_000;

/** A column of a table with a row for each point. */
export interface Column {
  readonly head: string;
  readonly cell: (point: PointResults) => string;
}

export interface SweepTables {
  /** Of bench-configs/experiments/. */
  readonly name: string;
  readonly title?: string;
  /** What a row is called. */
  readonly row: { readonly head: string; readonly name: (point: PointResults) => string };
  readonly columns: readonly Column[];
  /** Below the table: further tables, ratios. */
  readonly more?: (results: SweepResults) => string;
}

/** A part whose figures can be drawn from results that are there. */
export interface SweepPart extends Part {
  draw(results: SweepResults, loadBefore: number): string;
}

export function sweepPart(tables: SweepTables): SweepPart {
  const file = path.join('bench-configs/experiments', `${tables.name}.yaml`);
  const draw = (results: SweepResults, loadBefore: number): string =>
    [
      sweepCircumstances(results, loadBefore),
      pointTable(results, tables),
      ...(tables.more === undefined ? [] : [tables.more(results)]),
    ].join('\n\n');
  return {
    title: tables.title ?? file,
    draw,
    async estimate(repeats) {
      const overrides = repeats === null ? [] : [`repeats=${repeats}`];
      const { plan, target } = await loadSweep(path.join(ROOT, file), { overrides });
      return estimatePlan(plan, target).seconds;
    },
    async measure(context) {
      const loadBefore = loadNow();
      const results = readSweep(await runSweep(file, context));
      // Without a run that counts the rows are dashes, and the line above says why.
      if (results.made === 0)
        throw new RunError(`${file}: no run was made`, `see its report in ${context.out}`);
      return draw(results, loadBefore);
    },
  };
}

function pointTable({ points }: SweepResults, { row, columns }: SweepTables): string {
  return markdownTable(
    [row.head, ...columns.map(({ head }) => head)],
    points.map((point) => [row.name(point), ...columns.map(({ cell }) => cell(point))]),
  );
}

/** The folder of its results. */
async function runSweep(file: string, { repeats, out, signal }: PartContext): Promise<string> {
  const further = repeats === null ? [] : ['--set', `repeats=${repeats}`];
  const { name } = path.parse(file);
  const args = [MAIN, 'run', file, '--out', out, ...further];
  const code = await ended(args, signal);
  signal.throwIfAborted();
  if (code === EXIT.stopped) throw new StoppedError(`stopped: ${file}`);
  // A gate or an audit that failed is a result; so are runs of which some could not be made.
  if (code !== EXIT.ok && code !== EXIT.gateFailed)
    throw new RunError(
      `${file} ended with exit code ${code ?? 'none'}`,
      `see the results in ${out}`,
    );
  return path.join(out, name);
}

function ended(args: readonly string[], signal: AbortSignal): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
      // Ctrl-C reaches this process alone, which passes it on: a second signal would end kbench at
      // once.
      detached: true,
    });
    const timers: NodeJS.Timeout[] = [];
    const end = (): void => {
      child.kill('SIGTERM');
      timers.push(setTimeout(() => child.kill('SIGKILL'), GRACE_MS));
    };
    signal.addEventListener('abort', end, { once: true });
    const over = (): void => {
      signal.removeEventListener('abort', end);
      for (const timer of timers) clearTimeout(timer);
    };
    child.once('error', (error) => {
      over();
      reject(new RunError(`kbench could not be started: ${error.message}`));
    });
    child.once('exit', (code) => {
      over();
      resolve(code);
    });
  });
}

/** Of a point's swept settings; a dash where it has none of that name. */
export const setting =
  (name: string) =>
  ({ point }: PointResults): string =>
    name in point.config ? String(point.config[name]) : '-';
