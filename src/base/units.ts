// Sizes, times, rates and counts as people write them in YAML, and back. Pure; sweep's readers and
// report's --where call it. Never guesses: what has two meanings (16K) is refused with both spelled
// out.

/** What might be written instead, each with a word on what it would mean. */
export interface Offers {
  /** `a size such as `, or nothing. */
  readonly lead: string;
  readonly texts: readonly (readonly [text: string, note: string])[];
  /** What is in doubt where none of them will do. */
  readonly otherwise: string;
}

/** A value read, or why not, with what to write instead. */
export type Parsed =
  | { readonly ok: true; readonly value: number }
  | {
      readonly ok: false;
      readonly message: string;
      readonly remedy: string;
      /**
       * What the remedy is made of, for callers who take less than the parser: see remedyWithin.
       */
      readonly offers?: Offers;
    };

type Kind = 'size' | 'time' | 'rate' | 'count';

const KiB = 1024;
const BYTES: Readonly<Record<string, number>> = {
  GiB: KiB ** 3,
  MiB: KiB ** 2,
  KiB,
  GB: 1e9,
  MB: 1e6,
  kB: 1e3,
  B: 1,
};
/** In microseconds, the finest time that kbench knows. */
const MICROS: Readonly<Record<string, number>> = {
  h: 3_600_000_000,
  m: 60_000_000,
  s: 1_000_000,
  ms: 1_000,
  us: 1,
};
const MICROS_ALIASES: Readonly<Record<string, number>> = {
  ...MICROS,
  µs: 1,
  μs: 1,
  min: 60_000_000,
};
const COUNT: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };
const PER_SECOND: Readonly<Record<string, number>> = { '/s': 1, '/m': 1 / 60, '/h': 1 / 3600 };

const NOUN: Readonly<Record<Kind, string>> = {
  size: 'a size',
  time: 'a time',
  rate: 'a rate',
  count: 'a whole number',
};
const EXAMPLES: Readonly<Record<Kind, readonly string[]>> = {
  size: ['16384', '16KiB', '32MiB'],
  time: ['500us', '5ms', '10s', '2m', '1h'],
  rate: ['5000/s', '300000/m'],
  count: ['1000000', '1_000_000', '1M'],
};

function exampleOf(kind: Kind): Offers {
  const noun = NOUN[kind];
  const texts = EXAMPLES[kind].map((text) => [text, ''] as const);
  return { lead: `${noun} such as `, texts, otherwise: noun };
}

/**
 * A refusal that offers only what `parse` itself takes, so that a hint never leads into the next
 * refusal.
 */
function refuseWith(message: string, offers: Offers, parse: (text: string) => Parsed): Parsed {
  const refused = { ok: false as const, message, remedy: `write ${offers.otherwise}`, offers };
  return { ...refused, remedy: remedyWithin(refused, (text) => parse(text).ok, refused.remedy) };
}

/**
 * The remedy with those offers alone that `accepts` takes; `otherwise` where there are offers, and
 * it takes none.
 */
export function remedyWithin(
  { remedy, offers }: { readonly remedy: string; readonly offers?: Offers },
  accepts: (text: string) => boolean,
  otherwise: string,
): string {
  if (offers === undefined) return remedy;
  const told = offers.texts
    .filter(([text]) => accepts(text))
    .map(([text, note]) => `${text}${note}`);
  if (told.length === 0) return otherwise;
  const last = told.pop()!;
  return `write ${offers.lead}${told.length === 0 ? '' : `${told.join(', ')} or `}${last}`;
}

const NUMBER = '[+-]?(?:\\d[\\d_]*(?:\\.\\d+)?|\\.\\d+)(?:[eE][+-]?\\d+)?';
const NUMBER_WITH_UNIT = new RegExp(`^(${NUMBER})\\s*(.*)$`);

const anyOf = (units: Readonly<Record<string, number>>): string =>
  `(?:${Object.keys(units)
    .filter((unit) => unit !== '')
    .join('|')})`;

const form = (unit: string): string => `^\\s*${NUMBER}\\s*${unit}\\s*$`;

/** `a size such as 16384, 16KiB or 32MiB`. */
function exampleText(kind: Kind): string {
  const texts = [...EXAMPLES[kind]];
  const last = texts.pop()!;
  return `${NOUN[kind]} such as ${texts.join(', ')} or ${last}`;
}

/**
 * What the parsers below take as text: its form for a JSON Schema, not its range; and how to write
 * it.
 */
