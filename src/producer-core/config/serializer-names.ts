// The names of Java's own serializers, and Java's class names in general. A leaf: settings are
// checked by it (user-code/module-names.ts), and user-code/serializers.ts has the code to each
// name.

const PACKAGE = 'org.apache.kafka.common.serialization.';

/** Short names of all that are built in. */
export const BUILT_IN_SERIALIZERS = [
  'ByteArraySerializer',
  'BytesSerializer',
  'ByteBufferSerializer',
  'StringSerializer',
  'BooleanSerializer',
  'ShortSerializer',
  'IntegerSerializer',
  'LongSerializer',
  'FloatSerializer',
  'DoubleSerializer',
  'UUIDSerializer',
  'VoidSerializer',
] as const;

export type BuiltInSerializer = (typeof BUILT_IN_SERIALIZERS)[number];

/** The built-in one of this name, Java's full name or the class name alone; null: there is none. */
export function builtInName(name: string): BuiltInSerializer | null {
  const short = shortName(name, PACKAGE);
  return BUILT_IN_SERIALIZERS.find((each) => each === short) ?? null;
}

/** A Java class name without its package, if it is in that package. */
export function shortName(name: string, javaPackage: string): string {
  return name.startsWith(javaPackage) ? name.slice(javaPackage.length) : name;
}
