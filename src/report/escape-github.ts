// A GitHub Actions workflow command (an annotation) of foreign text: one line, nothing in it can start another command.
import { printable } from './format.js';

export interface AnnotationPlace {
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
}

/** GitHub cuts annotations at 4 KiB. */
const MAX_CHARACTERS = 3_000;

/** One line without its newline: `::error title=...::message`. */
export function githubAnnotation(
  level: 'error' | 'warning' | 'notice',
  message: string,
  properties: AnnotationPlace = {},
): string {
  const given = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  const lines = message.split('\n').map((line) => printable(line, MAX_CHARACTERS));
  return `::${level}${given.length === 0 ? '' : ` ${given.join(',')}`}::${escapeData(lines.join('\n').slice(0, MAX_CHARACTERS))}`;
}

/** As actions/toolkit's command.ts. */
const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const escapeProperty = (text: string): string =>
  escapeData(printable(text, 300)).replaceAll(':', '%3A').replaceAll(',', '%2C');