export const TEXT_FORMS = {
  size: { pattern: form(`${anyOf(BYTES)}?`), example: exampleText('size') },
  time: { pattern: form(anyOf(MICROS_ALIASES)), example: exampleText('time') },
  /** Where a plain number is ms. */
  timeOrMs: { pattern: form(`${anyOf(MICROS_ALIASES)}?`), example: exampleText('time') },
  rate: { pattern: form(`${anyOf(COUNT)}?\\s*${anyOf(PER_SECOND)}`), example: exampleText('rate') },
  count: { pattern: form(`${anyOf(COUNT)}?`), example: exampleText('count') },
  share: { pattern: form('%?'), example: 'a share such as 0.1 or 10%' },
} as const;

function split(text: string): { readonly number: number; readonly unit: string } | null {
  const match = NUMBER_WITH_UNIT.exec(text.trim());
  if (match === null) return null;
  return { number: Number(match[1].replaceAll('_', '')), unit: match[2].trim() };
}

/** What a unit measures, to tell "bytes where a time is expected". */
function kindOf(unit: string): Kind | null {
  if (unit.includes('/')) return 'rate';
  if (Object.hasOwn(MICROS_ALIASES, unit)) return 'time';
  if (Object.hasOwn(BYTES, unit)) return 'size';
  return null;
}

function refuse(message: string, remedy: string): Parsed {
  return { ok: false, message, remedy };
}

function wrongKind(text: string, expected: Kind): Parsed {
  const found = kindOf(split(text)?.unit ?? '');
  const named = found === null || found === expected ? 'not' : `a ${found}, not`;
  const offers = exampleOf(expected);
  const message = `${JSON.stringify(text)} is ${named} ${NOUN[expected]}`;
  return {
    ok: false,
    message,
    remedy: remedyWithin({ remedy: '', offers }, () => true, ''),
    offers,
  };
}

function exact(number: number, what: 'whole number' | 'whole number of bytes'): Parsed {
  if (Number.isSafeInteger(number)) return { ok: true, value: number };
  if (!Number.isInteger(number)) return refuse(`${number} is not a ${what}`, `write a ${what}`);
  return refuse(`${number} is too large`, 'write a smaller number');
}

/**
 * Bytes from a plain number or text with B, kB, MB, GB (powers of 1000) or KiB, MiB, GiB (powers of
 * 1024).
 */
export function parseBytes(input: string | number): Parsed {
  if (typeof input === 'number') return exact(input, 'whole number of bytes');
  const parts = split(input);
  if (parts === null) return wrongKind(input, 'size');
  const { number, unit } = parts;
  if (unit === '') return exact(number, 'whole number of bytes');
  const factor = Object.hasOwn(BYTES, unit) ? BYTES[unit] : undefined;
  if (factor !== undefined) return exact(number * factor, 'whole number of bytes');
  const letter = /^([kmg])(i?)b?$/i.exec(unit);
  if (letter === null) return wrongKind(input, 'size');
  const prefix = letter[1].toUpperCase();
  const binary = `${number}${prefix}iB`;
  const asBinary = [binary, ''] as const;
  const otherwise = 'a whole number of bytes';
  if (letter[2] !== '') {
    const message = `${JSON.stringify(input)} has no unit that kbench knows`;
    return refuseWith(message, { lead: '', texts: [asBinary], otherwise }, parseBytes);
  }
  const decimal = `${prefix === 'K' ? 'k' : prefix}B`;
  const note = (unitName: string): string => ` (${number * BYTES[unitName]} bytes)`;
  const texts = [
    [binary, note(`${prefix}iB`)],
    [`${number}${decimal}`, note(decimal)],
  ] as const;
  const message = `${JSON.stringify(input)} is ambiguous: 1000 or 1024?`;
  return refuseWith(message, { lead: '', texts, otherwise }, parseBytes);
}

/**
 * Milliseconds from text with us, ms, s, m or h, to the microsecond. A plain number is ms where
 * `plain` allows it.
 */
