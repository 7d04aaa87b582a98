// What an experiment is: a name that its page and its sweep share, and parts that give figures as
// Markdown. Types only; the catalogue lists all, run-experiments makes them.

export interface PartContext {
  /** Repeats in place of the sweep's own; null: as the YAML says. */
  readonly repeats: number | null;
  /** Where sweeps leave their results. */
  readonly out: string;
  /** Aborted by the part's time limit and by the user. */
  readonly signal: AbortSignal;
  /** One line for who waits. */
  readonly tell: (line: string) => void;
}

/** A sweep, or a program for what a YAML cannot say. */
export interface Part {
  readonly title: string;
  /** What it is thought to take, in seconds, at so many repeats (null: its own). */
  estimate(repeats: number | null): Promise<number> | number;
  /** Markdown: when and where it was measured, and the tables. */
  measure(context: PartContext): Promise<string>;
}

export interface Experiment {
  /** Of docs/experiments/NAME.md, too. */
  readonly name: string;
  readonly question: string;
  readonly parts: readonly Part[];
}
