// The secrets that this thread knows, and texts without them. Secrets are noted where they come to
// be known: references when they are resolved, tokens when they arrive, literals when they are
// refused. Foreign text passes `withoutSecrets` where it enters; the doors (terminal.ts,
// durable-file.ts) pass whole texts through `withoutSureSecrets` once more. Must never give a
// secret out.
import path from 'node:path';
import { findSecrets, type Needle } from './secret-finder.js';

/** As Java's Password prints. */
export const HIDDEN = '[hidden]';

/** Shorter ones are found where they stand alone; anything else would blot every text. */
const SHORT_BYTES = 4;
/** From here on a secret is sure to be none of our own words, if it does not look like one. */
const SURE_CHARACTERS = 8;
/**
 * What our own texts are made of: words, dotted names, figures and times. A password like these is
 * hidden in foreign text alone.
 */
const LIKE_OURS = /^(?:[A-Za-z]{1,24}|[a-z]+(?:\.[a-z]+)*|[\d.,:+\-TZ]+)$/;
/**
 * Of a secret this long (keys, tokens) any piece of PIECE_CHARACTERS is secret by itself: it may be
 * quoted in part.
 */
const LONG_CHARACTERS = 32;
const PIECE_CHARACTERS = 12;

interface Known {
  readonly needles: readonly Needle[];
  readonly sure: boolean;
}

const known = new Map<string, Known>();
let all: readonly Needle[] = [];
let sure: readonly Needle[] = [];

/**
 * From now on the text is a secret of this thread. Space around it does not count, nor do the frame
 * and lines of a PEM.
 */
export function noteSecret(secret: string): void {
  for (const text of [secret.trim(), ...bodiesOfPem(secret)]) {
    if (text === '' || known.has(text)) continue;
    known.set(text, { needles: needlesOf(text), sure: isSure(text) });
  }
  all = [...known.values()].flatMap(({ needles }) => needles);
  sure = [...known.values()].flatMap((each) => (each.sure ? each.needles : []));
}

/** For tests: a thread has its secrets for life. */
export function forgetSecrets(): void {
  known.clear();
  all = sure = [];
}

/** Foreign text (brokers' and endpoints' words) without any secret, in whatever encoding. */
export function withoutSecrets(text: string): string {
  // A broker that refuses every batch says the same each time.
  if (last === null || last.text !== text || last.needles !== all)
    last = { text, needles: all, result: hide(text, all) };
  return last.result;
}

let last: {
  readonly text: string;
  readonly needles: readonly Needle[];
  readonly result: string;
} | null = null;

/**
 * Whole texts, our own words among them: without those secrets that cannot be mistaken for a word
 * or a figure of ours.
 */
export const withoutSureSecrets = (text: string): string => hide(text, sure);

/**
 * As `withoutSureSecrets`, in every string of plain data; figures, keys and typed arrays are left
 * alone.
 */
export function dataWithoutSecrets<T>(data: T): T {
  if (sure.length === 0) return data;
  return mapStrings(data, withoutSureSecrets) as T;
}

/**
 * The text of a file of results or a report, at its door. JSON stays JSON: its strings are looked
 * at one by one, and those that name things are left. Other files are kept as they are: what the
 * user wrote (YAML), and what kbench must read again to the byte (locks).
 */
export function fileWithoutSecrets(file: string, text: string): string {
  const kind = path.extname(file);
  if (sure.length === 0 || !RESULTS.has(kind)) return text;
  const hidden = withoutSureSecrets(text);
  if (hidden === text || kind !== '.json') return hidden;
  try {
    return `${JSON.stringify(mapStrings(JSON.parse(text), withoutSureSecrets), null, 2)}\n`;
  } catch {
    return hidden;
  }
}

const RESULTS = new Set(['.json', '.md', '.html', '.csv', '.txt', '.xml', '.svg']);

/** Names that readers of a file depend on: kbench's own or the user's, never a stranger's. */
const NAMING_KEYS = new Set([
  'schema',
  'name',
  'topic',
  'run',
  'point',
  'file',
  'bootstrap',
  'startedAt',
  'endedAt',
]);

function mapStrings(data: unknown, change: (text: string) => string): unknown {
  if (typeof data === 'string') return change(data);
  if (Array.isArray(data)) return data.map((item) => mapStrings(item, change));
  if (typeof data !== 'object' || data === null || Object.getPrototypeOf(data) !== Object.prototype)
    return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      NAMING_KEYS.has(key) ? value : mapStrings(value, change),
    ]),
  );
}

function hide(text: string, needles: readonly Needle[]): string {
  const spans = findSecrets(text, needles);
  if (spans.length === 0) return text;
  let result = '';
  let at = 0;
  for (const [from, to] of spans) {
    result += text.slice(at, from) + HIDDEN;
    at = to;
  }
  return result + text.slice(at);
}

function isSure(text: string): boolean {
  return text.length >= SURE_CHARACTERS && !LIKE_OURS.test(text);
}

function needlesOf(text: string): Needle[] {
  const dresses = new Set(dressesOf(text));
  if (text.length >= LONG_CHARACTERS) {
    for (let at = 0; at + PIECE_CHARACTERS <= text.length; at += PIECE_CHARACTERS / 2) {
      for (const dress of dressesOf(text.slice(at, at + PIECE_CHARACTERS))) dresses.add(dress);
    }
  }
  return [...dresses].map((bytes) => ({ bytes, alone: bytes.length < SHORT_BYTES }));
}

/**
 * UTF-8; and where that differs, Latin-1 and the halves of pairs one by one, as \u escapes give
 * them.
 */
function dressesOf(text: string): string[] {
  const utf8 = Buffer.from(text, 'utf8').toString('latin1');
  if (utf8 === text) return [utf8];
  const halves = text.split('').map((half) => Buffer.from(half, 'utf8').toString('latin1'));
  const cesu8 = text
    .split('')
    .map((half, i) => (/[\ud800-\udfff]/.test(half) ? surrogate(half.charCodeAt(0)) : halves[i]))
    .join('');
  // eslint-disable-next-line no-control-regex -- the range of Latin-1
  return [utf8, cesu8, ...(/^[\u0000-\u00ff]*$/.test(text) ? [text] : [])];
}

const surrogate = (code: number): string =>
  String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));

function bodiesOfPem(text: string): string[] {
  const blocks = [...text.matchAll(/-----BEGIN [^-]+-----([^]*?)-----END/g)];
  return blocks.map(([, body]) => body.replaceAll(/\s|\\n/g, ''));
}
