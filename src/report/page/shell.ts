// The frame of report.html: one self-contained file that opens from disk and runs nothing but what
// stands in it. The policy names each script and style by its hash, so that nothing smuggled into
// the text can run, and allows no request at all. Called by report-page; the markup is shell.html.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { readAsset } from './asset.js';
import { joined, markup, NOTHING, templates, type Markup } from './template.js';

export interface HtmlPage {
  /** Plain text. */
  readonly title: string;
  readonly body: Markup;
  /** JSON for the script, by element id; as text, or packed (gzip, base64) where it is long. */
  readonly data?: Readonly<Record<string, string>>;
  /** A classic script, run at the end of the body. */
  readonly script?: string;
}

/** Shorter data stays legible in the file. */
const PACK_ABOVE_CHARACTERS = 64 * 1024;

const fill = templates(import.meta.url, 'shell.html');

export function htmlPage({ title, body, data = {}, script = '' }: HtmlPage): string {
  const style = readAsset(import.meta.url, 'page.css');
  // Sets the theme before anything is painted, and on the button; a choice is kept per browser
  // where it allows that.
  const theme = readAsset(import.meta.url, 'theme.js').trimEnd();
  const scripts = [theme, ...(script === '' ? [] : [script])];
  for (const text of [style, ...scripts]) {
    if (/<\/(script|style)|<!--/i.test(text)) {
      throw new Error('a script or style would end its own element');
    }
  }
  return fill('page', {
    policy: markup(policyOf(style, scripts)),
    title,
    style: markup(style),
    theme: markup(theme),
    body,
    data: joined(Object.entries(data).map(dataBlock), '\n'),
    script: script === '' ? NOTHING : fill('script', { script: markup(script) }),
  }).text;
}

function policyOf(style: string, scripts: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src ${scripts.map(hashOf).join(' ')}`,
    `style-src ${hashOf(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function dataBlock([id, json]: readonly [string, string]): Markup {
  if (json.length > PACK_ABOVE_CHARACTERS) {
    return fill('packed-data', { id, base64: gzipSync(json).toString('base64') });
  }
  // JSON may hold these only within strings, where the escape means the same.
  const safe = json
    .replace(/</g, '\\u003c')
    .replace(/>/g, '\\u003e')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
  return fill('data', { id, json: markup(safe) });
}

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
