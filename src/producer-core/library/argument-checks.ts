// Checks of what JavaScript callers give to the library's public methods, and the words in which it
// is refused. Called once a call, never from the way that kbench's own generators take.
import { IllegalArgumentError } from '../errors.js';
import { nearest } from '../../base/suggest.js';

const MOST_SHOWN = 40;

/** A value in words, for a message: what it is, and short values themselves. */
export function described(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'string': {
      const shown = value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}...` : value;
      return `the text ${JSON.stringify(shown)}`;
    }
    case 'number':
      return `the number ${value}`;
    case 'bigint':
      return `the bigint ${value}n`;
    case 'boolean':
      return `the boolean ${value}`;
    case 'symbol':
      return 'a symbol';
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : describedObject(value);
  }
}

function describedObject(value: object): string {
  if (Array.isArray(value)) return 'an array';
  if (isPlainObject(value)) return 'an object';
  const { constructor } = value as { constructor?: { name?: unknown } };
  const name = typeof constructor === 'function' ? constructor.name : '';
  if (name === '') return 'an object';
  return /^[AEIOU]/.test(name) && !/^(?:URL|Uint)/.test(name) ? `an ${name}` : `a ${name}`;
}

/** `{}`, of this realm or another, or one without prototype. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The name that a misspelt one was meant to be, as the end of a message. */
export function meant(name: string, known: readonly string[]): string {
  const best = nearest(name, known);
  return best === null ? `known here: ${known.join(', ')}` : `did you mean ${best}?`;
}

/** Refuses fields that nobody reads; one that is undefined is absent. */
export function checkNames(what: string, given: object, known: readonly string[]): void {
  for (const name in given) {
    if (known.includes(name) || (given as Record<string, unknown>)[name] === undefined) continue;
    throw new IllegalArgumentError(`${what}: unknown field ${name}; ${meant(name, known)}`);
  }
}

export function checkText(what: string, value: unknown): asserts value is string {
  if (typeof value !== 'string')
    throw new IllegalArgumentError(`${what} is ${described(value)}; it must be a text`);
}

export function checkFunction(what: string, value: unknown): void {
  if (typeof value !== 'function')
    throw new IllegalArgumentError(`${what} is ${described(value)}, not a function`);
}

/** A whole number of that range. */
export function checkWhole(
  what: string,
  value: unknown,
  low: number,
  high = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isInteger(value) && (value as number) >= low && (value as number) <= high) return;
  const range = high === Number.MAX_SAFE_INTEGER ? `from ${low}` : `from ${low} to ${high}`;
  throw new IllegalArgumentError(
    `${what} is ${described(value)}; it must be a whole number ${range}`,
  );
}

/** How long close() may last. */
export function checkTimeout(timeoutMs: unknown): void {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0) return;
  throw new IllegalArgumentError(
    `close: the time limit is ${described(timeoutMs)}; ` +
      'it must be milliseconds from 0, or left out to wait for everything',
  );
}

/** Other clients' methods of these names take a time limit or a callback. */
export function checkNoArguments(method: string, given: readonly unknown[], instead: string): void {
  if (given.every((value) => value === undefined)) return;
  throw new IllegalArgumentError(
    `${method} takes no arguments, and got ${described(given[0])}; ${instead}`,
  );
}
