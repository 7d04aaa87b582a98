import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from './frame-reader.js';
import { WireError } from './wire-error.js';

function frame(bytes: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
}

function collect(pieces: readonly Buffer[]): string[] {
  const frames: string[] = [];
  const reader = new FrameReader((buffer, from, to) =>
    frames.push(buffer.toString('hex', from, to)),
  );
  const shared = Buffer.alloc(70_000);
  for (const piece of pieces) {
    piece.copy(shared);
    reader.push(shared, piece.length);
    shared.fill(0xdb);
  }
  return frames;
}

describe('frame reader', () => {
  it('gives the same frames however the stream was cut', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 40 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(bodies, fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (frames, sizes) => {
        const stream = Buffer.concat(frames.map(frame));
        const pieces: Buffer[] = [];
        for (let at = 0; at < stream.length;) {
          const size = sizes.next().value as number;
          pieces.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(collect(pieces)).toEqual(frames.map((body) => Buffer.from(body).toString('hex')));
      }),
      { numRuns: 300 },
    );
  });

  it('hands out a frame that is longer than the receive buffer', () => {
    const body = Buffer.alloc(200_000, 7);
    const whole = frame(body);
    const pieces = Array.from({ length: 4 }, (_, i) =>
      whole.subarray(i * 60_000, (i + 1) * 60_000),
    );
    expect(collect(pieces)).toEqual([body.toString('hex')]);
  });

  it('a frame that is kept stays as it was, and its memory is used again once given back', () => {
    const kept: { buffer: Buffer; bytes: Buffer }[] = [];
    const reader: FrameReader = new FrameReader((buffer, from, to) => {
      if (reader.keep()) kept.push({ buffer, bytes: buffer.subarray(from, to) });
    });
    const receive = (size: number, fill: number): void => {
      const whole = frame(Buffer.alloc(size, fill));
      for (let at = 0; at < whole.length; at += 60_000)
        reader.push(whole.subarray(at), Math.min(60_000, whole.length - at));
    };
    for (const fill of [1, 2]) receive(200_000, fill);
    // In one piece it is the receiving buffer's, and cannot be kept.
    receive(100, 3);
    expect(kept.map(({ bytes }) => [bytes.length, bytes[0], bytes.at(-1)])).toEqual([
      [200_000, 1, 1],
      [200_000, 2, 2],
    ]);
    reader.giveBack(kept[0].buffer);
    receive(150_000, 4);
    expect(kept[2].buffer).toBe(kept[0].buffer);
    expect(kept[2].bytes.equals(Buffer.alloc(150_000, 4))).toBe(true);
    expect(kept[1].bytes.equals(Buffer.alloc(200_000, 2))).toBe(true);
    // Of two the larger one is held on to; one that is too small is no help.
    for (const each of [kept[1].buffer, Buffer.alloc(100)]) reader.giveBack(each);
    receive(210_000, 5);
    receive(160_000, 6);
    expect(kept[3].buffer).not.toBe(kept[1].buffer);
    expect(kept[4].buffer).toBe(kept[1].buffer);
  });

  it.each([
    ['a negative size', 'ffffffff00000000', /frame of -1 bytes/],
    ['no room for a correlation id', '0000000300000000', /frame of 3 bytes/],
    ['a giant size', '7fffffff00000000', /frame of 2147483647 bytes/],
    ['a TLS alert', '15030300020228', /TLS/],
    ['a TLS handshake', '160303004a0200', /TLS/],
    ['an HTTP answer', Buffer.from('HTTP/1.1 400 Bad Request').toString('hex'), /HTTP/],
  ])('refuses %s, whole or byte by byte', (_, hex, message) => {
    const bytes = Buffer.from(hex, 'hex');
    for (const pieces of [[bytes], [...bytes].map((byte) => Buffer.from([byte]))]) {
      expect(() => collect(pieces)).toThrow(WireError);
      expect(() => collect(pieces)).toThrow(message);
    }
  });
});
