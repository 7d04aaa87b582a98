// Memory of a size that the collector comes round to too late: it is given back the moment that its
// owner says so. For frames of many MiB, received by producers and by the embedded cluster. Must
// never be freed while anyone may still read or write it.

/** From this size on. */
export const LARGE_BYTES = 8 * 1024 * 1024;

interface Resizable {
  resize(bytes: number): void;
}

/** Its pages cost nothing before they are written. */
export function allocateLarge(bytes: number): Buffer {
  const make = ArrayBuffer as new (
    bytes: number,
    options: { readonly maxByteLength: number },
  ) => ArrayBuffer;
  return Buffer.from(new make(bytes, { maxByteLength: bytes }));
}

/** Of allocateLarge(). The buffer is empty then. */
export function freeLarge({ buffer }: Buffer): void {
  (buffer as unknown as Resizable).resize(0);
}
