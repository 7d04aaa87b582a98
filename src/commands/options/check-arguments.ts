// Options as they were typed, held to what each takes: one value where it takes one, a number where
// it takes a number, something at all. yargs itself lets these through, and a command would fail on
// them far from here. Called by command-line for every command.
import { ConfigurationError } from '../../base/errors.js';
import { leadsToSecrets } from '../../base/secrets/secret-lines.js';
import { printable } from '../../base/printable.js';

/** What yargs knows of the options of the command that was chosen. */
export interface OptionTypes {
  readonly array: readonly string[];
  readonly boolean: readonly string[];
  readonly number: readonly string[];
  readonly string: readonly string[];
  readonly key: Readonly<Record<string, unknown>>;
}

const MAX_CHARACTERS = 60;
const USAGE_REMEDY = 'kbench --help lists commands, kbench <command> --help options';

/** Throws ConfigurationError for the first that is not as it should be. */
export function checkArguments(
  argv: Readonly<Record<string, unknown>>,
  types: OptionTypes,
  typed: readonly string[],
): void {
  for (const name of Object.keys(types.key)) {
    const value = argv[name];
    if (value === undefined || name === 'help' || name === 'version') continue;
    const fault = faultOf(name, value, types) ?? notASwitch(name, types, typed);
    if (fault === null) continue;
    const isOption = typed.some((each) => /^--(?:no-)?/.exec(each) !== null && each.includes(name));
    throw new ConfigurationError(
      isOption ? `--${name} ${fault}` : `${name} is empty`,
      USAGE_REMEDY,
    );
  }
}

function faultOf(name: string, value: unknown, types: OptionTypes): string | null {
  const isList = types.array.includes(name);
  if (Array.isArray(value) && !isList) return 'is given more than once: give it once';
  for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
    if (types.boolean.includes(name)) continue;
    if (typeof one === 'boolean')
      return one ? 'needs a value' : `takes a value, so there is no --no-${name}`;
    if (types.number.includes(name) && !Number.isFinite(one)) return 'takes a number';
    if (typeof one === 'string' && one.trim() === '') return 'needs a value';
    if (typeof one === 'object') return 'takes one plain value';
  }
  return null;
}

/** `--json=maybe` would count as false. */
function notASwitch(
  name: string,
  { boolean }: OptionTypes,
  typed: readonly string[],
): string | null {
  if (!boolean.includes(name)) return null;
  const odd = typed.find((each) => each.startsWith(`--${name}=`) && !/=(?:true|false)$/.test(each));
  return odd === undefined ? null : 'is a switch: it takes no value';
}

const EXAMPLES: Readonly<Record<string, string>> = {
  set: 'batch.size=32KiB',
  sweep: 'batch.size=16KiB,64KiB',
};

/**
 * What yargs refuses, in words that name the option as it is typed and quote nothing that may be a
 * secret.
 */
export function usageError(message: string, typed: readonly string[]): ConfigurationError {
  const lacking = /^Not enough arguments following: (\S+)$/.exec(message);
  if (lacking !== null) {
    const [, name] = lacking;
    const next = typed[typed.findLastIndex((each) => each === `--${name}`) + 1];
    const remedy = `write --${name}=${EXAMPLES[name] ?? 'VALUE'}`;
    if (next === undefined || !next.startsWith('-') || typed.at(-1) === `--${name}`)
      return new ConfigurationError(`--${name} needs a value`, remedy);
    const shown = leadsToSecrets(next)
      ? ''
      : ` (${printable(next, MAX_CHARACTERS)} would be another option)`;
    return new ConfigurationError(
      `--${name} needs a value${shown}`,
      `a value that begins with a dash follows an equals sign: --${name}=-x`,
    );
  }
  if (/^Unknown argument/.test(message) && typed.some((each) => leadsToSecrets(each)))
    return new ConfigurationError(
      'unknown arguments, not shown as they may hold a secret',
      USAGE_REMEDY,
    );
  return new ConfigurationError(message.replaceAll(/\s*\n\s*/g, ' '), USAGE_REMEDY);
}
