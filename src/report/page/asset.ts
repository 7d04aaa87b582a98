// Files that stand beside the code and go into pages: templates, styles, scripts. The build copies
// them into dist (scripts/build-page.mjs). Called by the pages and by template.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { threadEntry } from '../../base/thread-entry.js';

const known = new Map<string, string>();

/**
 * The text of a file in the folder of `from`, the caller's import.meta.url. What only a build makes
 * (client.js) is taken from dist where the sources run as they are.
 */
export function readAsset(from: string, name: string): string {
  const url = new URL(name, from);
  let text = known.get(url.href);
  if (text === undefined) {
    const beside = fileURLToPath(url);
    text = readFileSync(existsSync(beside) ? beside : threadEntry(from, `./${name}`), 'utf8');
    known.set(url.href, text);
  }
  return text;
}
