// A combination of settings that is refused: what every rule of a point gives. A leaf.

/** A combination that is refused. `involved` are paths; the first is the one to blame. */
export interface Broken {
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
  readonly involved: readonly string[];
}
