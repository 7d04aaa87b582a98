// Foreign text made harmless in GitHub Markdown: no markup, no HTML, no new lines, no way out of a
// table cell or a fenced block.
import { printable } from './format.js';

/** For running text and table cells. */
export function escapeMarkdown(text: string, max = 300): string {
  return printable(text, max)
    .replace(/[\\`*_[\]|~$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/^(\d+)([.)])(?= |$)/, '$1\\$2')
    .replace(/^(?=[-+#=][-+#= ])/, '\\')
    .replaceAll('://', ':&#8203;//') // no links by themselves
    .replaceAll('www.', 'www&#8203;.')
    .replace(/(?<!\w)@(?=\w)/g, '@&#8203;'); // and nobody is mentioned
}

/**
 * Our own sentences: foreign parts in them are printable already; only what could start markup is
 * escaped, commands stay code.
 */
export function escapeSentence(text: string): string {
  return text
    .split(/(`kbench [^`|<>&]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : escapeMarkdown(part, part.length)))
    .join('');
}

/**
 * A block shown as it is: the fence is longer than any run of backticks within, and controls other
 * than tabs are gone.
 */
export function fenced(content: string, language: string): string {
  const lines = content
    .replace(/\r\n?/g, '\n')
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => printableLine(line));
  const longest = Math.max(0, ...(lines.join('\n').match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return [fence + language, ...lines, fence].join('\n');
}

function printableLine(line: string): string {
  return line
    .split('\t')
    .map((part) => printable(part, Math.max(1, part.length)))
    .join('\t');
}
