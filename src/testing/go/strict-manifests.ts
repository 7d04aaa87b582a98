// Kubernetes' own types as judge of manifests: a small Go program, built once into the cache. For
// tests.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../targets/kafka/cache-folder.js';

const SOURCE = fileURLToPath(new URL('manifests', import.meta.url));
const BUILD_MS = 600_000;
const LIMIT_MS = 30_000;

export interface StrictDecoder {
  /** The objects of a stream of YAML documents. Throws with what Kubernetes would refuse. */
  readonly decode: (text: string) => readonly Readonly<Record<string, unknown>>[];
}

/** Or why there is none, in words. */
export function findStrictDecoder(): StrictDecoder | string {
  const edition = createHash('sha256');
  for (const name of ['main.go', 'go.sum']) edition.update(readFileSync(path.join(SOURCE, name)));
  const folder = path.join(cacheFolder(), 'interop', 'manifests');
  const program = path.join(folder, edition.digest('hex').slice(0, 16));
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const built = spawnSync('go', ['build', '-o', program, '.'], {
      ...{ cwd: SOURCE, encoding: 'utf8', timeout: BUILD_MS },
      env: { ...process.env, CGO_ENABLED: '0' },
    });
    if (built.error !== undefined) return `Go is not there: ${built.error.message}`;
    if (built.status !== 0) return `the decoder could not be built: ${built.stderr.slice(-400)}`;
  }
  return {
    decode: (text) => {
      const read = spawnSync(program, { input: text, encoding: 'utf8', timeout: LIMIT_MS });
      if (read.status !== 0) throw new Error(read.stderr || String(read.error));
      const lines = read.stdout.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}
