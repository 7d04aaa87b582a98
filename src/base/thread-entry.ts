// Where a worker thread's compiled entry lies. Under vitest the sources run as .ts, but threads
// need JavaScript: they take the build's (`npm test` builds first).
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of a thread's entry. `from`: the caller's import.meta.url; `entry`: e.g. './worker.js'. */
export function threadEntry(from: string, entry: string): string {
  const beside = fileURLToPath(new URL(entry, from));
  if (!from.endsWith('.ts')) return beside;
  const built = beside.replace(/([\\/])src\1/, '$1dist$1src$1');
  if (!existsSync(built)) throw new Error(`${built} is missing: run \`npm run build\` first`);
  return built;
}
