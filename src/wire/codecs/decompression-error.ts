// What every decoder of this room throws.

/** Bytes that a codec cannot read, or that would become more than was allowed. */
export class DecompressionError extends Error {}

export function tooLarge(name: string, limitBytes: number): DecompressionError {
  return new DecompressionError(`${name}: more than ${limitBytes} bytes would come out`);
}
