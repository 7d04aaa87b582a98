// Keys that follow from the seed and the record's index alone: range, random, Zipf, hot set. Worker
// w of W sends the records w, w + W, ...: together they send what one would. Called by keys.ts.
import type { KeySettings } from '../../contract/settings.js';
import { CounterRandom } from '../load/counter-random.js';
import type { KeyWriter } from './key-writer.js';
import type { RunShare } from '../load/run-share.js';
import { Zipf } from './zipf.js';

export type IndexedKeySettings = Exclude<KeySettings, { kind: 'none' | 'uniform' }>;

/** The number, from 0, of the key of record `index`. */
type KeyOf = (index: number) => number;

const STREAM = 2;

export class IndexedKeys {
  current: Uint8Array;
  private readonly keyOf: KeyOf;
  private index: number;

  constructor(
    settings: IndexedKeySettings,
    private readonly share: RunShare,
    private readonly writer: KeyWriter,
  ) {
    this.keyOf = choice(settings, new CounterRandom(share.seed, STREAM));
    this.index = share.worker;
    this.current = writer.of(this.keyOf(this.index));
  }

  advance(): void {
    this.index += this.share.workers;
    this.current = this.writer.of(this.keyOf(this.index));
  }

  restart(): void {
    this.index = this.share.worker;
    this.current = this.writer.of(this.keyOf(this.index));
  }
}

function choice(settings: IndexedKeySettings, random: CounterRandom): KeyOf {
  const { distinct } = settings;
  switch (settings.kind) {
    case 'range':
      return (index) => index % distinct;
    case 'random':
      return (index) => random.below(distinct, index);
    case 'zipf': {
      const zipf = new Zipf(distinct, settings.exponent);
      return (index) => zipf.rank(random, index) - 1;
    }
    case 'hot-set': {
      const { hotKeys, hotTraffic } = settings;
      return (index) =>
        random.unit(index) < hotTraffic
          ? random.below(hotKeys, index, 1)
          : hotKeys + random.below(distinct - hotKeys, index, 1);
    }
  }
}
