// What Java's producer refuses: values of the wrong type or range, and combinations that
// contradict. Pure functions over plain values, used by config.ts before a producer is made and by
// sweep's `validate` for every point.
import { isAddress } from '../../connect/index.js';
import {
  type ProducerSetting,
  securityProblems,
  type SettingValue,
} from '../../connect/security/index.js';
import { INT_MAX, PRODUCER_SETTINGS } from './config-table.js';
import { nearest } from '../../base/suggest.js';

type Values = Readonly<Record<string, SettingValue>>;

/** One thing wrong with a set of values. */
export interface ConfigProblem {
  readonly setting: string;
  /** Short name of the rule, e.g. `idempotence-in-flight`. */
  readonly rule: ConfigRule;
  readonly message: string;
  /** What to do, as a clause: "set ... to ...". */
  readonly remedy: string;
  /** The settings whose values together break the rule; one for a rule about one value. */
  readonly involved: readonly string[];
}

export type ConfigRule =
  | 'unknown-setting'
  | 'wrong-value'
  | 'out-of-range'
  | 'not-in-this-version'
  | 'idempotence-in-flight'
  | 'idempotence-acks'
  | 'idempotence-retries'
  | 'delivery-timeout'
  | 'transactional-id'
  | 'security'
  | 'two-phase-commit-timeout';

/** Texts that every broker is told; their length is an int16. */
const ON_THE_WIRE = ['client.id', 'transactional.id'];
const MAX_STRING_BYTES = 32_767;
const IN_FLIGHT = 'max.in.flight.requests.per.connection';
const MAX_IN_FLIGHT_FOR_IDEMPOTENCE = 5;

/**
 * All that Java's producer, or this version of kbench's core, refuses in these values; empty if
 * nothing. Combinations come first, with Java's meaning, then what kbench does not do yet. A
 * missing bootstrap.servers is no problem here.
 */
export function producerConfigProblems(values: Values): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [name, value] of Object.entries(values)) {
    const problem = valueProblem(name, value);
    if (problem !== null) problems.push(problem);
  }
  if (problems.length > 0) return problems; // combinations of what could not be read mean nothing
  problems.push(
    ...idempotenceProblems(values),
    ...deliveryTimeoutProblems(values),
    ...transactionProblems(values),
  );
  for (const { setting, message, remedy } of securityProblems(values))
    problems.push(single(setting, 'security', message, remedy));
  for (const [name, value] of Object.entries(values)) {
    const problem = notYet(PRODUCER_SETTINGS.get(name)!, value);
    if (problem !== null) problems.push(problem);
  }
  return problems;
}

/**
 * Whether Java's producer would be idempotent with these (well typed) values: enable.idempotence is
 * true by default, and switched off in silence by acks other than all or retries 0 when it was not
 * set explicitly. As ProducerConfig.postProcessAndValidateIdempotenceConfigs.
 */
export function effectiveIdempotence(values: Values): boolean {
  if (!effective(values, 'enable.idempotence')) return false;
  return effective(values, 'retries') !== 0 && acksAll(values);
}

/** One value by itself: its type and range, whatever the other settings are. Null if it is fine. */
export function valueProblem(name: string, value: SettingValue): ConfigProblem | null {
  const setting = PRODUCER_SETTINGS.get(name);
  if (setting === undefined) {
    return single(
      name,
      'unknown-setting',
      `${name} is not a setting of Kafka's producer`,
      unknownRemedy(name),
    );
  }
  const read = readSetting(setting, value);
  if (read instanceof Refusal)
    return single(name, read.rule, `${name}: ${read.message}`, read.remedy);
  return null;
}

/** What other clients call a setting, where the spelling alone does not tell. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  brokers: 'bootstrap.servers',
  'metadata.broker.list': 'bootstrap.servers',
  'queue.buffering.max.ms': 'linger.ms',
  'queue.buffering.max.kbytes': 'buffer.memory',
  'compression.codec': 'compression.type',
  'request.required.acks': 'acks',
  'message.max.bytes': 'max.request.size',
  'message.timeout.ms': 'delivery.timeout.ms',
  'message.send.max.retries': 'retries',
  'max.in.flight': 'max.in.flight.requests.per.connection',
  'sasl.mechanisms': 'sasl.mechanism',
  idempotent: 'enable.idempotence',
  idempotence: 'enable.idempotence',
  compression: 'compression.type',
  linger: 'linger.ms',
};

function unknownRemedy(name: string): string {
  const known = Object.hasOwn(ELSEWHERE, name)
    ? ELSEWHERE[name]
    : nearest(name, PRODUCER_SETTINGS.keys());
  return known === null ? 'see its name in Kafka\'s "Producer Configs"' : `did you mean ${known}?`;
}

/** Why a value cannot be read. */
export class Refusal {
  constructor(
    readonly rule: 'wrong-value' | 'out-of-range',
    readonly message: string,
    readonly remedy: string,
  ) {}
}

