// Java's own serializers (org.apache.kafka.common.serialization), byte for byte: strings in UTF-8,
// numbers big-endian. Found by their Java names through `builtInSerializer`; called once a record
// and side by user-code.ts.
import { builtInName, type BuiltInSerializer } from '../config/serializer-names.js';
import type { Serializer } from './interfaces.js';
import { SerializationError } from './user-code-error.js';

const INT_MAX = 2_147_483_647;
const LONG_LIMIT = 2n ** 63n;
/** Strings as Node 20 has them; TypeScript's es2023 has not. */
type UnicodeText = string & { isWellFormed(): boolean };

/** Half of a surrogate pair without the other. */
const LONE_SURROGATES = /\p{Surrogate}/gu;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function wrong(type: string, data: unknown): never {
  const shown =
    typeof data === 'string' ? 'a string' : typeof data === 'number' ? String(data) : typeof data;
  throw new SerializationError(`${shown} is not ${type}`);
}

/** UTF-8 as Java writes it: half of a surrogate pair becomes `?`, where Node would write U+FFFD. */
export function utf8(text: string): Uint8Array {
  return Buffer.from(wellFormed(text));
}

/** The text as UTF-8 can carry it; the same where it is so already. */
export function wellFormed(text: string): string {
  return (text as UnicodeText).isWellFormed() ? text : text.replace(LONE_SURROGATES, '?');
}

/**
 * The bytes of a Uint8Array, another view or an ArrayBuffer; not copied. Null if it is none of
 * these.
 */
function bytesOf(data: unknown): Uint8Array | null {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : null;
}

function whole(data: unknown, max: number, type: string): number {
  return Number.isInteger(data) && (data as number) <= max && (data as number) >= -max - 1
    ? (data as number)
    : wrong(type, data);
}

/** A number's bytes; `write` puts them there, big-endian. */
function fixed(size: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer));
  return bytes;
}

function double(data: unknown): number {
  return typeof data === 'number' ? data : wrong('a number', data);
}

/** How each turns data other than null into bytes. */
const WRITERS: Readonly<Record<BuiltInSerializer, (data: unknown) => Uint8Array | null>> = {
  ByteArraySerializer: (data) => bytesOf(data) ?? wrong('a Uint8Array', data),
  BytesSerializer: (data) => bytesOf(data) ?? wrong('a Uint8Array', data),
  ByteBufferSerializer: (data) => bytesOf(data) ?? wrong('a Uint8Array', data),
  // Bytes are taken for the text's own, so that a sweep's generated values go through Java's most
  // usual serializer.
  StringSerializer: (data) =>
    typeof data === 'string'
      ? utf8(data)
      : data instanceof Uint8Array
        ? data
        : wrong('a string', data),
  BooleanSerializer: (data) =>
    typeof data === 'boolean' ? Uint8Array.of(data ? 1 : 0) : wrong('a boolean', data),
  ShortSerializer: (data) =>
    fixed(2, (view) => view.setInt16(0, whole(data, 32_767, 'a 16-bit integer'))),
  IntegerSerializer: (data) =>
    fixed(4, (view) => view.setInt32(0, whole(data, INT_MAX, 'a 32-bit integer'))),
  LongSerializer: (data) => fixed(8, (view) => view.setBigInt64(0, long(data))),
  // Java's NaN has one form only; that of DataView is the engine's affair.
  FloatSerializer: (data) =>
    fixed(4, (view) =>
      Number.isNaN(double(data))
        ? view.setUint32(0, 0x7fc00000)
        : view.setFloat32(0, data as number),
    ),
  DoubleSerializer: (data) =>
    fixed(8, (view) =>
      Number.isNaN(double(data))
        ? view.setUint32(0, 0x7ff80000)
        : view.setFloat64(0, data as number),
    ),
  UUIDSerializer: (data) =>
    typeof data === 'string' && UUID.test(data)
      ? utf8(data.toLowerCase())
      : wrong('the text of a UUID', data),
  VoidSerializer: () => null,
};

function long(data: unknown): bigint {
  if (typeof data === 'bigint' && data >= -LONG_LIMIT && data < LONG_LIMIT) return data;
  return Number.isSafeInteger(data)
    ? BigInt(data as number)
    : wrong('a 64-bit integer (a bigint or a safe integer)', data);
}

/** By Java's full name or the class name alone; null if there is none. */
export function builtInSerializer(name: string): Serializer | null {
  const known = builtInName(name);
  if (known === null) return null;
  const write = WRITERS[known];
  return { serialize: (_topic, data) => (data === null ? null : write(data)) };
}

/**
 * Whether this built-in serializer leaves bytes as they are, so that nothing need be called for
 * them.
 */
export function keepsBytes(name: string): boolean {
  return /^(?:ByteArray|Bytes|ByteBuffer|String)Serializer$/.test(builtInName(name) ?? '');
}

/** What is sent where no serializer is set: bytes as they are, text as UTF-8. */
export const plainSerializer: Serializer = {
  serialize(_topic, data) {
    if (data === null) return null;
    if (typeof data === 'string') return utf8(data);
    return (
      bytesOf(data) ??
      wrong(
        'a string or a Uint8Array (set key.serializer or value.serializer for other data)',
        data,
      )
    );
  },
};
