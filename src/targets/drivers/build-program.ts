// Builds a driver that is no script, once for each state of its sources, into the cache. Called by
// open-driver. Another kbench that builds the same at the same time does no harm: the program
// appears whole, by a rename.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { RunError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { cacheFolder } from '../kafka/cache-folder.js';
import { cacheError } from '../kafka/place-error.js';
import { runToEnd, type Finished } from '../kafka/processes/child-process.js';

const BUILD_MS = 300_000;
const HASH_DIGITS = 16;

export interface Build {
  readonly name: string;
  /** Where its sources lie, and which files they are. */
  readonly folder: string;
  readonly sources: readonly string[];
  /** What decides beside the sources: the version of a library. */
  readonly of: string;
  readonly env: NodeJS.ProcessEnv;
  /** Program and arguments that write to `out`, started in `folder`. */
  command(out: string): readonly [string, readonly string[]];
  /** What it takes, for people. */
  readonly needs: string;
}

/** The program's path. */
export async function builtProgram(build: Build): Promise<string> {
  const { name, folder, sources, env } = build;
  const hash = createHash('sha256').update(build.of);
  for (const source of sources) hash.update(readFileSync(path.join(folder, source)));
  const cache = cacheFolder();
  const file = path.join(
    ...[cache, 'drivers', `${name}-${hash.digest('hex').slice(0, HASH_DIGITS)}`],
  );
  if (existsSync(file)) return file;
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    const [command, args] = build.command(draft);
    const run = await runToEnd(command, args, { timeoutMs: BUILD_MS, cwd: folder, env });
    if (run.code !== 0 || !existsSync(draft)) throw notBuilt(build, command, run);
    renameSync(draft, file);
    return file;
  } catch (error) {
    throw cacheError(cache, error);
  }
}

function notBuilt({ name, needs }: Build, command: string, run: Finished): RunError {
  const said = printable(run.stderr.trim().split('\n').slice(-3).join(' '), 300);
  const why =
    run.startError !== null
      ? `${command} is not there`
      : run.timedOut
        ? `${command} took more than ${BUILD_MS / 60_000} min`
        : `${command} says: ${said}`;
  return new RunError(`driver ${name} cannot be built: ${why}`, `it takes ${needs}`);
}