/**
 * A value as its setting's type: numbers and booleans from text as Java parses them, `acks` as
 * text. A Refusal if it is not one.
 */
export function readSetting(setting: ProducerSetting, value: SettingValue): SettingValue | Refusal {
  switch (setting.type) {
    case 'boolean': {
      const text = String(value).trim().toLowerCase();
      if (text === 'true' || text === 'false') return text === 'true';
      return new Refusal(
        'wrong-value',
        `${show(value)} is neither true nor false`,
        'set it to true or false',
      );
    }
    case 'int':
    case 'bytes':
    case 'ms':
    case 'double':
      return readNumber(setting, value);
    case 'enum': {
      const text = String(value).trim();
      const match = setting.values!.find(
        (each) =>
          each === text || (setting.caseless === true && each.toLowerCase() === text.toLowerCase()),
      );
      if (match !== undefined) return match;
      return new Refusal(
        'wrong-value',
        `${show(value)} is not one of its values`,
        `set it to one of ${setting.values!.join(', ')}`,
      );
    }
    case 'list': {
      if (setting.name !== 'bootstrap.servers') return checked(setting, String(value));
      const bad = readAddresses(String(value)).find((address) => !isAddress(address));
      if (bad === undefined) return String(value);
      return new Refusal(
        'wrong-value',
        `${show(bad)} is not host:port`,
        'write each broker as host:port, IPv6 as [::1]:9092',
      );
    }
    case 'string':
    case 'password': {
      const bytes = ON_THE_WIRE.includes(setting.name) ? Buffer.byteLength(String(value)) : 0;
      if (bytes <= MAX_STRING_BYTES) return checked(setting, String(value));
      return new Refusal(
        'out-of-range',
        `a text of ${bytes} bytes is longer than Kafka's protocol can carry`,
        `give at most ${MAX_STRING_BYTES} bytes`,
      );
    }
  }
}

/** Text, held to its setting's own check; nothing at all is as good as left out. */
function checked(setting: ProducerSetting, value: string): string | Refusal {
  const refusal = value.trim() === '' ? null : (setting.check?.(value.trim()) ?? null);
  return refusal === null ? value : new Refusal('wrong-value', refusal.message, refusal.remedy);
}

