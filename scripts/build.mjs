// Compiles src/, bench/ and drivers/ into dist/ (git-ignored). `npm ci` runs it (prepare), so `npx
// kbench` works in a fresh clone. Incremental: an unchanged tree costs about a second.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { buildCommonJs } from './build-commonjs.mjs';
import { buildPage } from './build-page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const main = path.join(root, 'dist', 'src', 'main.js');
// A build record without its output would make tsc believe that there is nothing to do.
if (!existsSync(main)) rmSync(path.join(root, 'dist'), { recursive: true, force: true });
const run = spawnSync(process.execPath, [tsc, '-p', path.join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
  timeout: 300_000,
});
if (run.status !== 0) process.exit(run.status ?? 1);
chmodSync(main, 0o755);
buildCommonJs(root);
await buildPage(root);
