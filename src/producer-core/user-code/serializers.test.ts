import { describe, expect, it } from 'vitest';
import { BUILT_IN_SERIALIZERS } from '../config/serializer-names.js';
import { builtInSerializer, keepsBytes, plainSerializer } from './serializers.js';
import { SerializationError } from './user-code-error.js';

const hex = (name: string, data: unknown): string | null => {
  const bytes = builtInSerializer(name)!.serialize('t', data);
  return bytes === null ? null : Buffer.from(bytes).toString('hex');
};

describe('built-in serializers', () => {
  // What Java's classes of these names give, from their definitions (big-endian,
  // Double.doubleToLongBits, Float.floatToRawIntBits).
  it.each([
    ['StringSerializer', 'aé€😀', '61c3a9e282acf09f9880'],
    ['StringSerializer', 'x\ud800y', '783f79'],
    ['StringSerializer', '', ''],
    ['IntegerSerializer', 1, '00000001'],
    ['IntegerSerializer', -2_147_483_648, '80000000'],
    ['ShortSerializer', -2, 'fffe'],
    ['LongSerializer', 2n ** 63n - 1n, '7fffffffffffffff'],
    ['LongSerializer', -1, 'ffffffffffffffff'],
    ['LongSerializer', 1_700_000_000_000, '0000018bcfe56800'],
    ['DoubleSerializer', 1.5, '3ff8000000000000'],
    ['DoubleSerializer', -0, '8000000000000000'],
    ['DoubleSerializer', NaN, '7ff8000000000000'],
    ['FloatSerializer', 1.5, '3fc00000'],
    ['FloatSerializer', NaN, '7fc00000'],
    ['BooleanSerializer', true, '01'],
    ['BooleanSerializer', false, '00'],
    [
      'UUIDSerializer',
      'F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6',
      Buffer.from('f81d4fae-7dec-11d0-a765-00a0c91e6bf6').toString('hex'),
    ],
    ['ByteArraySerializer', Uint8Array.of(1, 2), '0102'],
    ['BytesSerializer', Buffer.from('ff', 'hex'), 'ff'],
    ['ByteBufferSerializer', new DataView(Uint8Array.of(9, 8, 7).buffer, 1), '0807'],
    ['VoidSerializer', 'anything', null],
  ])('%s of %s', (name, data, expected) => {
    expect(hex(name, data)).toBe(expected);
    expect(hex(`org.apache.kafka.common.serialization.${name}`, data)).toBe(expected);
  });

  it('leave null null', () => {
    for (const name of BUILT_IN_SERIALIZERS) expect(hex(name, null)).toBeNull();
  });

  it.each([
    ['IntegerSerializer', 2_147_483_648],
    ['IntegerSerializer', 1.5],
    ['IntegerSerializer', '1'],
    ['ShortSerializer', 32_768],
    ['LongSerializer', 2n ** 63n],
    ['LongSerializer', 2 ** 53],
    ['DoubleSerializer', 1n],
    ['BooleanSerializer', 'true'],
    ['UUIDSerializer', 'f81d4fae'],
    ['StringSerializer', 5],
    ['ByteArraySerializer', 'text'],
  ])('%s refuses %s', (name, data) => {
    expect(() => hex(name, data)).toThrow(SerializationError);
  });

  it('know which of them need not be called for bytes', () => {
    const bytes = Uint8Array.of(1);
    for (const name of BUILT_IN_SERIALIZERS.filter(keepsBytes)) {
      expect(builtInSerializer(name)!.serialize('t', bytes)).toBe(bytes);
    }
    expect(keepsBytes('org.apache.kafka.common.serialization.StringSerializer')).toBe(true);
    expect(keepsBytes('VoidSerializer')).toBe(false);
  });

  it('without one, text and bytes are taken and nothing else', () => {
    expect(plainSerializer.serialize('t', 'é')).toEqual(Buffer.from('é'));
    expect(plainSerializer.serialize('t', null)).toBeNull();
    expect(() => plainSerializer.serialize('t', 5)).toThrow(
      /set key.serializer or value.serializer/,
    );
  });
});
