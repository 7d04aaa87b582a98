// The library for `require('kbench/producer-core')`: the same modules (Node loads them as they
// are), and their types once more as CommonJS's, without which TypeScript refuses the import under
// moduleResolution node16. Called by build.mjs after tsc.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** @param {string} root */
export function buildCommonJs(root) {
  const from = path.join(root, 'dist', 'src');
  const to = path.join(root, 'dist', 'src', 'commonjs');
  rmSync(to, { recursive: true, force: true });
  mkdirSync(path.join(to, 'producer-core'), { recursive: true });
  writeFileSync(path.join(to, 'package.json'), '{ "type": "commonjs" }\n');
  writeFileSync(
    path.join(to, 'producer-core', 'index.js'),
    "module.exports = require('../../producer-core/index.js');\n",
  );
  const copied = new Set();
  const copy = (/** @type {string} */ file) => {
    if (copied.has(file)) return;
    copied.add(file);
    const text = readFileSync(path.join(from, file), 'utf8');
    mkdirSync(path.dirname(path.join(to, file)), { recursive: true });
    copyFileSync(path.join(from, file), path.join(to, file));
    for (const [, specifier] of text.matchAll(
      /(?:from|import\() ?['"](\.{1,2}\/[^'"]+)\.js['"]/g,
    )) {
      copy(path.join(path.dirname(file), `${specifier}.d.ts`));
    }
  };
  copy('producer-core/index.d.ts');
}
