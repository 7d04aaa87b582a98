import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../wire/index.js';
import { headPart, headPartOf, STAMP_BYTES, StampReader, StampWriter } from './stamp.js';

const stamped = (run: number, worker: number, sequence: number, rest: Buffer): Buffer => {
  const value = Buffer.concat([Buffer.alloc(STAMP_BYTES, 0xa5), rest]);
  const writer = new StampWriter(run, worker);
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  writer.write(view, 0, sequence, writer.partOf(value));
  return value;
};

const identity = fc.record({
  run: fc.nat(0xffffffff),
  worker: fc.nat(0xffff),
  sequence: fc.oneof(
    fc.nat(0xffff),
    fc.maxSafeNat().map((n) => n % 2 ** 48),
  ),
  rest: fc.uint8Array({ maxLength: 1200 }).map((bytes) => Buffer.from(bytes)),
});

describe('a stamp', () => {
  it('is read as it was written, wherever the value lies', () => {
    const reader = new StampReader();
    fc.assert(
      fc.property(identity, fc.nat(20), ({ run, worker, sequence, rest }, before) => {
        const value = stamped(run, worker, sequence, rest);
        const bytes = Buffer.concat([Buffer.alloc(before), value, Buffer.alloc(3)]);
        expect(reader.read(bytes, before, value.length)).toBe(true);
        expect(reader).toMatchObject({ run, worker, sequence });
        expect(value.subarray(STAMP_BYTES)).toEqual(rest);
      }),
    );
  });

  it('checks by CRC-32C over the rest and then the head, as the layout says', () => {
    fc.assert(
      fc.property(identity, ({ run, worker, sequence, rest }) => {
        const value = stamped(run, worker, sequence, rest);
        expect(value.readUInt32BE(12)).toBe(crc32c(Buffer.concat([rest, value.subarray(0, 12)])));
      }),
    );
  });

  it('tells every changed byte, and what its head was by the check alone', () => {
    const reader = new StampReader();
    fc.assert(
      fc.property(identity, fc.nat(), fc.integer({ min: 1, max: 255 }), (of, place, change) => {
        const value = stamped(of.run, of.worker, of.sequence, of.rest);
        const at = place % value.length;
        value[at] ^= change;
        expect(reader.read(value, 0, value.length)).toBe(false);
        const head = headPartOf(reader.register, reader.check);
        expect(head === headPart(of.run, of.worker, of.sequence)).toBe(at < 12);
      }),
    );
  });

  it('is not found in values too short for one', () => {
    expect(new StampReader().read(Buffer.alloc(40), 0, 15)).toBe(false);
    expect(new StampReader().read(Buffer.alloc(40), 0, -1)).toBe(false);
  });
});
