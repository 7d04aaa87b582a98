// Versions of saved files. Each names its own (`kbench/run@1`); what an older kbench wrote is
// brought up to the version that this one reads, step by step, and what cannot be is refused by
// name. Called by read-file, before a file is checked against its schema.
import { printable } from '../text/format.js';
import { ReadTrouble } from './read-trouble.js';

/**
 * From version n of a family to n + 1. What it is given has not been checked against any schema.
 */
export type Migration = (json: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/**
 * By family, then by the version that the step starts from. Empty as long as every family is at its
 * first version: fields that came later are filled in by the schemas' defaults, and need no
 * version. A change that defaults cannot express gets a version and a step here.
 */
export const MIGRATIONS: Readonly<Record<string, Readonly<Record<number, Migration>>>> = {};

/**
 * The file's content as `current` has it. Throws ReadTrouble where it is of another kind, newer, or
 * older than the steps reach.
 */
export function upToDate(json: unknown, current: string, migrations = MIGRATIONS): unknown {
  const schema =
    typeof json === 'object' && json !== null && 'schema' in json ? json.schema : undefined;
  if (schema === current) return json;
  const wanted = parse(current)!;
  const found = typeof schema === 'string' ? parse(schema) : null;
  if (found === null || found.family !== wanted.family) {
    const has =
      typeof schema === 'string' ? `its schema is ${printable(schema, 60)}` : 'it names no schema';
    throw new ReadTrouble(`is not a ${current} file: ${has}`, 'foreign');
  }
  const has = `${found.family}@${found.version}`;
  const message = `has the schema ${has}, and this kbench reads ${current}`;
  if (found.version > wanted.version) {
    throw new ReadTrouble(message, 'version', 'It was written by a newer kbench: update kbench.');
  }
  const steps = migrations[wanted.family] ?? {};
  let migrated = json as Record<string, unknown>;
  for (let version = found.version; version < wanted.version; version++) {
    if (!Object.hasOwn(steps, version)) {
      throw new ReadTrouble(
        message,
        'version',
        'It is older than any that this kbench can read: use the kbench that wrote it.',
      );
    }
    migrated = { ...steps[version](migrated), schema: `${wanted.family}@${version + 1}` };
  }
  return migrated;
}

function parse(schema: string): { readonly family: string; readonly version: number } | null {
  const match = /^(kbench\/[a-z-]{1,40})@(\d{1,9})$/.exec(schema);
  return match === null ? null : { family: match[1], version: Number(match[2]) };
}
