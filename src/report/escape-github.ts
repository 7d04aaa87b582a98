// GitHub Actions' workflow commands (`::error title=...::message`): one line each, with foreign text escaped so that it can neither end the
// command nor start another. Escapes as actions/toolkit's command.ts: % CR LF in messages, `:` and `,` too in properties.
import { printable } from './format.js';

const MAX_CHARACTERS = 4_000;

export function githubAnnotation(
  level: 'error' | 'warning' | 'notice',
  message: string,
  properties: { readonly title?: string; readonly file?: string; readonly line?: number } = {},
): string {
  const told = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${level}${told.length === 0 ? '' : ` ${told.join(',')}`}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  // Terminal escapes would reach whoever reads the log.
  const lines = text.split(/\r\n|\r|\n/).map((line) => printable(line, MAX_CHARACTERS));
  return lines.join('\n').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
