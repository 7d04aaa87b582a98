// Foreign text (labels, brokers' errors, paths, keys of a YAML) made harmless for a terminal or a
// CI's log: one line, nothing that acts. Called by whatever puts such text into a sentence for
// people; terminal.ts is the last guard behind it.
import { stripVTControlCharacters } from 'node:util';

/**
 * What must never reach a terminal: controls, bidirectional overrides and other format characters,
 * lone surrogates.
 */
const UNPRINTABLE = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}/gu;
const LINE_WHITESPACE = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;

/** One line, no escapes, at most `max` characters. */
export function printable(text: string, max = 300): string {
  const plain = withoutCommands(
    stripVTControlCharacters(text.slice(0, 4 * max))
      .replace(LINE_WHITESPACE, ' ')
      .replace(UNPRINTABLE, ''),
  );
  return plain.length > max ? `${plain.slice(0, max - 1)}…` : plain;
}

/** `::name ...::` at the start of a line, and the older `##[name]` anywhere in one. */
const COMMAND = /::(?=[a-z][a-z-]*(?:\s[^\n]*?)?::)/gi;

/**
 * Text that a runner takes for text: a space breaks what would be a command. Addresses such as
 * `::1` stay.
 */
export function withoutCommands(text: string): string {
  if (!text.includes('::') && !text.includes('##[')) return text;
  return text.replace(COMMAND, ': :').replaceAll('##[', '## [');
}
