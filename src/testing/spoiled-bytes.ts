// Messages made wrong: cut off, changed, longer than they say, with lengths that lie. For tests of
// everything that reads bytes of others. Called by tests only.
import fc from 'fast-check';

const { KBENCH_SEED } = process.env;
/** For fc.assert: KBENCH_SEED runs a failure again. */
export const parameters = (numRuns: number) => ({
  numRuns,
  ...(KBENCH_SEED === undefined ? {} : { seed: Number(KBENCH_SEED) }),
});

/** Lengths and counts as they lie: large, larger, negative, a varint without an end. */
const LIES = [
  '7fffffff',
  'ffffffff',
  '80000000',
  '7fff',
  '8000',
  'ffffffff07',
  'ffffffff0f',
  'ffffffffff',
  '00',
].map((hex) => Buffer.from(hex, 'hex'));

/** Ways to spoil a message. */
export const damage = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('lie' as const), at: fc.nat(), lie: fc.constantFrom(...LIES) }),
  fc.record({ kind: fc.constant('add' as const), more: fc.uint8Array({ maxLength: 12 }) }),
  fc.record({ kind: fc.constant('random' as const), bytes: fc.uint8Array({ maxLength: 64 }) }),
);
export type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

export function spoil(bytes: Buffer, how: Damage): Buffer {
  const copy = Buffer.from(bytes);
  switch (how.kind) {
    case 'cut':
      return copy.subarray(0, how.at % (copy.length + 1));
    case 'flip':
      if (copy.length > 0) copy[how.at % copy.length] ^= 1 << how.bit;
      return copy;
    case 'lie':
      copy.set(
        how.lie.subarray(0, copy.length),
        copy.length === 0
          ? 0
          : Math.min(how.at % copy.length, Math.max(0, copy.length - how.lie.length)),
      );
      return copy;
    case 'add':
      return Buffer.concat([copy, how.more]);
    case 'random':
      return Buffer.from(how.bytes);
  }
}
