// `kbench run --hold`: for a coordinator in a pod, whose disk goes with it. Tells how the sweep
// ended, prints its summary as the last line of the log, and stays until the results were copied.
// Called by run-sweep.
import { statSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError, KbenchError, type ExitCode } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { productToStdout } from '../../base/terminal.js';
import { sleep } from '../../base/time-limit.js';
import { parseMs } from '../../base/units.js';
import type { Report } from '../../report/model/report-model.js';
import { harmlessJson } from '../../report/text/escape-controls.js';
import { printError } from '../print-error.js';

/** Whoever has copied the results makes it, in the folder of --out. */
const DONE_FILE = 'done';
const LOOK_MS = 250;
/** A container's two streams reach its log by two ways: what stderr was told is there by then. */
const SETTLE_MS = 1_000;
const MOST_MS = 24 * 3_600_000;

export function readHold(text: string | undefined): number | null {
  if (text === undefined) return null;
  const parsed = parseMs(text, 'unit-required');
  if (parsed.ok && parsed.value >= 0 && parsed.value <= MOST_MS) return parsed.value;
  throw new ConfigurationError(`--hold ${text} is no time up to 24 h`, 'write e.g. --hold 10m');
}

export interface HandOver {
  readonly holdMs: number;
  /** The folder of --out. */
  readonly out: string;
  readonly report: Report;
  readonly stop: AbortSignal;
}

/** Resolves with the exit code of `conclude`, whose errors are told as the command line does. */
export async function handOver(
  { holdMs, out, report, stop }: HandOver,
  conclude: () => ExitCode,
): Promise<ExitCode> {
  const sinceMs = Date.now();
  const code = concluded(conclude);
  await sleep(SETTLE_MS, stop).catch(() => undefined);
  const done = path.join(out, DONE_FILE);
  if (holdMs > 0 && !stop.aborted) {
    const limit = `${Math.ceil(holdMs / 1000)} s`;
    productToStdout(`staying for ${limit}, or until there is a file ${printable(done)}\n`);
  }
  productToStdout(`${harmlessJson(report.summary)}\n`);
  const endMs = performance.now() + holdMs;
  while (performance.now() < endMs && !stop.aborted && !madeSince(done, sinceMs))
    await sleep(Math.min(LOOK_MS, endMs - performance.now()), stop).catch(() => undefined);
  return code;
}

function concluded(conclude: () => ExitCode): ExitCode {
  try {
    return conclude();
  } catch (error) {
    if (!(error instanceof KbenchError)) throw error;
    return printError(error);
  }
}

/** One that an earlier sweep left on the same volume does not count. */
function madeSince(file: string, sinceMs: number): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found !== undefined && found.ctimeMs >= sinceMs - 1;
}
