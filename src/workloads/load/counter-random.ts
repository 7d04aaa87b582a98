// Chance by counter: the numbers of record i follow from the seed and i alone, so that workers and
// agents split a run without sharing a generator. Threefry-2x32-20 (Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011). Nothing is allocated per draw.

const PARITY = 0x1bd11bda;
const TWO_32 = 2 ** 32;
/** Records are counted below 2^48; the upper half of the counter's high word numbers the draws. */
const MAX_DRAWS = 0x1_0000;

export class CounterRandom {
  /** The two words of the last draw, as signed 32-bit numbers. */
  low = 0;
  high = 0;
  private readonly third: number;

  /** `stream` parts the uses of one seed. */
  constructor(
    private readonly seed: number,
    private readonly stream: number,
  ) {
    this.third = PARITY ^ seed ^ stream;
  }

  /** Draw number `draw` (from 0) of record `index`: fills `low` and `high`. */
  draw(index: number, draw = 0): void {
    const upper = Math.floor(index / TWO_32);
    this.mix(index | 0, (upper & (MAX_DRAWS - 1)) | (draw << 16));
  }

  /** A number in [0, 1) of 53 bits. */
  unit(index: number, draw = 0): number {
    this.draw(index, draw);
    return ((this.high >>> 5) * 0x400_0000 + (this.low >>> 6)) / 2 ** 53;
  }

  /** A whole number in [0, limit). The bias is at most limit / 2^53. */
  below(limit: number, index: number, draw = 0): number {
    return Math.floor(this.unit(index, draw) * limit);
  }

  /** One block of Threefry: the counter (`x0`, `x1`) under the key (seed, stream). */
  mix(x0: number, x1: number): void {
    const { seed, stream, third } = this;
    let a = (x0 + seed) | 0;
    let b = (x1 + stream) | 0;
    // Unrolled, as it runs for every record: four rounds, then the next pair of the key's three
    // words.
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + stream) | 0;
    b = (b + third + 1) | 0;
    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0;
    b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0;
    b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0;
    b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + third) | 0;
    b = (b + seed + 2) | 0;
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + seed) | 0;
    b = (b + stream + 3) | 0;
    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0;
    b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0;
    b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0;
    b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + stream) | 0;
    b = (b + third + 4) | 0;
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + third) | 0;
    b = (b + seed + 5) | 0;
    this.low = a;
    this.high = b;
  }
}
