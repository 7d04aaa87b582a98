// The settings of a producer as TypeScript sees them, read off the one table of settings
// (config-table.ts), and what JavaScript callers give, made into plain values. Called by
// core-producer.ts once a producer.
import { described } from '../library/argument-checks.js';
import type { SettingRow } from './config-table.js';
import { ConfigError } from '../errors.js';
import type { ProducerSettingValues, SettingValue } from '../../connect/security/index.js';

/** By a setting's type. Numbers and booleans may also come as text, as in a properties file. */
interface ValueOf {
  boolean: boolean | 'true' | 'false';
  string: string;
  password: string;
  list: string | readonly string[];
  int: number | `${number}`;
  double: number | `${number}`;
  bytes: number | `${number}`;
  ms: number | `${number}`;
}

type ValueOfRow<Row extends SettingRow> = Row extends { readonly name: 'acks' }
  ? 'all' | '-1' | '0' | '1' | -1 | 0 | 1
  : Row extends { readonly type: 'enum'; readonly values: readonly (infer Value)[] }
    ? Value
    : Row['type'] extends keyof ValueOf
      ? ValueOf[Row['type']]
      : never;

type OptionalSettings = {
  readonly [Row in SettingRow as Exclude<Row['name'], 'bootstrap.servers'>]?:
    ValueOfRow<Row> | undefined;
};

/**
 * Java's producer settings by their own names, in Java's units (bytes, milliseconds); what is left
 * out, or undefined, has Java's default. Where settings come from elsewhere, as a Record<string,
 * string>, `as ProducerSettings` leaves the check to the producer.
 */
export interface ProducerSettings extends OptionalSettings {
  /**
   * Brokers to begin with: `host:port`, IPv6 as `[::1]:9092`; several as a list, or with commas.
   */
  readonly 'bootstrap.servers': string | readonly string[];
}

/** The settings that are there, lists as Java writes them. Throws ConfigError. */
export function takeSettings(given: unknown): ProducerSettingValues {
  if (!isNamedValues(given)) {
    throw new ConfigError(
      'bootstrap.servers',
      `the settings are ${described(given)}; they are an object such as { 'bootstrap.servers': ` +
        "'host:9092' }",
    );
  }
  const values: Record<string, SettingValue> = {};
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value !== undefined) values[name] = settingValue(name, value);
  }
  return values;
}

function isNamedValues(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null && !(Symbol.iterator in given);
}

function settingValue(name: string, value: unknown): SettingValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (Array.isArray(value) && value.every((each) => typeof each === 'string'))
    return value.join(',');
  const advice =
    value === null ? 'leave it out for its default' : 'it must be a text, a number or a boolean';
  throw new ConfigError(name, `${name} is ${described(value)}; ${advice}`);
}
