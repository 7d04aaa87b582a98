// Pages from templates: an .html file beside the code holds parts, each in an element
// `<template id="name">`, and a part is filled in by name. Called by every page that kbench writes.
// `{{name}}` takes text and escapes it; `{{{name}}}` takes markup, which only a filled part is, or
// what `markup` vouches for: so nothing foreign can get into a page unescaped.
import { printable } from '../../base/printable.js';
import { escapeHtml } from '../text/escape-html.js';
import { readAsset } from './asset.js';

/** Text that may stand in a page as it is. */
export class Markup {
  constructor(readonly text: string) {}
}

/** Vouches for `text`: nothing foreign is in it, or what is has been escaped. */
export const markup = (text: string): Markup => new Markup(text);

/** Nothing at all. */
export const NOTHING = markup('');

export const joined = (parts: readonly Markup[], between = ''): Markup =>
  markup(parts.map(({ text }) => text).join(between));

/** One line of foreign text, without what acts on a reader's screen. */
export const line = (text: string, max = 500): string => printable(text, max);

/** What stands for the names of a part: text or a number for two braces, markup for three. */
export type Values = Readonly<Record<string, string | number | Markup>>;

export type Fill = (part: string, values?: Values) => Markup;

/** A stretch of a part: text as written, and the name that stands behind it. */
interface Stretch {
  readonly before: string;
  readonly name: string | null;
  readonly raw: boolean;
}

const PART = /^<template id="([\w-]+)">\n([^]*?)\n<\/template>$/gm;
const NAME = /\{\{\{(\w+)\}\}\}|\{\{(\w+)\}\}/g;

/** Fills parts of the template file `name` beside `from`, the caller's import.meta.url. */
export function templates(from: string, name: string): Fill {
  let parts: ReadonlyMap<string, readonly Stretch[]> | null = null;
  return (part, values = {}) => {
    parts ??= parse(readAsset(from, name));
    const stretches = parts.get(part);
    if (stretches === undefined) throw new Error(`${name} has no part ${part}`);
    return fill(stretches, values, `${name}, part ${part}`);
  };
}

export function parse(file: string): ReadonlyMap<string, readonly Stretch[]> {
  return new Map([...file.matchAll(PART)].map(([, id, text]) => [id, stretchesOf(text)]));
}

function stretchesOf(text: string): Stretch[] {
  let end = 0;
  const stretches = [...text.matchAll(NAME)].map((found): Stretch => {
    const before = text.slice(end, found.index);
    end = found.index + found[0].length;
    return { before, name: found[1] ?? found[2], raw: found[1] !== undefined };
  });
  return [...stretches, { before: text.slice(end), name: null, raw: false }];
}

/** One pass: braces within a value stay what they are. */
export function fill(stretches: readonly Stretch[], values: Values, where: string): Markup {
  const unused = new Set(Object.keys(values));
  let filled = '';
  for (const { before, name, raw } of stretches) {
    filled += before;
    if (name === null) continue;
    unused.delete(name);
    filled += textOf(Object.hasOwn(values, name) ? values[name] : undefined, raw, name, where);
  }
  if (unused.size > 0) throw new Error(`${where}: nothing is called ${[...unused].join(', ')}`);
  return markup(filled);
}

function textOf(value: Values[string] | undefined, raw: boolean, name: string, where: string) {
  if (value === undefined) throw new Error(`${where}: {{${name}}} is not given`);
  if (raw !== value instanceof Markup) {
    throw new Error(`${where}: ${raw ? `{{{${name}}}} takes markup` : `{{${name}}} takes text`}`);
  }
  return value instanceof Markup ? value.text : escapeHtml(String(value));
}
