// What an audited value begins with: which run, worker and number it is of, and a check of the
// whole value. Written by stamped-payload.ts, read by whoever meets the record again (the audit,
// and consumers in this process). Must allocate nothing per record.
//
//   Stamp => run worker sequence check         16 bytes, big-endian
//     run      => UINT32    drawn for each run, so that records of others are known as foreign
//     worker   => UINT16    from 0
//     sequence => UINT48    0, 1, 2, ... of that worker, over warm-up and measured part
//     check    => UINT32    CRC-32C of the value from byte 16 on, followed by its first 12 bytes
//
// The rest comes first in the check, so that its part is the same for every record that sends the
// same bytes: it is computed once a value, and a stamp costs a few table look-ups.
import { randomInt } from 'node:crypto';
import { crc32c, crc32cRegister } from '../../wire/index.js';

export const STAMP_BYTES = 16;
/** As a worker has 16 bits. */
export const MOST_WORKERS = 65_536;
const RUN_AT = 0;
const WORKER_AT = 4;
const SEQUENCE_AT = 6;
const LOW_AT = 8;
const CHECK_AT = 12;
const TWO_32 = 2 ** 32;

/** What all stamps of a run carry: drawn for each, so that records of others are known. */
export const drawStamp = (): number => randomInt(TWO_32);

/** A native call costs as much as so many bytes in JavaScript. */
const NATIVE_FROM = 512;

/** Register of the CRC after the value's bytes behind its stamp. */
export function restRegister(bytes: Uint8Array, start: number, length: number): number {
  const [from, to] = [start + STAMP_BYTES, start + length];
  if (to - from < NATIVE_FROM) return crc32cRegister(-1, bytes, from, to);
  return ~crc32c(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from));
}

const TWELVE_ZEROS = new Uint8Array(CHECK_AT);

/** What the register of the rest comes to behind a head of zeros. */
const behindTheHead = (register: number): number => crc32cRegister(register, TWELVE_ZEROS, 0, 12);

/**
 * CRC is linear: the register behind a head is that behind zeros, xor what each byte of the head
 * adds by itself. One table for each byte.
 */
const HEAD_TABLES: readonly Int32Array[] = Array.from({ length: CHECK_AT }, (_, at) => {
  const head = new Uint8Array(CHECK_AT);
  return Int32Array.from({ length: 256 }, (_each, byte) => {
    head[at] = byte;
    return crc32cRegister(0, head, 0, CHECK_AT);
  });
});
const [R0, R1, R2, R3, W0, W1, S0, S1, S2, S3, S4, S5] = HEAD_TABLES as [
  ...[Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array],
  ...[Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array],
];

function ofRunAndWorker(run: number, worker: number): number {
  return (
    R0[run >>> 24] ^
    R1[(run >>> 16) & 0xff] ^
    R2[(run >>> 8) & 0xff] ^
    R3[run & 0xff] ^
    W0[(worker >>> 8) & 0xff] ^
    W1[worker & 0xff]
  );
}

const ofHigh = (high: number): number => S0[(high >>> 8) & 0xff] ^ S1[high & 0xff];

const ofLow = (low: number): number =>
  S2[low >>> 24] ^ S3[(low >>> 16) & 0xff] ^ S4[(low >>> 8) & 0xff] ^ S5[low & 0xff];

/** What a head adds to its check; the same for two heads only if they are the same, nearly. */
export function headPart(run: number, worker: number, sequence: number): number {
  const high = Math.floor(sequence / TWO_32);
  return ofRunAndWorker(run, worker) ^ ofHigh(high) ^ ofLow(sequence >>> 0);
}

/** The head part that a value with this rest and this check must have had. */
export const headPartOf = (register: number, check: number): number =>
  ~check ^ behindTheHead(register);

/** Stamps the values of one worker of one run, in the order of their numbers. */
export class StampWriter {
  private readonly fixed: number;
  private high = 0;
  private highPart: number;

  /** `run` is any uint32. */
  constructor(
    private readonly run: number,
    private readonly worker: number,
  ) {
    this.fixed = ofRunAndWorker(run, worker);
    this.highPart = this.fixed ^ ofHigh(0);
  }

  /** What a value's own bytes add to its check: for `write`. */
  partOf(value: Uint8Array): number {
    return ~behindTheHead(restRegister(value, 0, value.length));
  }

  /** Over the first 16 bytes of the value that begins at `at`. */
  write(view: DataView, at: number, sequence: number, part: number): void {
    view.setUint32(at + RUN_AT, this.run);
    view.setUint16(at + WORKER_AT, this.worker);
    view.setUint16(at + SEQUENCE_AT, Math.floor(sequence / TWO_32));
    this.writeAgain(view, at, sequence, part);
  }

  /**
   * Over a stamp of this writer's own of less than 2^32 numbers before: the bytes that differ. The
   * bytes of a value that is sent over and over are touched as little as can be.
   */
  writeAgain(view: DataView, at: number, sequence: number, part: number): void {
    const low = sequence >>> 0;
    if (sequence >= TWO_32) this.setHigh(view, at, sequence);
    view.setUint32(at + LOW_AT, low);
    view.setUint32(at + CHECK_AT, part ^ this.highPart ^ ofLow(low));
  }

  private setHigh(view: DataView, at: number, sequence: number): void {
    const high = Math.floor(sequence / TWO_32);
    view.setUint16(at + SEQUENCE_AT, high);
    if (high === this.high) return;
    this.high = high;
    this.highPart = this.fixed ^ ofHigh(high);
  }
}

/** Reads stamps; the fields are of the last value read. */
export class StampReader {
  run = 0;
  worker = 0;
  sequence = 0;
  check = 0;
  /** Register of the CRC of the bytes behind the stamp. */
  register = 0;

  /**
   * Whose record it says it is, unchecked: false where there are not even the bytes of a stamp.
   * Leaves `check` and `register` as they are.
   */
  readHead(bytes: Uint8Array, start: number, length: number): boolean {
    if (length < STAMP_BYTES) {
      this.run = this.worker = this.sequence = 0;
      return false;
    }
    this.run = uint32(bytes, start + RUN_AT);
    this.worker = (bytes[start + WORKER_AT] << 8) | bytes[start + WORKER_AT + 1];
    const high = (bytes[start + SEQUENCE_AT] << 8) | bytes[start + SEQUENCE_AT + 1];
    this.sequence = high * TWO_32 + uint32(bytes, start + LOW_AT);
    return true;
  }

  /** Whether the value is as it was stamped. False as well for one that never was. */
  read(bytes: Uint8Array, start: number, length: number): boolean {
    if (!this.readHead(bytes, start, length)) {
      this.check = this.register = 0;
      return false;
    }
    this.check = uint32(bytes, start + CHECK_AT);
    this.register = restRegister(bytes, start, length);
    const whole = ~crc32cRegister(this.register, bytes, start, start + CHECK_AT);
    return whole >>> 0 === this.check;
  }
}

const uint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
