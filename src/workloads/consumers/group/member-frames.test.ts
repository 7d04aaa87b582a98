import { describe, expect, it } from 'vitest';
import { eventFrame, FrameParser, recordsFrame, type MemberEvent } from './member-frames.js';

const HEAD = { partition: 3, receivedMs: 1234.5, next: 2 ** 40, end: NaN };
const value = (byte: number, length = 40): Uint8Array => new Uint8Array(length).fill(byte);

function parsed(bytes: Buffer, pieceBytes: number) {
  const events: MemberEvent[] = [];
  const stamps: string[] = [];
  let rubbish = 0;
  const parser = new FrameParser({
    onEvent: (event) => events.push(event),
    onRecords: (head, from, at, count) => {
      expect(head).toEqual(HEAD);
      for (let i = 0; i < count; i++)
        stamps.push(from.toString('hex', at + 16 * i, at + 16 * i + 2));
    },
    onRubbish: () => (rubbish += 1),
  });
  for (let at = 0; at < bytes.length; at += pieceBytes)
    parser.push(bytes.subarray(at, at + pieceBytes));
  return { events, stamps, rubbish };
}

describe('frames of a group’s member', () => {
  const pong: MemberEvent = { event: 'pong', nonce: 1, clockMs: 2.5 };
  const stream = Buffer.concat([
    eventFrame(pong),
    recordsFrame(HEAD, [value(1), value(2, 15), null, value(4, 16)]),
    eventFrame({ event: 'revoked' }),
  ]);

  it.each([1, 7, 64, 10_000])('come whole out of pieces of %i bytes', (pieceBytes) => {
    const { events, stamps, rubbish } = parsed(stream, pieceBytes);
    expect(events).toEqual([pong, { event: 'revoked' }]);
    // A value that is too short for a stamp has none.
    expect(stamps).toEqual(['0101', '0000', '0000', '0404']);
    expect(rubbish).toBe(0);
  });

  it.each([
    ['text', Buffer.from('Exception in thread "main"')],
    ['a kind that there is not', Buffer.from([0, 0, 0, 1, 9])],
    ['an event that is no JSON', Buffer.from([0, 0, 0, 2, 0, 0x7b])],
    ['records without their head', Buffer.from([0, 0, 0, 2, 1, 0])],
  ])('end at %s, told once', (_what, bytes) => {
    const { events, rubbish } = parsed(Buffer.concat([bytes, stream, stream]), 10_000);
    expect({ events, rubbish }).toEqual({ events: [], rubbish: 1 });
  });
});
