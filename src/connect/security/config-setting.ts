// The shape of settings: of their values, and of one row of the table (config-table.ts).
// Types only.

/**
 * `bytes` and `ms` are whole numbers of that unit, as `int` is a whole number of anything. `list`
 * is comma-separated text, as in Java.
 */
export type SettingType =
  'boolean' | 'string' | 'enum' | 'list' | 'int' | 'double' | 'bytes' | 'ms' | 'password';

export type SettingValue = string | number | boolean;

/**
 * Settings as they are passed on, names unknown to TypeScript; see ProducerSettings for those of a
 * constructor.
 */
export type ProducerSettingValues = Readonly<Record<string, SettingValue>>;

/** One setting of Java's producer. */
export interface ProducerSetting {
  /** Java's name, e.g. `batch.size`. */
  readonly name: string;
  readonly type: SettingType;
  /** Java's default; null where Java has none. */
  readonly default: SettingValue | null;
  /** Smallest and largest value, both included (Java's type and validator). */
  readonly min?: number;
  readonly max?: number;
  /** Values within that range that Java refuses all the same. */
  readonly except?: readonly number[];
  /** What an `enum` takes. */
  readonly values?: readonly string[];
  /** In any case. */
  readonly caseless?: boolean;
  /** What a `string` or `list` must be besides; null: it is fine. */
  readonly check?: (value: string) => { readonly message: string; readonly remedy: string } | null;
  /** Whether kbench's core does what the setting says. If not, only `accepts` may be set. */
  readonly implemented: boolean;
  /**
   * The values that may be set although it is not implemented, since the core then does just that
   * anyway. Left out: Java's default alone.
   */
  readonly accepts?: readonly SettingValue[];
  /**
   * Why it is not implemented, where "not in this version of kbench yet" would be wrong or too
   * short.
   */
  readonly why?: string;
  /** The first release of Kafka that has it; left out: 3.9 and before. */
  readonly since?: string;
  /** One line of help. */
  readonly doc: string;
}