export function parseMs(input: string | number, plain: 'plain-is-ms' | 'unit-required'): Parsed {
  if (typeof input === 'number' && !Number.isFinite(input)) return wrongKind(String(input), 'time');
  const parts = typeof input === 'number' ? { number: input, unit: '' } : split(input);
  if (parts === null) return wrongKind(String(input), 'time');
  const { number, unit } = parts;
  if (unit === '' && plain === 'unit-required') {
    const texts = [
      [`${number}s`, ' for seconds'],
      [`${number}ms`, ' for milliseconds'],
    ] as const;
    const offers = { lead: '', texts, otherwise: 'a time' };
    return refuseWith(`${number} has no unit`, offers, (text) => parseMs(text, plain));
  }
  const factor =
    unit === ''
      ? MICROS['ms']
      : Object.hasOwn(MICROS_ALIASES, unit)
        ? MICROS_ALIASES[unit]
        : undefined;
  if (factor === undefined) return wrongKind(String(input), 'time');
  const micros = Math.round(number * factor);
  if (Math.abs(micros - number * factor) > 1e-3)
    return refuse(`${String(input)} is finer than a microsecond`, 'write whole microseconds');
  if (!Number.isSafeInteger(micros))
    return refuse(`${String(input)} is too long`, 'write a shorter time');
  return { ok: true, value: micros / 1000 };
}

/** Records a second from `5000/s`, `5k/s`, `300000/m` or `1M/h`. `max` is the caller's. */
export function parseRate(input: string | number): Parsed {
  if (typeof input === 'number') {
    if (input <= 0) return notAboveZero(String(input));
    const texts = [[`${input}/s`, ' for records a second']] as const;
    return refuseWith(`${input} has no unit`, { lead: '', texts, otherwise: NOUN.rate }, parseRate);
  }
  const parts = split(input);
  const match = parts === null ? null : /^([kMG]?)\s*(\/[smh])$/.exec(parts.unit);
  if (parts === null || match === null) {
    if (parts !== null && parts.unit === '') return parseRate(parts.number);
    if (parts !== null && /b\/[smh]$/i.test(parts.unit)) {
      return refuse(
        `${JSON.stringify(input)} counts bytes; rate counts records`,
        'divide by valueBytes and write e.g. 5000/s',
      );
    }
    return wrongKind(input, 'rate');
  }
  const value = parts.number * COUNT[match[1]] * PER_SECOND[match[2]];
  if (value > 0 && Number.isFinite(value)) return { ok: true, value };
  return notAboveZero(JSON.stringify(input));
}

const notAboveZero = (text: string): Parsed =>
  refuseWith(`${text} is not above 0`, exampleOf('rate'), parseRate);

/** A whole number, also with underscores or k, M, G (powers of 1000). */
export function parseCount(input: string | number): Parsed {
  if (typeof input === 'number') return exact(input, 'whole number');
  const parts = split(input);
  if (parts === null || !Object.hasOwn(COUNT, parts.unit)) return wrongKind(input, 'count');
  return exact(Math.round(parts.number * COUNT[parts.unit] * 1e6) / 1e6, 'whole number');
}

/** A share from 0 to 1, as a number or as text in percent: `0.1`, `10%`. */
export function parseShare(input: string | number): Parsed {
  const parts = typeof input === 'number' ? { number: input, unit: '' } : split(input);
  const scale = parts?.unit === '%' ? 100 : 1;
  if (parts === null || (parts.unit !== '' && scale === 1)) {
    return refuse(
      `${JSON.stringify(input)} is not a share`,
      'write a number from 0 to 1, or 0% to 100%',
    );
  }
  const value = parts.number / scale;
  if (value >= 0 && value <= 1) return { ok: true, value };
  return refuse(
    `${JSON.stringify(input)} is outside 0 to 1`,
    'write a number from 0 to 1, or 0% to 100%',
  );
}

/**
 * The shortest exact text: 16384 -> `16KiB`, 5000 -> `5kB`, 100 -> `100B`. parseBytes reads it back
 * to the same number.
 */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return '0B';
  for (const [unit, factor] of Object.entries(BYTES)) {
    if (Number.isInteger(bytes / factor)) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}

/**
 * 5000 -> `5000/s`, a rate below one a second by the hour; parseRate reads it back to the same
 * number.
 */
export function formatRate(perSecond: number): string {
  const hourly = perSecond * 3600;
  if (perSecond < 1 && Number.isInteger(hourly)) return `${hourly}/h`;
  return Number.isInteger(perSecond / 1e9) ? `${perSecond / 1e9}G/s` : `${perSecond}/s`;
}

/**
 * The shortest exact text of whole microseconds: 0.5 -> `500us`, 1500 -> `1500ms`, 120000 -> `2m`.
 */
export function formatMs(ms: number): string {
  const micros = Math.round(ms * 1000);
  if (micros === 0) return '0ms';
  for (const [unit, factor] of Object.entries(MICROS)) {
    if (micros % factor === 0) return `${micros / factor}${unit}`;
  }
  return `${ms}ms`;
}
