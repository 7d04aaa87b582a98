// Values as a sweep gives them, with their places. Types only; read by sections.ts and the target's
// properties.
import type { Place } from '../yaml/problems.js';
import type { FieldValue } from './field.js';

/** A value and where it was written. */
export interface Given {
  readonly value: FieldValue;
  readonly at: Place;
}

/** Settings by path, as `sweep:` names them. */
export type Settings = ReadonlyMap<string, Given>;