function readNumber(setting: ProducerSetting, value: SettingValue): number | Refusal {
  const unit =
    setting.type === 'bytes' ? ' of bytes' : setting.type === 'ms' ? ' of milliseconds' : '';
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const fits =
    typeof number === 'number' &&
    (setting.type === 'double' ? Number.isFinite(number) : Number.isInteger(number));
  if (!fits) {
    const kind = setting.type === 'double' ? 'number' : 'whole number';
    return new Refusal(
      'wrong-value',
      `${show(value)} is not a ${kind}${unit}`,
      `give a ${kind}${unit}`,
    );
  }
  const { min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = setting;
  if (setting.except?.includes(number) === true) {
    return new Refusal(
      'out-of-range',
      `${number} is not one of its values`,
      `set it to another value of ${min} to ${max}`,
    );
  }
  if (number >= min && number <= max) return number;
  return new Refusal(
    'out-of-range',
    `${number} is outside ${min} to ${max}${unit}`,
    `set it to ${min} to ${max}`,
  );
}

/** `a:1, b:2` as a list; empty entries are left out. */
export function readAddresses(text: string): string[] {
  return text
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
}

function idempotenceProblems(values: Values): ConfigProblem[] {
  if (!effective(values, 'enable.idempotence')) return [];
  const explicit = Object.hasOwn(values, 'enable.idempotence');
  const problems: ConfigProblem[] = [];
  if (explicit && effective(values, 'retries') === 0) {
    problems.push({
      setting: 'retries',
      rule: 'idempotence-retries',
      message: 'enable.idempotence: true needs retries above 0, and retries is 0',
      remedy: 'leave retries out, or set enable.idempotence: false',
      involved: ['retries', 'enable.idempotence'],
    });
  }
  if (explicit && !acksAll(values)) {
    problems.push({
      setting: 'acks',
      rule: 'idempotence-acks',
      message:
        'enable.idempotence: true needs acks: ' +
        `all, and acks is ${show(effective(values, 'acks'))}`,
      remedy: 'set acks: all, or enable.idempotence: false',
      involved: ['acks', 'enable.idempotence'],
    });
  }
  // Java checks this one even where acks or retries have just switched the default off: the user
  // has to say so.
  const inFlight = effective(values, IN_FLIGHT) as number;
  if (inFlight > MAX_IN_FLIGHT_FOR_IDEMPOTENCE) {
    problems.push({
      setting: IN_FLIGHT,
      rule: 'idempotence-in-flight',
      message:
        `${IN_FLIGHT} is ${inFlight}, but at most 5 while enable.idempotence is true` +
        (explicit
          ? ''
          : " (Java's default, which Java's producer checks before acks or retries switch it off)"),
      remedy: `set ${IN_FLIGHT} to at most 5, or enable.idempotence: false`,
      involved: [IN_FLIGHT, 'enable.idempotence'],
    });
  }
  return problems;
}

function deliveryTimeoutProblems(values: Values): ConfigProblem[] {
  if (!Object.hasOwn(values, 'delivery.timeout.ms')) return [];
  const delivery = effective(values, 'delivery.timeout.ms') as number;
  const linger = Math.min(effective(values, 'linger.ms') as number, INT_MAX);
  const request = effective(values, 'request.timeout.ms') as number;
  const least = Math.min(linger + request, INT_MAX);
  if (delivery >= least) return [];
  return [
    {
      setting: 'delivery.timeout.ms',
      rule: 'delivery-timeout',
      message:
        `delivery.timeout.ms is ${delivery}, less than linger.ms + request.timeout.ms = ` +
        `${linger} + ${request}`,
      remedy: `set delivery.timeout.ms to at least ${least}, or lower request.timeout.ms`,
      involved: ['delivery.timeout.ms', 'linger.ms', 'request.timeout.ms'],
    },
  ];
}

function transactionProblems(values: Values): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (values['transactional.id'] === '')
    problems.push(
      single(
        'transactional.id',
        'wrong-value',
        'transactional.id is empty',
        'give it a name or leave it out',
      ),
    );
  if (Object.hasOwn(values, 'transactional.id') && !effectiveIdempotence(values)) {
    problems.push({
      setting: 'transactional.id',
      rule: 'transactional-id',
      message:
        'transactional.id needs idempotence, which acks, retries or enable.idempotence switch off',
      remedy: 'set acks: all, leave retries out, and set enable.idempotence: true',
      involved: ['transactional.id', 'enable.idempotence', 'acks', 'retries'],
    });
  }
  if (
    effective(values, 'transaction.two.phase.commit.enable') &&
    Object.hasOwn(values, 'transaction.timeout.ms')
  ) {
    problems.push({
      setting: 'transaction.timeout.ms',
      rule: 'two-phase-commit-timeout',
      message:
        'transaction.timeout.ms cannot be set with transaction.two.phase.commit.enable: ' +
        'such transactions never expire',
      remedy: 'leave transaction.timeout.ms out',
      involved: ['transaction.timeout.ms', 'transaction.two.phase.commit.enable'],
    });
  }
  return problems;
}

function notYet(setting: ProducerSetting, value: SettingValue): ConfigProblem | null {
  if (setting.implemented) return null;
  const accepts = setting.accepts ?? (setting.default === null ? [] : [setting.default]);
  if (accepts.includes(readSetting(setting, value) as SettingValue)) return null;
  const reason = setting.why ?? 'not in this version of kbench yet';
  const since =
    setting.since === undefined ? '' : ` (Java's producer has it since Kafka ${setting.since})`;
  const shown = setting.type === 'password' ? '' : `: ${String(value)}`;
  const instead = accepts.length === 0 ? '' : `, or set it to ${accepts.join(' or ')}`;
  return single(
    setting.name,
    'not-in-this-version',
    `${setting.name}${shown} is refused: ${reason}${since}`,
    `leave it out${instead}`,
  );
}

function single(setting: string, rule: ConfigRule, message: string, remedy: string): ConfigProblem {
  return { setting, rule, message, remedy, involved: [setting] };
}

/** The value in force, read by its type: as given, else Java's default. */
function effective(values: Values, name: string): SettingValue {
  const setting = PRODUCER_SETTINGS.get(name)!;
  const given = Object.hasOwn(values, name) ? values[name] : undefined;
  return given === undefined ? setting.default! : (readSetting(setting, given) as SettingValue);
}

function acksAll(values: Values): boolean {
  const acks = effective(values, 'acks');
  return acks === 'all' || acks === '-1';
}

function show(value: SettingValue): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
