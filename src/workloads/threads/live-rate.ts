// A rate over about the last second of a counter that is sampled now and then. Used by what tells
// of a run under way.

const WINDOW_MS = 1000;

export interface CountAt {
  readonly atMs: number;
  readonly count: number;
}

export class LiveRate {
  private readonly samples: CountAt[] = [];

  constructor(first?: CountAt) {
    if (first !== undefined) this.samples.push(first);
  }

  /** A second; 0 where the counter began anew. */
  add(sample: CountAt): number {
    const { samples } = this;
    while (samples.length > 1 && sample.atMs - samples[1].atMs >= WINDOW_MS) samples.shift();
    samples.push(sample);
    const [first] = samples;
    const spanMs = sample.atMs - first.atMs;
    return spanMs > 0 ? Math.max(0, ((sample.count - first.count) * 1000) / spanMs) : 0;
  }
}
