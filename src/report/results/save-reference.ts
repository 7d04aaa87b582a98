// A slim copy of a results folder, for committing: what comparisons need, a few KB a run. Called by
// `kbench reference`. Reads like every report; writes into a folder beside the target first, so
// that a reference is whole or not there.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeWholeSync } from '../../base/files/durable-file.js';
import { writeFolderSync } from '../../base/files/durable-folder.js';
import { ConfigurationError, RunError } from '../../base/errors.js';
import { fileReason } from '../../base/files/file-error.js';
import type { RunResult } from '../../contract/run-result.js';
import { printable } from '../text/format.js';
import { readResultsWithoutIntervals } from './read-results.js';
import { withoutHistograms } from './without-histograms.js';

export interface ReferenceOptions {
  /** Null: the sweep's. */
  readonly name: string | null;
  readonly to: string;
  readonly histograms: boolean;
  readonly force: boolean;
}

const COPIED = ['sweep.yaml', 'environment.json', 'invocation.json'] as const;
const NAME = /^[A-Za-z0-9][\w.-]{0,99}$/;

/**
 * Throws ConfigurationError where the source cannot be read or the reference is there already,
 * RunError where it cannot be written.
 */
export function saveReference(
  source: string,
  { name, to, histograms, force }: ReferenceOptions,
): { dir: string; runs: number; bytes: number } {
  const results = readResultsWithoutIntervals(source);
  const chosen = name ?? results.name;
  if (!NAME.test(chosen)) {
    throw new ConfigurationError(
      `${printable(chosen, 60)} cannot be the name of a reference`,
      'Letters, digits, dot, dash and underscore: kbench reference DIR NAME',
    );
  }
  if (results.runs.length === 0) {
    throw new ConfigurationError(
      `${printable(results.dir)} holds no runs`,
      'Run the sweep first: `kbench run`.',
    );
  }
  const dir = path.join(to, chosen);
  if (existsSync(dir) && !force) {
    throw new ConfigurationError(
      `${printable(dir)} is there already`,
      'Take another name, or replace it with --force.',
    );
  }
  if (existsSync(dir) && !existsSync(path.join(dir, 'plan.json'))) {
    throw new ConfigurationError(
      `${printable(dir)} is no results folder, so it is not replaced`,
      'Take another name.',
    );
  }
  const plan = { ...results.plan, hashes: undefined };
  try {
    const bytes = writeFolderSync(dir, (draft) =>
      writeSlim(draft, results.dir, plan, results.runs, histograms),
    );
    return { dir, runs: results.runs.length, bytes };
  } catch (error) {
    throw new RunError(
      `cannot write ${printable(dir)}: ${fileReason(error).what}`,
      'Name another folder: --to',
      {
        cause: error,
      },
    );
  }
}

function writeSlim(
  draft: string,
  source: string,
  plan: object,
  runs: readonly RunResult[],
  histograms: boolean,
): number {
  let bytes = 0;
  const put = (name: string, content: Buffer): void => {
    bytes += content.byteLength;
    writeWholeSync(path.join(draft, name), content);
  };
  const write = (name: string, value: unknown): void =>
    put(name, Buffer.from(`${JSON.stringify(value)}\n`));
  for (const name of COPIED) {
    const from = path.join(source, name);
    if (existsSync(from)) put(name, readFileSync(from));
  }
  write('plan.json', plan);
  mkdirSync(path.join(draft, 'runs'));
  for (const run of runs)
    write(path.join('runs', `${run.run}.json`), histograms ? run : withoutHistograms(run));
  return bytes;
}
