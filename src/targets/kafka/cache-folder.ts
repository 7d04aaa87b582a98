// Where kbench keeps what outlives a run: Kafka's jars and the registry of runs under way.
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * KBENCH_CACHE, else kbench/ in the user's cache folder (XDG_CACHE_HOME or ~/.cache). Absolute; may
 * not exist yet.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env['KBENCH_CACHE']) return path.resolve(env['KBENCH_CACHE']);
  // The XDG specification: a relative path is to be ignored.
  const xdg = env['XDG_CACHE_HOME'];
  return path.join(xdg && path.isAbsolute(xdg) ? xdg : path.join(homedir(), '.cache'), 'kbench');
}
