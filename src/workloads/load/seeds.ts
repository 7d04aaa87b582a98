// One seed a run, many streams of chance: each worker's values and keys take their own. Mixed,
// since generators started from neighbouring seeds begin alike.

/**
 * A 32-bit seed for the stream that `parts` name, e.g. (run seed, worker, stream). murmur3's
 * mixing.
 */
export function mixSeed(...parts: readonly number[]): number {
  let hash = 0x9747b28c;
  for (const part of parts) {
    // Both halves of a number above 2^32 count.
    for (const word of [part | 0, Math.floor(part / 2 ** 32) | 0]) {
      let k = Math.imul(word, 0xcc9e2d51);
      k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
      hash ^= k;
      hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
