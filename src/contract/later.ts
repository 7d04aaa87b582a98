// What a later version of kbench may add to a saved file without a new schema version: codes,
// values of an enumeration, sections. They are read as they are, so that nothing is refused for its
// age; the reports say that they do not know them.
import { z } from 'zod';

/** A code that this version does not have: text, but none of its own codes. */
export type LaterCode = string & { readonly laterCode: never };

const laterCode = z.string().max(200) as unknown as z.ZodType<LaterCode, string>;

/** One of `codes`, or any other text. */
export const codeOrLater = <const T extends readonly [string, ...string[]]>(
  codes: T,
): z.ZodType<T[number] | LaterCode, string> => z.union([z.enum(codes), laterCode]);

export const isOneOf = <T extends string>(codes: readonly T[], code: string): code is T =>
  (codes as readonly string[]).includes(code);

/**
 * The object with the fields that it does not know kept beside those that it does; its type is as
 * before.
 */
export const withLaterSections = <T extends z.ZodObject>(schema: T): T =>
  schema.loose() as unknown as T;

/** Fields of a file's object that `schema` does not know. */
export const laterSections = (schema: z.ZodObject, value: object): string[] =>
  Object.keys(value).filter((name) => !Object.hasOwn(schema.shape, name));
