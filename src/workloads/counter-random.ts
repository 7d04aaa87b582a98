// Chance by counter: the numbers of record i follow from the seed and i alone, so that workers and
// agents split a run without sharing a generator. Threefry-2x32-20 (Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011). Nothing is allocated per draw.

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;
const ROUNDS = 20;
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
    for (let round = 0; round < ROUNDS; round++) {
      const by = ROTATIONS[round & 7];
      a = (a + b) | 0;
      b = ((b << by) | (b >>> (32 - by))) ^ a;
      if ((round & 3) === 3) {
        // After every fourth round the next pair of the key's three words goes in.
        const step = (round + 1) >> 2;
        const turn = step % 3;
        a = (a + (turn === 0 ? seed : turn === 1 ? stream : third)) | 0;
        b = (b + (turn === 0 ? stream : turn === 1 ? third : seed) + step) | 0;
      }
    }
    this.low = a;
    this.high = b;
  }
}
