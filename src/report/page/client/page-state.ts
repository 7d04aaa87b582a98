// What the reader has set: the limit and its percentile, the loop ranked, the points shown. Whoever
// draws subscribes to the parts that it depends on; nothing here knows who does.
import { FIRST_LIMIT_KEY, type LimitKey, type Loop } from '../page-model.js';
import { bestUnder, paretoFront, type Answer, type Candidate } from '../best-point.js';
import type { Model } from './model.js';
import { MAX_CHOSEN } from './theme.js';

export type Part = 'limit' | 'chosen' | 'theme';

export class State {
  #limitMs: number;
  #limitKey: LimitKey = FIRST_LIMIT_KEY;
  #loop: Loop;
  /**
   * Null until the reader picks points: then those that the answer is about are shown, and where
   * clients are compared the best point and the others' under the same load.
   */
  #picked: readonly number[] | null = null;
  #shown: readonly number[] = [];
  #answer: Answer = { kind: 'nothing-measured' };
  readonly #listeners: { readonly parts: readonly Part[]; readonly call: () => void }[] = [];
  candidates: readonly Candidate[] = [];
  front: readonly Candidate[] = [];

  constructor(private readonly model: Model) {
    this.#limitMs = model.data.limitMs ?? 1;
    this.#loop = model.loops[0] ?? 'closed';
    this.#rank();
  }

  get limitMs(): number {
    return this.#limitMs;
  }

  /** The percentile that the limit is about. */
  get limitKey(): LimitKey {
    return this.#limitKey;
  }

  get loop(): Loop {
    return this.#loop;
  }

  get answer(): Answer {
    return this.#answer;
  }

  /** At most MAX_CHOSEN; a point's place is its colour. */
  get shown(): readonly number[] {
    return this.#shown;
  }

  get picked(): boolean {
    return this.#picked !== null;
  }

  get best(): number | null {
    return this.#answer.kind === 'best' ? this.#answer.best.point : null;
  }

  setLimit(limitMs: number): void {
    this.#limitMs = limitMs;
    this.#rank();
    this.#tell('limit', ...(this.picked ? [] : ['chosen' as const]));
  }

  setLimitKey(key: LimitKey): void {
    this.#limitKey = key;
    this.#rank();
    this.#tell('limit', ...(this.picked ? [] : ['chosen' as const]));
  }

  setLoop(loop: Loop): void {
    this.#loop = loop;
    this.#rank();
    this.#tell('limit', ...(this.picked ? [] : ['chosen' as const]));
  }

  /** Shows a point, or no longer. With all places taken the one shown longest makes room. */
  toggle(point: number): void {
    const shown = this.#shown.includes(point)
      ? this.#shown.filter((each) => each !== point)
      : [...this.#shown.slice(this.#shown.length >= MAX_CHOSEN ? 1 : 0), point];
    this.#picked = shown;
    this.#shown = shown;
    this.#tell('chosen');
  }

  /** Back to the points that the answer is about. */
  follow(): void {
    this.#picked = null;
    this.#rank();
    this.#tell('chosen');
  }

  themeChanged(): void {
    this.#tell('theme');
  }

  on(parts: readonly Part[], call: () => void): void {
    this.#listeners.push({ parts, call });
  }

  #rank(): void {
    this.candidates = this.model.candidates(this.#loop, this.#limitKey);
    this.front = paretoFront(this.candidates);
    this.#answer = bestUnder(this.candidates, this.#limitMs, this.#loop);
    if (this.#picked !== null) return;
    const of = this.#answer;
    const told =
      of.kind === 'best' ? [of.best, of.runnerUp] : of.kind === 'none-fits' ? [of.nearest] : [];
    if (told[0] && this.model.clients.length > 1) {
      this.#shown = this.model.besideEachOther(told[0].point).slice(0, MAX_CHOSEN);
      return;
    }
    const ends = [this.front.at(-1), this.front[0]];
    this.#shown = [...new Set([...told, ...ends].flatMap((each) => each?.point ?? []))];
  }

  #tell(...parts: readonly Part[]): void {
    for (const listener of this.#listeners) {
      if (listener.parts.some((part) => parts.includes(part))) listener.call();
    }
  }
}
