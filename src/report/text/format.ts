// How numbers, sizes, settings and foreign text are written for people. Every renderer takes its
// words from here, so that a figure reads alike in the terminal and in Markdown. Nothing here knows
// a results folder.
import { stripVTControlCharacters } from 'node:util';
import type { Scalar } from '../../contract/settings.js';
import { printable } from '../../base/printable.js';

/** For whoever takes its words from here. */
export { printable };

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 });

const WIDE = new RegExp(
  [
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff]/u,
    /[\ufe30-\ufe6f\uff00-\uff60\u{20000}-\u{3fffd}]/u,
    /\p{Extended_Pictographic}/u,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gu',
);

/** Columns that `text` takes in a terminal, escapes not counted. */
export function displayWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  const plain = stripVTControlCharacters(text);
  return Array.from(plain).length + (plain.match(WIDE)?.length ?? 0);
}

/**
 * Three or four significant digits, thousands separated: 1,234,567 / 421 / 42.1 / 4.21 / 0.421 /
 * 0.042.
 */
export function significant(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return whole.format(value);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.9995) return value.toFixed(2);
  if (size >= 0.0995) return value.toFixed(3);
  return size < 0.0005 ? value.toPrecision(1) : value.toFixed(4).replace(/0$/, '');
}

/** Short form for ranges: 812k, 1.23M. */
export function compact(value: number): string {
  const size = Math.abs(value);
  if (size >= 999_500)
    return `${(value / 1e6).toFixed(size >= 99.5e6 ? 0 : size >= 9.95e6 ? 1 : 2)}M`;
  if (size >= 9_950) return `${(value / 1e3).toFixed(size >= 99_500 ? 0 : 1)}k`;
  return significant(value);
}

/**
 * `16 KiB`, `1.5 KiB`, `1,000 B`: the largest unit that shows the value exactly with at most one
 * decimal.
 */
export function bytes(value: number): string {
  const units = ['GiB', 'MiB', 'KiB'] as const;
  for (const [index, unit] of units.entries()) {
    const size = 1024 ** (units.length - index);
    if (Math.abs(value) >= size && Number.isInteger((value / size) * 10))
      return `${grouped.format(value / size)} ${unit}`;
  }
  return `${grouped.format(value)} B`;
}

/** `5 ms`, `0.5 ms`, `1.5 s`, `120 s`. */
export function duration(ms: number): string {
  if (Math.abs(ms) >= 1000 && ms % 100 === 0) return `${grouped.format(ms / 1000)} s`;
  return `${grouped.format(ms)} ms`;
}

/** A percentage with a sensible number of digits: `0.42 %`, `8.2 %`, `41 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value >= 9.95) return `${whole.format(value)} %`;
  return `${value.toFixed(value >= 0.995 ? 1 : 2)} %`;
}

/**
 * A setting's value in human units, judged by its name's ending: Java's settings and kbench's own
 * carry their unit there.
 */
export function settingValue(name: string, value: Scalar): string {
  if (typeof value !== 'number') return printable(String(value), 60);
  const last = name.slice(name.lastIndexOf('.') + 1);
  if (last === 'ms' || /Ms$/.test(last) || last === 'duration') return duration(value);
  if (/^(bytes|memory|size)$/.test(last) || /Bytes$/.test(last)) return bytes(value);
  if (last === 'rate') return `${grouped.format(value)}/s`;
  return grouped.format(value);
}

/** `1 run`, `2 runs`. */
export function plural(count: number, noun: string): string {
  return `${whole.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first `limit` items, then how many are left out. */
export function listed(items: readonly string[], limit = 8): string {
  if (items.length <= limit) return items.join(', ');
  return `${items.slice(0, limit).join(', ')} and ${whole.format(items.length - limit)} more`;
}

/** Breaks `text` at spaces so that no line passes `width`, unless a single word does. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > width - (lines.length > 0 ? indent.length : 0)) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  lines.push(line);
  return lines.map((each, index) => (index === 0 ? each : indent + each)).join('\n');
}
