// Where a text holds a secret, in whatever dress: as it is, escaped (URL, JSON, HTML, \x, \u), in
// base64 at any alignment, in hex, as a list of byte values, with invisible characters in between,
// or several of these at once. Called by secrets.ts only. Pure.

/** What is looked for: the bytes of a secret, one character a byte. */
export interface Needle {
  readonly bytes: string;
  /** Found only where no letter or digit touches it: a very short one would be found everywhere. */
  readonly alone: boolean;
}

/** From and to, in characters of the text. */
export type Span = readonly [from: number, to: number];

/** Where in the original text each byte came from. */
interface Places {
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
}

/**
 * A text after one step of decoding. Places are worked out where something is found, and nowhere
 * else.
 */
class View {
  private known: Places | null = null;

  constructor(
    readonly bytes: string,
    private readonly find: () => Places,
  ) {}

  get places(): Places {
    return (this.known ??= this.find());
  }
}

/** Steps of decoding: `%2520` in base64 is three. Long texts, which are files, are given fewer. */
const MAX_STEPS = 3;
const STEPS_OF_LONG = 2;
const LONG_BYTES = 8_192;
const STEPS_OF_HUGE = 1;
const HUGE_BYTES = 1024 * 1024;

/** In the text's characters, ascending, merged. */
export function findSecrets(text: string, needles: readonly Needle[]): Span[] {
  if (needles.length === 0 || text === '') return [];
  const root = rootView(text);
  const found: Span[] = [];
  const shortest = Math.min(...needles.map(({ bytes }) => bytes.length));
  search(root, needles, shortest, stepsFor(root.bytes.length), found);
  return merged(found);
}

const stepsFor = (length: number): number =>
  length > HUGE_BYTES ? STEPS_OF_HUGE : length > LONG_BYTES ? STEPS_OF_LONG : MAX_STEPS;

/** The text's UTF-8, each byte with its character. */
function rootView(text: string): View {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  return new View(bytes, () => rootPlaces(text, bytes.length));
}

function rootPlaces(text: string, bytes: number): Places {
  const from = new Int32Array(bytes);
  const to = new Int32Array(bytes);
  let at = 0;
  let start = 0;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    from.fill(start, at, at + size);
    to.fill(start + character.length, at, at + size);
    at += size;
    start += character.length;
  }
  return { from, to };
}

function search(
  view: View,
  needles: readonly Needle[],
  shortest: number,
  steps: number,
  found: Span[],
): void {
  if (view.bytes.length < shortest) return;
  for (const needle of needles) searchOne(view, needle, found);
  if (steps === 0) return;
  for (const next of decodings(view, shortest)) search(next, needles, shortest, steps - 1, found);
}

const isWordByte = (byte: string | undefined): boolean =>
  byte !== undefined && /[A-Za-z0-9\x80-\xff]/.test(byte);

function searchOne(view: View, needle: Needle, found: Span[]): void {
  const { bytes } = view;
  for (let at = bytes.indexOf(needle.bytes); at >= 0; at = bytes.indexOf(needle.bytes, at + 1)) {
    const end = at + needle.bytes.length;
    if (needle.alone && (isWordByte(bytes[at - 1]) || isWordByte(bytes[end]))) continue;
    found.push([view.places.from[at], view.places.to[end - 1]]);
  }
}

function* decodings(view: View, shortest: number): Generator<View> {
  for (const { sign, one, by } of ESCAPES)
    if (sign.test(view.bytes)) yield* changed(view, replaced(view, one, by));
  for (const { index, 0: run } of view.bytes.matchAll(BASE64)) {
    for (let shift = 0; shift < 4 && (run.length - shift) * 0.75 >= shortest; shift++)
      yield base64View(view, index + shift, run.slice(shift));
  }
  for (const { index, 0: run } of view.bytes.matchAll(HEX)) {
    yield pairsView(view, index, run);
    yield pairsView(view, index + 1, run.slice(1));
  }
  for (const { index, 0: run } of view.bytes.matchAll(BYTE_LIST)) yield listView(view, index, run);
}

function* changed(before: View, after: View): Generator<View> {
  if (after.bytes !== before.bytes) yield after;
}

/**
 * Families of escapes; each is undone by itself, as a backslash is a letter to HTML. A sign of its
 * own shows that one is there.
 */
