// Made-up text for values: JSON events as services log them, seeded. Called by payload.ts once a
// worker. A batch of 16 KiB of it comes to about 0.27 of its size with gzip, 0.29 with zstd, 0.41
// with snappy and 0.43 with lz4, as real events do (payload.test.ts holds it to that).
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

const SYLLABLES = [
  'an',
  'be',
  'co',
  'der',
  'el',
  'fi',
  'gra',
  'hol',
  'in',
  'ju',
  'ka',
  'lor',
  'mi',
  'nos',
  'or',
  'pre',
  'qui',
];
const ACTIONS = ['view', 'search', 'add-to-cart', 'checkout', 'login', 'logout', 'rate', 'share'];
const LEVELS = ['INFO', 'INFO', 'INFO', 'INFO', 'DEBUG', 'WARN', 'ERROR'];
const WORDS = 4096;
const FIRST_MS = Date.UTC(2026, 0, 1);

/** Exactly `length` bytes of ASCII. */
export function eventText(length: number, seed: number): Uint8Array {
  const random = xoroshiro128plus(seed);
  const words = Array.from({ length: WORDS }, () => word(random));
  const text = Buffer.allocUnsafe(length);
  let atMs = FIRST_MS;
  for (let at = 0; at < length;) {
    atMs += below(random, 2000);
    at += text.write(event(random, words, atMs), at, 'latin1');
  }
  return text;
}

function event(random: RandomGenerator, words: readonly string[], atMs: number): string {
  const message = Array.from(
    { length: 4 + below(random, 8) },
    () => words[skewed(random, WORDS)],
  ).join(' ');
  const fields = {
    at: new Date(atMs).toISOString(),
    level: LEVELS[below(random, LEVELS.length)],
    user: skewed(random, 1_000_000),
    session: hex(random) + hex(random),
    action: ACTIONS[skewed(random, ACTIONS.length)],
    ms: skewed(random, 5000) / 10,
    message,
  };
  return `${JSON.stringify(fields)}\n`;
}

function word(random: RandomGenerator): string {
  return Array.from(
    { length: 1 + below(random, 4) },
    () => SYLLABLES[below(random, SYLLABLES.length)],
  ).join('');
}

const hex = (random: RandomGenerator): string =>
  (random.next() >>> 0).toString(16).padStart(8, '0');
const below = (random: RandomGenerator, limit: number): number => (random.next() >>> 0) % limit;

/** Small numbers are frequent and large ones rare, about as in Zipf's law. */
const skewed = (random: RandomGenerator, limit: number): number =>
  Math.floor(limit ** ((random.next() >>> 0) / 4_294_967_296)) - 1;
