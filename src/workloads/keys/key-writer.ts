// Keys as bytes: numbers with leading zeros, all of one length, or plain decimal numbers as
// ProducerPerformance writes them. Called by keys.ts; nothing is allocated per key.

/** Up to here every key is a view made beforehand (about 100 bytes each). */
export const MAX_VIEWS = 4096;

export interface KeyWriter {
  /** The key with this number. May be overwritten by the next call. */
  of(number: number): Uint8Array;
}

/** Throws RangeError when `distinct` keys do not fit in `bytes` bytes. */
export function paddedKeys(distinct: number, bytes: number): KeyWriter {
  const base = keyBase(distinct, bytes);
  if (distinct <= MAX_VIEWS) {
    const all = new Uint8Array(distinct * bytes);
    return listed(distinct, (i) => {
      const key = all.subarray(i * bytes, (i + 1) * bytes);
      writeKey(key, i, base);
      return key;
    });
  }
  const key = new Uint8Array(bytes);
  return {
    of(number) {
      writeKey(key, number, base);
      return key;
    },
  };
}

/** `0`, `1`, ... `distinct - 1`. */
export function decimalKeys(distinct: number): KeyWriter {
  if (distinct <= MAX_VIEWS) return listed(distinct, (i) => new TextEncoder().encode(String(i)));
  // One buffer a length, of which there are ten or so.
  const longest = String(distinct - 1).length;
  const ofLength = Array.from({ length: longest + 1 }, (_, length) => new Uint8Array(length));
  return {
    of(number) {
      let length = 1;
      for (let limit = 10; number >= limit; limit *= 10) length += 1;
      const key = ofLength[length];
      writeKey(key, number, 10);
      return key;
    },
  };
}

function listed(distinct: number, make: (number: number) => Uint8Array): KeyWriter {
  const keys = Array.from({ length: distinct }, (_, i) => make(i));
  return { of: (number) => keys[number] };
}

/** Decimal text if the keys fit, else hexadecimal text, else big-endian bytes. */
function keyBase(distinct: number, bytes: number): number {
  const base = [10, 16, 256].find((candidate) => candidate ** bytes >= distinct);
  if (base !== undefined) return base;
  throw new RangeError(`${distinct} distinct keys do not fit in ${bytes} bytes`);
}

const ZERO = 0x30;
const LETTER_A = 0x61;

function writeKey(into: Uint8Array, value: number, base: number): void {
  let rest = value;
  let i = into.length - 1;
  for (; rest > 0; i--) {
    const next = Math.floor(rest / base);
    const digit = rest - next * base;
    into[i] = base === 256 ? digit : digit < 10 ? ZERO + digit : LETTER_A + digit - 10;
    rest = next;
  }
  const zero = base === 256 ? 0 : ZERO;
  for (; i >= 0; i--) into[i] = zero;
}
