// What JSON cannot hold, as JSON: bytes and doubles of histograms and gaps, and the numbers that
// are not finite. Used by frames.ts for both directions. Never makes anything but plain data.

const BYTES = '$bytes';
const DOUBLES = '$doubles';
const NUMBER = '$number';

const SPECIAL: Readonly<Record<string, number>> = {
  Infinity,
  '-Infinity': -Infinity,
  NaN,
};

export function toText(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === 'number') {
      return Number.isFinite(each) ? each : { [NUMBER]: String(each) };
    }
    if (each instanceof Float64Array) return { [DOUBLES]: base64(each) };
    if (each instanceof Uint8Array) return { [BYTES]: base64(each) };
    return each;
  });
}

/** Throws SyntaxError where it is no JSON. */
export function fromText(text: string): unknown {
  // Most messages hold nothing of the kind, and a reviver takes ten times as long. An escape could
  // hide it.
  if (!text.includes('"$') && !text.includes('__proto__') && !text.includes('\\u'))
    return JSON.parse(text);
  return JSON.parse(text, (key, each: unknown) => {
    // An own key of that name would become an object's prototype further on.
    if (key === '__proto__') return undefined;
    if (typeof each !== 'object' || each === null) return each;
    const entries: [string, unknown][] = Object.entries(each);
    if (entries.length !== 1) return each;
    const [name, content] = entries[0];
    if (typeof content !== 'string') return each;
    if (name === BYTES) return new Uint8Array(Buffer.from(content, 'base64'));
    if (name === DOUBLES) return doubles(content);
    return name === NUMBER && Object.hasOwn(SPECIAL, content) ? SPECIAL[content] : each;
  });
}

const base64 = (array: Uint8Array | Float64Array): string =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');

/** Little-endian, as every machine that Node runs on has them. */
function doubles(content: string): Float64Array {
  const bytes = Buffer.from(content, 'base64');
  const width = Float64Array.BYTES_PER_ELEMENT;
  const array = new Float64Array(Math.floor(bytes.length / width));
  Buffer.from(array.buffer).set(bytes.subarray(0, array.length * width));
  return array;
}
