// Where a payload file's records begin and end, found in a window of its bytes. Bytes are never
// decoded: what is no UTF-8 stays as it is. Called by load-payload-file.ts; one framing reads one
// file.
import type { LengthPrefix } from '../../../contract/settings.js';

/** Longest value that a sweep may have. */
export const MAX_RECORD_BYTES = 100 * 1024 * 1024;

export interface Framing {
  /**
   * The record that begins at `at`: sets `start`, `end` and `next`. False: the window ends before
   * the record does (or, where it is the `last` one, holds no further record). Throws FramingError,
   * whose message follows "the record at byte N ".
   */
  find(window: Buffer, at: number, last: boolean): boolean;
  readonly start: number;
  readonly end: number;
  /** Where the record after it begins. */
  readonly next: number;
  /** Empty records are none: an empty line. */
  readonly skipsEmpty: boolean;
  /** What a record is called in messages. */
  readonly noun: 'line' | 'record';
  /** Skips a byte order mark at the beginning of the file. */
  readonly isText: boolean;
}

export class FramingError extends Error {}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;

abstract class Found {
  start = 0;
  end = 0;
  next = 0;

  protected set(start: number, end: number, next: number): true {
    this.start = start;
    this.end = end;
    this.next = next;
    return true;
  }
}

/** Lines end with LF or CR LF; the last may lack it. */
export class LineFraming extends Found implements Framing {
  readonly skipsEmpty = true;
  readonly noun = 'line';
  readonly isText = true;

  find(window: Buffer, at: number, last: boolean): boolean {
    const newline = window.indexOf(NEWLINE, at);
    if (newline === -1) {
      return last && at < window.length && this.set(at, window.length, window.length);
    }
    const crlf = newline > at && window[newline - 1] === RETURN;
    return this.set(at, crlf ? newline - 1 : newline, newline + 1);
  }
}

/** Lines of CSV (RFC 4180): a line end within quotes belongs to the record. */
export class CsvFraming extends Found implements Framing {
  readonly skipsEmpty = true;
  readonly noun = 'record';
  readonly isText = true;

  constructor(private readonly separator: number) {
    super();
  }

  find(window: Buffer, at: number, last: boolean): boolean {
    let fieldStart = true;
    let quoted = false;
    for (let i = at; i < window.length; i++) {
      const byte = window[i];
      if (quoted) {
        // A doubled quote ends and begins again: the second one is met as a field's first byte.
        if (byte === QUOTE) [quoted, fieldStart] = [false, true];
        continue;
      }
      if (byte === QUOTE && fieldStart) quoted = true;
      if (byte === NEWLINE) {
        const crlf = i > at && window[i - 1] === RETURN;
        return this.set(at, crlf ? i - 1 : i, i + 1);
      }
      fieldStart = byte === this.separator;
    }
    if (!last || at === window.length) return false;
    if (quoted) throw new FramingError('has a quote that is never closed');
    return this.set(at, window.length, window.length);
  }
}

/** Records parted by a text; one at the very end parts nothing. */
export class DelimiterFraming extends Found implements Framing {
  readonly skipsEmpty = true;
  readonly noun = 'record';
  readonly isText = true;
  private readonly delimiter: Buffer;

  constructor(delimiter: string) {
    super();
    this.delimiter = Buffer.from(delimiter);
  }

  find(window: Buffer, at: number, last: boolean): boolean {
    const found = window.indexOf(this.delimiter, at);
    if (found !== -1) return this.set(at, found, found + this.delimiter.length);
    return last && at < window.length && this.set(at, window.length, window.length);
  }
}

/** Each record behind its length. */
export class LengthPrefixFraming extends Found implements Framing {
  readonly skipsEmpty = false;
  readonly noun = 'record';
  readonly isText = false;

  constructor(private readonly prefix: LengthPrefix) {
    super();
  }

  find(window: Buffer, at: number, last: boolean): boolean {
    if (at === window.length) return false;
    const start = this.prefix === 'varint' ? afterVarint(window, at) : at + 4;
    if (start === null || start > window.length) {
      if (last) throw new FramingError('ends in the middle of its length');
      return false;
    }
    const length = this.lengthAt(window, at);
    if (length > MAX_RECORD_BYTES) {
      throw new FramingError(`would have ${length} bytes, more than ${MAX_RECORD_BYTES}`);
    }
    if (start + length <= window.length) return this.set(start, start + length, start + length);
    if (!last) return false;
    throw new FramingError(`has ${window.length - start} bytes of the ${length} that it tells`);
  }

  private lengthAt(window: Buffer, at: number): number {
    if (this.prefix === 'uint32be') return window.readUInt32BE(at);
    if (this.prefix === 'uint32le') return window.readUInt32LE(at);
    let length = 0;
    let scale = 1;
    for (let i = at; ; i++, scale *= 128) {
      length += (window[i] & 0x7f) * scale;
      if (window[i] < 0x80) return length;
    }
  }
}

/** Null where the window ends within it. */
function afterVarint(window: Buffer, at: number): number | null {
  for (let i = at; i < at + 5; i++) {
    if (i >= window.length) return null;
    if (window[i] < 0x80) return i + 1;
  }
  throw new FramingError('has a length of more than five bytes, which is no varint of 32 bits');
}

/** Pieces of one size; what is too short for one more is left out. */
export class SliceFraming extends Found implements Framing {
  readonly skipsEmpty = false;
  readonly noun = 'record';
  readonly isText = false;

  constructor(private readonly bytes: number) {
    super();
  }

  find(window: Buffer, at: number): boolean {
    const end = at + this.bytes;
    return end <= window.length && this.set(at, end, end);
  }
}
