// Zigzag varints as record batches use them: sizes and writing. Hot: called several times a record,
// allocates nothing.

/** Bytes of `value` (a 32-bit integer) as a zigzag varint: 1 to 5. */
export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}

/** Writes `value` (a 32-bit integer) as a zigzag varint at `at`; returns the position behind it. */
export function writeVarint(buffer: Uint8Array, at: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  while (zigzag >= 0x80) {
    buffer[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  buffer[at++] = zigzag;
  return at;
}

/**
 * As writeVarint for values of 0 to 2^31 - 1, with the short forms first: nearly every field of a
 * record takes one or two bytes.
 */
export function writeLength(buffer: Uint8Array, at: number, value: number): number {
  if (value < 0x40) {
    buffer[at] = value << 1;
    return at + 1;
  }
  if (value < 0x2000) {
    const zigzag = value << 1;
    buffer[at] = (zigzag & 0x7f) | 0x80;
    buffer[at + 1] = zigzag >> 7;
    return at + 2;
  }
  return writeVarint(buffer, at, value);
}

const INT32_MAX = 0x7fffffff;

/** Bytes of `value` (a whole number within 2^53) as a zigzag varlong: 1 to 10. */
export function varlongBytes(value: number): number {
  if (value >= -INT32_MAX && value <= INT32_MAX) return varintBytes(value);
  let rest = Math.floor((value >= 0 ? value : -value - 1) / 0x40);
  let bytes = 1;
  for (; rest > 0; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

/**
 * Writes `value` (a whole number within 2^53) as a zigzag varlong at `at`; returns the position
 * behind it.
 */
export function writeVarlong(buffer: Uint8Array, at: number, value: number): number {
  if (value >= -INT32_MAX && value <= INT32_MAX) return writeVarint(buffer, at, value);
  // The zigzag itself may be too large for a double: its lowest seven bits are split off before it
  // comes about.
  const magnitude = value >= 0 ? value : -value - 1;
  let low = (magnitude % 0x40) * 2 + (value >= 0 ? 0 : 1);
  let rest = Math.floor(magnitude / 0x40);
  while (rest > 0) {
    buffer[at++] = low | 0x80;
    low = rest % 0x80;
    rest = Math.floor(rest / 0x80);
  }
  buffer[at++] = low;
  return at;
}

/** Bytes of `value` (0 to 2^32 - 1) as an unsigned varint, as compact lengths use it: 1 to 5. */
export function uvarintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** Writes `value` (0 to 2^32 - 1) as an unsigned varint at `at`; returns the position behind it. */
export function writeUvarint(buffer: Uint8Array, at: number, value: number): number {
  let rest = value >>> 0;
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}
