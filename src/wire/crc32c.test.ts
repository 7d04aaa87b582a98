import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c, makeCrc32cInJavaScript } from './crc32c.js';

describe('crc32c', () => {
  const inJavaScript = makeCrc32cInJavaScript();
  // RFC 3720 B.4 and the check value of the CRC catalogue.
  const vectors: [string, Buffer, number][] = [
    ['nothing', Buffer.alloc(0), 0],
    ['123456789', Buffer.from('123456789'), 0xe3069283],
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ];

  it.each(vectors)('of %s is the published value', (_, bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
    expect(inJavaScript(bytes)).toBe(crc);
  });

  it('the fallback equals the native one at any length and alignment', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(9), (bytes, skip) => {
        const view = Buffer.from(bytes).subarray(Math.min(skip, bytes.length));
        expect(inJavaScript(view)).toBe(crc32c(view));
      }),
      { numRuns: 300 },
    );
  });
});
