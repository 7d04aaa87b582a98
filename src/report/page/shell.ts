// The frame of every HTML page that kbench writes: one self-contained file that opens from disk and runs nothing but what stands in it. The
// policy names each script and style by its hash, so that nothing smuggled into the text can run, and allows no request at all. Called by
// report-page, and by the pages of comparison and history. Body text must come in escaped (escapeHtml).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { threadEntry } from '../../base/thread-entry.js';
import { escapeHtml } from '../escape-html.js';

export interface HtmlPage {
  /** Plain text. */
  readonly title: string;
  /** Markup, everything foreign in it escaped. */
  readonly bodyHtml: string;
  /** JSON for the script, by element id; as text, or packed (gzip, base64) where it is long. */
  readonly data?: Readonly<Record<string, string>>;
  /** A classic script, run at the end of the body. */
  readonly script?: string;
}

/** Shorter data stays legible in the file. */
const PACK_ABOVE_CHARACTERS = 64 * 1024;

/** Sets the theme before anything is painted, and on the button; a choice is kept per browser where it allows that. */
const THEME_SCRIPT = `(() => {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const read = () => { try { return localStorage.getItem('kbench-theme'); } catch { return null; } };
  const set = (theme) => { root.dataset.theme = theme; document.dispatchEvent(new Event('kbench-theme')); };
  let chosen = read();
  set(chosen === 'dark' || chosen === 'light' ? chosen : dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', () => { if (chosen === null) set(dark.matches ? 'dark' : 'light'); });
  document.addEventListener('click', ({ target }) => {
    if (!(target instanceof Element) || target.closest('#theme') === null) return;
    chosen = root.dataset.theme === 'dark' ? 'light' : 'dark';
    try { localStorage.setItem('kbench-theme', chosen); } catch { /* a page without storage */ }
    set(chosen);
  });
})();`;

export function htmlPage({ title, bodyHtml, data = {}, script = '' }: HtmlPage): string {
  const style = readAsset('page.css');
  const scripts = [THEME_SCRIPT, ...(script === '' ? [] : [script])];
  for (const text of [style, ...scripts]) {
    if (/<\/(script|style)|<!--/i.test(text)) throw new Error('a script or style would end its own element');
  }
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map(hashOf).join(' ')}`,
    `style-src ${hashOf(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="kbench">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
<script>${THEME_SCRIPT}</script>
</head>
<body>
${bodyHtml}
${Object.entries(data).map(dataBlock).join('\n')}
${script === '' ? '' : `<script>${script}</script>`}
</body>
</html>
`;
}

function dataBlock([id, json]: readonly [string, string]): string {
  if (json.length > PACK_ABOVE_CHARACTERS) {
    return `<script type="text/plain" id="${escapeHtml(id)}" data-packed="gzip">${gzipSync(json).toString('base64')}</script>`;
  }
  // JSON may hold these only within strings, where the escape means the same.
  const safe = json
    .replace(/</g, '\\u003c')
    .replace(/>/g, '\\u003e')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
  return `<script type="application/json" id="${escapeHtml(id)}">${safe}</script>`;
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const assets = new Map<string, string>();

/** A file that the build puts beside this one's compiled form. */
export function readAsset(name: string): string {
  let text = assets.get(name);
  if (text === undefined) {
    text = readFileSync(threadEntry(import.meta.url, `./${name}`), 'utf8');
    assets.set(name, text);
  }
  return text;
}
