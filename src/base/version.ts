// kbench's own version, from package.json. Called by main (--version) and by sweep
// (environment.json).
import { readFileSync } from 'node:fs';

/** Found from src/ (tests) as from dist/src/ (the build and the package). */
export function kbenchVersion(): string {
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const read: unknown = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'));
      const { name, version } = read as { name?: unknown; version?: unknown };
      if (name === 'kbench' && typeof version === 'string') return version;
    } catch {
      // Not here: one folder up.
    }
  }
  return 'unknown';
}