const ESCAPES: readonly {
  readonly sign: RegExp;
  readonly one: RegExp;
  readonly by: (match: RegExpExecArray) => string;
}[] = [
  {
    sign: /[%+]/,
    one: /%([0-9a-f]{2})|\+/gi,
    by: ([, byte]) => (byte === undefined ? ' ' : String.fromCharCode(parseInt(byte, 16))),
  },
  // Encoded over and over.
  {
    sign: /%25/,
    one: /%(?:25)+([0-9a-f]{2})/gi,
    by: ([, byte]) => String.fromCharCode(parseInt(byte, 16)),
  },
  {
    sign: /\\/,
    one: /\\(?:u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\}|x([0-9a-f]{2})|([0-3][0-7]{2})|([^]))/gi,
    by: ([, u, uBraces, x, octal, letter]) => {
      if (letter !== undefined) return LETTERS[letter] ?? letter;
      const byte = x === undefined ? octal : undefined;
      if (x !== undefined || byte !== undefined)
        return String.fromCharCode(x === undefined ? parseInt(byte!, 8) : parseInt(x, 16));
      return utf8(parseInt(u ?? uBraces, 16));
    },
  },
  {
    sign: /&/,
    one: /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    by: ([, decimal, hex, entity]) => {
      if (entity !== undefined) return ENTITIES[entity.toLowerCase()];
      return utf8(decimal === undefined ? parseInt(hex, 16) : Number(decimal));
    },
  },
  // What prints as nothing, in UTF-8.
  {
    sign: /[\xc2\xe2\xef\xd8]/,
    one: new RegExp(
      String.raw`\xc2[\x80-\x9f\xad]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|` +
        String.raw`\xef\xbb\xbf|\xd8\x9c`,
      'g',
    ),
    by: () => '',
  },
  // Terminal sequences and control bytes.
  {
    // eslint-disable-next-line no-control-regex -- that is what is looked for
    sign: /[\x00-\x1f\x7f]/,
    // eslint-disable-next-line no-control-regex -- and this too
    one: /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x1f\x7f]/g,
    by: () => '',
  },
];
const LETTERS: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  0: '\0',
  e: '\x1b',
};
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** Halves of a pair come one by one: as CESU-8, which is looked for as well. */
function utf8(code: number): string {
  if (code > 0x10ffff) return '';
  if (code < 0xd800 || code > 0xdfff)
    return Buffer.from(String.fromCodePoint(code)).toString('latin1');
  return String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
}

function replaced(view: View, pattern: RegExp, by: (match: RegExpExecArray) => string): View {
  const parts: string[] = [];
  let at = 0;
  for (const match of view.bytes.matchAll(pattern)) {
    parts.push(view.bytes.slice(at, match.index), by(match));
    at = match.index + match[0].length;
  }
  parts.push(view.bytes.slice(at));
  return new View(parts.join(''), () => replacedPlaces(view, pattern, by));
}

function replacedPlaces(
  view: View,
  pattern: RegExp,
  by: (match: RegExpExecArray) => string,
): Places {
  const { places } = view;
  const from: number[] = [];
  const to: number[] = [];
  const keep = (start: number, end: number): void => {
    for (let i = start; i < end; i++) {
      from.push(places.from[i]);
      to.push(places.to[i]);
    }
  };
  let at = 0;
  for (const match of view.bytes.matchAll(pattern)) {
    keep(at, match.index);
    at = match.index + match[0].length;
    for (let left = by(match).length; left > 0; left--) {
      from.push(places.from[match.index]);
      to.push(places.to[at - 1]);
    }
  }
  keep(at, view.bytes.length);
  return { from, to };
}

const BASE64 = /[A-Za-z0-9+/_-]{4,}/g;

/** Node's decoder takes both alphabets. A byte comes from the characters that hold its bits. */
function base64View(view: View, start: number, run: string): View {
  const bytes = Buffer.from(run, 'base64').toString('latin1');
  return viewOf(view, bytes, (i) => [
    start + Math.floor((i * 4) / 3),
    start + Math.floor(((i + 1) * 8 - 1) / 6) + 1,
  ]);
}

const HEX = /(?:(?:0x)?[0-9a-f]{2}[ :,-]{0,2}){3,}/gi;

function pairsView(view: View, start: number, run: string): View {
  const pairs = [...run.matchAll(/(?:0x)?([0-9a-f]{2})/gi)];
  const bytes = pairs.map((pair) => String.fromCharCode(parseInt(pair[1], 16))).join('');
  return viewOf(view, bytes, (i) => [
    start + pairs[i].index,
    start + pairs[i].index + pairs[i][0].length,
  ]);
}

/** As Java prints an array of bytes: `[0, 97, -61]`. */
const BYTE_LIST = /-?\b\d{1,3}(?:(?:, ?| )-?\d{1,3}\b){2,}/g;

function listView(view: View, start: number, run: string): View {
  const numbers = [...run.matchAll(/-?\d+/g)];
  const bytes = numbers.map((number) => String.fromCharCode(Number(number[0]) & 0xff)).join('');
  return viewOf(view, bytes, (i) => [
    start + numbers[i].index,
    start + numbers[i].index + numbers[i][0].length,
  ]);
}

function viewOf(view: View, bytes: string, placeOf: (index: number) => Span): View {
  return new View(bytes, () => {
    const from = new Int32Array(bytes.length);
    const to = new Int32Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      const [start, end] = placeOf(i);
      from[i] = view.places.from[start];
      to[i] = view.places.to[Math.min(end, view.bytes.length) - 1];
    }
    return { from, to };
  });
}

function merged(spans: Span[]): Span[] {
  const result: [number, number][] = [];
  for (const [from, to] of spans.sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}
