// CRC-32C (Castagnoli) over a batch: the prebuilt native package where there is a binary for this
// platform, else JavaScript. Called once a batch, at close.
import { createRequire } from 'node:module';

type Crc32c = (bytes: Buffer, before?: number) => number;

/** Slicing by 8 tables for the reflected polynomial 0x82f63b78. */
function makeTables(): Uint32Array[] {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
    tables[0][n] = c >>> 0;
  }
  for (let n = 0; n < 256; n++) {
    let c = tables[0][n];
    for (let t = 1; t < 8; t++) {
      c = tables[0][c & 0xff] ^ (c >>> 8);
      tables[t][n] = c >>> 0;
    }
  }
  return tables;
}

type Crc32cRange = (state: number, bytes: Uint8Array, from: number, to: number) => number;

function makeRange(): Crc32cRange {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = makeTables() as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  return (state, b, from, to) => {
    let crc = state;
    let i = from;
    for (const end = to - 7; i < end; i += 8) {
      crc ^= b[i] | (b[i + 1] << 8) | (b[i + 2] << 16) | (b[i + 3] << 24);
      crc =
        t7[crc & 0xff] ^
        t6[(crc >>> 8) & 0xff] ^
        t5[(crc >>> 16) & 0xff] ^
        t4[crc >>> 24] ^
        t3[b[i + 4]] ^
        t2[b[i + 5]] ^
        t1[b[i + 6]] ^
        t0[b[i + 7]];
    }
    for (; i < to; i++) crc = t0[(crc ^ b[i]) & 0xff] ^ (crc >>> 8);
    return crc;
  };
}

/**
 * The register of a CRC-32C after the bytes from `from` to `to`, from the register before them: -1
 * at the start; the CRC is its complement. For pieces too small to be worth a native call.
 */
export const crc32cRegister: Crc32cRange = makeRange();

/** The fallback, exported for its test. */
export function makeCrc32cInJavaScript(): Crc32c {
  return (b, before = 0) => (crc32cRegister(before ^ -1, b, 0, b.length) ^ -1) >>> 0;
}

function load(): Crc32c {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: Crc32c };
    return native.crc32c;
  } catch {
    // No prebuilt binary for this platform: a quarter of the speed, same answer.
    return makeCrc32cInJavaScript();
  }
}

/** CRC-32C of `bytes`, unsigned; `before` is that of the bytes in front of them. */
export const crc32c: Crc32c = load();
