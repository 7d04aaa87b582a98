// Zipf's law by rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate
// variates from monotone discrete distributions", ACM TOMACS 6(3), 1996): about one draw a number
// whatever the number of elements, and no table. Called by indexed-keys.ts.
import type { CounterRandom } from '../load/counter-random.js';

/** Each draw is refused with a chance far below one half; so many refusals never come. */
const MOST_DRAWS = 60_000;

/** Ranks 1 to `elements`; rank k with a chance proportional to k ** -exponent. */
export class Zipf {
  private readonly hIntegralOfFirst: number;
  private readonly hIntegralOfAll: number;
  /** Nearer than this to its rank, a number needs no second look. */
  private readonly sureWithin: number;

  /** `exponent` above 0. */
  constructor(
    private readonly elements: number,
    private readonly exponent: number,
  ) {
    this.hIntegralOfFirst = this.hIntegral(1.5) - 1;
    this.hIntegralOfAll = this.hIntegral(elements + 0.5);
    this.sureWithin = 2 - this.hIntegralInverse(this.hIntegral(2.5) - this.h(2));
  }

  /** The rank of record `index`. */
  rank(random: CounterRandom, index: number): number {
    for (let draw = 0; draw < MOST_DRAWS; draw++) {
      const unit = random.unit(index, draw);
      const u = this.hIntegralOfAll + unit * (this.hIntegralOfFirst - this.hIntegralOfAll);
      const x = this.hIntegralInverse(u);
      const k = Math.min(this.elements, Math.max(1, Math.floor(x + 0.5)));
      if (k - x <= this.sureWithin || u >= this.hIntegral(k + 0.5) - this.h(k)) return k;
    }
    return 1;
  }

  /** The hat x ** -exponent. */
  private h(x: number): number {
    return Math.exp(-this.exponent * Math.log(x));
  }

  /** Its integral, (x ** (1 - exponent) - 1) / (1 - exponent), log x where the exponent is 1. */
  private hIntegral(x: number): number {
    const logX = Math.log(x);
    return expm1Ratio((1 - this.exponent) * logX) * logX;
  }

  private hIntegralInverse(x: number): number {
    // Rounding may carry it just past the end of what the logarithm takes.
    const t = Math.max(-1, x * (1 - this.exponent));
    return Math.exp(log1pRatio(t) * x);
  }
}

/** log(1 + x) / x, also near 0. */
function log1pRatio(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.log1p(x) / x : 1 - x * (1 / 2 - x / 3);
}

/** (exp(x) - 1) / x, also near 0. */
function expm1Ratio(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.expm1(x) / x : 1 + (x / 2) * (1 + x / 3);
}
