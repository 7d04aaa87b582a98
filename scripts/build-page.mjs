// Puts what the pages of src/report are made of beside the compiled code: templates, styles and
// scripts as they are, and the browser's code of report.html (src/report/page/client) bundled.
// Called by build.mjs after the compiler. Bundles only if what goes into the bundle has changed.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

export async function buildPage(root) {
  copyPageFiles(path.join(root, 'src', 'report'), path.join(root, 'dist', 'src', 'report'));
  const source = path.join(root, 'src', 'report', 'page');
  const target = path.join(root, 'dist', 'src', 'report', 'page');
  const [script, stamp] = ['client.js', 'client.sha256'].map((name) => path.join(target, name));
  const hash = fingerprint(root);
  const built = existsSync(script) && existsSync(stamp);
  if (built && readFileSync(stamp, 'utf8') === hash) return;
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: path.join(source, 'client', 'main.ts'),
    platform: 'browser',
    tsconfig: false,
    // Of the report's own code only what a browser can run may stay; format.ts also serves
    // terminals.
    external: /^node:/,
    treeshake: { moduleSideEffects: (id) => (id.startsWith('node:') ? false : undefined) },
    transform: { define: { 'process.env.NODE_ENV': '"production"' }, target: 'es2022' },
  });
  const { output } = await bundle.generate({
    format: 'esm',
    minify: true,
    comments: { legal: false },
  });
  await bundle.close();
  const code = output[0].code.trim();
  if (output.length > 1 || /["']node:|\bimport\b\s*["'{(]/.test(code)) {
    throw new Error("the page's script imports what no browser has");
  }
  mkdirSync(target, { recursive: true });
  const license = `/* Contains Apache ECharts, Copyright 2017 The Apache Software Foundation
(https://www.apache.org/), under the Apache License 2.0
(https://www.apache.org/licenses/LICENSE-2.0); ZRender, Copyright (c) Baidu Inc., under the BSD
3-Clause License; tslib, Copyright (c) Microsoft Corporation, under the 0BSD License. The rest is
kbench, under the Apache License 2.0. */`;
  const whole = `${license}\n(() => {'use strict';${code}\n})();\n`;
  // Neither may end or comment out the element that it stands in.
  writeFileSync(script, whole.replace(/<\/(?=script|style)/gi, '<\\/').replace(/<!--/g, '<\\!--'));
  writeFileSync(stamp, hash);
}

/** Templates, styles and scripts that stand beside the code. */
function copyPageFiles(source, target) {
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(?:html|css|js)$/.test(name)) continue;
    const copy = path.join(target, name);
    mkdirSync(path.dirname(copy), { recursive: true });
    copyFileSync(path.join(source, name), copy);
  }
}

function fingerprint(root) {
  const report = path.join(root, 'src', 'report');
  const sources = readdirSync(report, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .sort()
    .map((name) => path.join(report, name));
  const hash = createHash('sha256');
  for (const file of [
    ...sources,
    path.join(root, 'package-lock.json'),
    path.join(root, 'scripts', 'build-page.mjs'),
  ]) {
    hash.update(`${path.relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}
