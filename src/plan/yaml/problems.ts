// Collects everything wrong with a sweep, so that one `kbench validate` tells all of it.
import { ConfigurationError, type Problem } from '../../base/errors.js';

/** Where a value was written: line and column from 1, or the --set that gave it. */
export interface Place {
  readonly line?: number;
  readonly column?: number;
  /** E.g. `--set batch.size=16K`. */
  readonly origin?: string;
}

const MAX_PROBLEMS = 50;

export class Problems {
  readonly #found: Problem[] = [];
  #more = 0;

  get any(): boolean {
    return this.#found.length > 0;
  }

  add(at: Place, path: string, message: string, remedy?: string): void {
    if (this.#found.length === MAX_PROBLEMS) {
      this.#more += 1;
      return;
    }
    this.#found.push(problemAt(at, path, message, remedy));
  }

  /**
   * Throws one ConfigurationError with all that was found, in the order of the file; returns if
   * nothing was.
   */
  throwIfAny(file: string): void {
    if (!this.any) return;
    const problems = this.#found.toSorted(byPlace);
    if (this.#more > 0) problems.push({ message: `and ${this.#more} more problems` });
    const count = this.#found.length + this.#more;
    throw new ConfigurationError(
      `${file}: ${count === 1 ? '1 problem' : `${count} problems`}`,
      undefined,
      problems,
      file,
    );
  }
}

export function problemAt(at: Place, path: string, message: string, remedy?: string): Problem {
  return {
    message: at.origin === undefined ? message : `${at.origin}: ${message}`,
    ...(at.line === undefined ? {} : { line: at.line }),
    ...(at.column === undefined ? {} : { column: at.column }),
    ...(path === '' ? {} : { path }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function byPlace(a: Problem, b: Problem): number {
  return (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0) || 0;
}
