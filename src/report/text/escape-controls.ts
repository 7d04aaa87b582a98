// Foreign text for formats that carry it whole: nothing in it acts on a terminal, on a CI runner,
// or on the format's lines. Controls become their pictures (ESC is shown as U+241B), so that a
// reader sees what was there. Called by formats/.
import { withoutCommands } from '../../base/printable.js';

/**
 * Characters that end a line somewhere, or act: controls, bidirectional overrides and other format
 * characters, lone surrogates.
 */
const ACTING = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}/gu;

/**
 * One line of the same text. Zero-width joiners stay: they make letters and emoji, and do nothing.
 */
export function plainLine(text: string): string {
  return withoutCommands(text.replace(ACTING, picture));
}

function picture(character: string): string {
  if (character === '\u200d' || character === '\u200c') return character;
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return code === 0x2028 || code === 0x2029 || code === 0x85 ? '\u2424' : '\ufffd';
}

/** What JSON would carry as it is although it acts on a terminal or a runner. */
const RAW_IN_JSON = new RegExp(
  [
    /[\u007f-\u009f\u00ad\u061c\u180e]/,
    /[\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/,
    /##\[/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/**
 * JSON that reads back to the same value and is harmless where it is printed. Strings are all it
 * has to look at: nothing else holds these.
 */
export function harmlessJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(RAW_IN_JSON, (found) =>
    found === '##[' ? '##\\u005b' : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
