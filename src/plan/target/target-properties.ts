// `target.properties` of a sweep: a file of Java's clients as it is. Its addresses and security go
// to the target, its producer settings under those of the YAML; what kbench has no use for is told.
// Reads that file, and what its references to anything but secrets stand for. A secret stays where
// it is: the target keeps a reference to it, and no message ever shows one.
import { statSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from '../../base/errors.js';
import { didYouMean, nearest } from '../../base/suggest.js';
import type { SecuritySettings, TargetSettings } from '../../contract/settings.js';
import { ConfigError } from '../../connect/index.js';
import {
  ClientProperties,
  isSecretSetting,
  isSecuritySetting,
  literalSecret,
  MalformedProperties,
  type ProducerSetting,
  type SettingValue,
  UnreadableFile,
} from '../../connect/security/index.js';
import {
  PRODUCER_SETTINGS,
  producerConfigProblems,
  readAddresses,
  readSetting,
  Refusal,
  valueProblem,
} from '../../producer-core/settings.js';
import { noteLiteral } from './literal-secrets.js';
import { problemAt, type Place, type Problems } from '../yaml/problems.js';
import type { Given, Settings } from '../settings/given.js';
import { absolute } from './target-security.js';
import { isOfOtherClients } from './other-clients-settings.js';
import type { MapEntry, YamlNode } from '../yaml/yaml-source.js';

export interface TargetProperties {
  /** The file as the YAML names it. */
  readonly shown: string;
  /** bootstrap.servers, as target.bootstrap has it; null: not there. */
  readonly bootstrap: YamlNode | null;
  /** With absolute paths, secrets as references to the file. */
  readonly security: SecuritySettings;
  readonly producer: Settings;
  /** Where each key stands. */
  readonly places: ReadonlyMap<string, Place>;
  readonly warnings: readonly Problem[];
}

const PATH = 'target.properties';
/** They change nothing that is measured, and kbench has other ways to the same. */
const WITHOUT_EFFECT = new Set([
  ...[
    'metric.reporters',
    'metrics.num.samples',
    'metrics.sample.window.ms',
    'metrics.recording.level',
  ],
  ...['enable.metrics.push', 'auto.include.jmx.reporter'],
]);
/** Names of which a value is taken for a secret though nobody knows the name. */
const SECRETIVE = /pass|secret|token|credential|key|jaas|auth|user\.?info/i;
/**
 * What a setting's name looks like: a line that is none may be a secret whose key was forgotten.
 */
const LIKE_A_NAME = /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)+$/i;
const MAX_UNKNOWN_TOLD = 10;

/**
 * Null where there is none, or none that can be read; what is wrong goes to `problems`, but for
 * values in whose place `yaml` or the target's own security has others.
 */
export function readTargetProperties(
  target: MapEntry | undefined,
  folder: string,
  yaml: Settings,
  problems: Problems,
): TargetProperties | null {
  const entries = target?.value.kind === 'map' ? target.value.entries : null;
  const entry = entries?.get('properties');
  if (entries === null || entry === undefined) return null;
  const { value: node } = entry;
  if (node.kind !== 'scalar' || typeof node.value !== 'string' || node.value.trim() === '') {
    problems.add(
      node.at,
      PATH,
      `${PATH} is not the path of a file`,
      'write e.g. properties: ./client.properties',
    );
    return null;
  }
  const shown = node.value.trim();
  const whole = path.resolve(folder, shown);
  const remedy = `give the properties file that Java's clients are given; this is ${whole}`;
  try {
    const file = ClientProperties.open(whole);
    // Where the YAML has security of its own, both are checked together.
    const security = entries.get('security')?.value;
    const counts = new Set([
      ...yaml.keys(),
      ...(security?.kind === 'map' ? security.entries.keys() : []),
    ]);
    return new PropertiesReader(shown, file, folder, counts, problems).read(security === undefined);
  } catch (error) {
    if (!(error instanceof UnreadableFile || error instanceof MalformedProperties)) throw error;
    problems.add(node.at, PATH, `${shown}: ${error.message}`, remedy);
    return null;
  }
}

class PropertiesReader {
  readonly #security: Record<string, string> = {};
  /** As in #security, but literal secrets as they are: for checks that never show them. */
  readonly #checked: Record<string, string> = {};
  readonly #producer = new Map<string, Given>();
  readonly #places = new Map<string, Place>();
  readonly #unknown: string[] = [];
  readonly #ofOthers: string[] = [];
  readonly #withoutEffect: string[] = [];
  /** Secrets that stand in the file as they are. */
  readonly #literal: string[] = [];
  #bootstrap: YamlNode | null = null;

  constructor(
    private readonly shown: string,
    private readonly file: ClientProperties,
    private readonly folder: string,
    /** Settings that the YAML has. */
    private readonly replaced: ReadonlySet<string>,
    private readonly problems: Problems,
  ) {}

  read(isWhole: boolean): TargetProperties {
    for (const [key, { value, line }] of this.file.properties.entries) {
      this.#places.set(key, { origin: `${this.shown}:${line}` });
      this.#readEntry(key, value);
    }
    for (const { setting, message, remedy } of isWhole
      ? producerConfigProblems(this.#checked)
      : []) {
      this.problems.add(this.#at(setting), PATH, message, remedy);
    }
    return {
      shown: this.shown,
      bootstrap: this.#bootstrap,
      security: this.#security,
      producer: this.#producer,
      places: this.#places,
      warnings: this.#warnings(),
    };
  }

  #at(key: string): Place {
    return this.#places.get(key) ?? { origin: this.shown };
  }

  #readEntry(key: string, value: string): void {
    if (/^config\.providers(?:\..+)?$/.test(key)) return;
    const setting = PRODUCER_SETTINGS.get(key);
    if (WITHOUT_EFFECT.has(key)) this.#withoutEffect.push(key);
    else if (setting === undefined) this.#readStranger(key, value);
    else if (isSecretSetting(key)) this.#readSecret(key, value);
    else {
      const text = this.#resolved(key);
      if (text === null) return;
      if (key === 'bootstrap.servers') this.#readBootstrap(text);
      else this.#readSetting(setting, text);
    }
  }

  #readStranger(key: string, value: string): void {
    if (isOfOtherClients(key)) {
      this.#ofOthers.push(key);
      return;
    }
    this.#unknown.push(key);
    if (!LIKE_A_NAME.test(key)) noteLiteral(key, key);
    if (!LIKE_A_NAME.test(key) || SECRETIVE.test(key)) noteLiteral(key, value);
  }

  /** It stays in the file; an empty one is as good as none. */
  #readSecret(key: string, value: string): void {
    if (value.trim() === '') return;
    if (this.file.path.includes('}')) {
      const message = `${key} is a secret, and kbench cannot refer to a file with } in its path`;
      this.problems.add(this.#at(key), PATH, message, 'give the file, or its folder, another name');
      return;
    }
    const reference = `\${properties:${this.file.path}:${key}}`;
    this.#security[key] = reference;
    const refers = this.file.refers(key);
    this.#checked[key] = refers ? reference : value.trim();
    if (refers) return;
    noteLiteral(key, value.trim());
    if (literalSecret(key, value.trim()) !== null) this.#literal.push(key);
  }

  #resolved(key: string): string | null {
    try {
      return this.file.value(key);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.problems.add(this.#at(key), PATH, error.message, 'set it, or give the value itself');
      return null;
    }
  }

  #readBootstrap(text: string): void {
    this.#bootstrap = { kind: 'scalar', value: text, raw: text, at: this.#at('bootstrap.servers') };
  }

  /** As Java reads it: no units. */
  #readSetting(setting: ProducerSetting, text: string): void {
    const { name } = setting;
    const problem = notJavas(setting, text) ?? valueProblem(name, text);
    const read = problem === null ? readSetting(setting, text) : null;
    if (problem !== null || read === null || read instanceof Refusal) {
      if (problem !== null && !this.replaced.has(name)) {
        const remedy = `${problem.remedy}; or set it in the YAML, which counts`;
        this.problems.add(this.#at(name), PATH, problem.message, remedy);
      }
      return;
    }
    if (!isSecuritySetting(name)) {
      this.#producer.set(name, {
        value: name === 'acks' && read === '-1' ? 'all' : read,
        at: this.#at(name),
      });
    } else if (text !== '' || !/\.(?:location|file)$/.test(name)) {
      this.#security[name] = this.#checked[name] = absolute(name, String(read), this.folder);
    }
  }

  #warnings(): Problem[] {
    const list = (keys: readonly string[]) =>
      keys.slice(0, 20).join(', ') + (keys.length > 20 ? ', ...' : '');
    const at = { origin: this.shown };
    const warnings = this.#unknown.slice(0, MAX_UNKNOWN_TOLD).map((key) => this.#unknownKey(key));
    const more = this.#unknown.length - warnings.length;
    const note = (message: string, remedy?: string) =>
      warnings.push(problemAt(at, PATH, message, remedy));
    if (more > 0) note(`${more} more keys are no settings of Kafka's producer, and are not used`);
    if (this.#ofOthers.length > 0)
      note(`not used, as consumers and admins alone have it: ${list(this.#ofOthers)}`);
    if (this.#withoutEffect.length > 0)
      note(`not used, as kbench has no Java metrics: ${list(this.#withoutEffect)}`);
    for (const [key, line] of this.file.properties.repeated) {
      const name = PRODUCER_SETTINGS.has(key) || isOfOtherClients(key) ? key : 'a key';
      note(`${name} is there more than once: line ${line} counts, as in Java`, 'remove the others');
    }
    const security = Object.keys(this.#security).filter((key) => !key.startsWith('security.'));
    if (security.length > 0 && this.#security['security.protocol'] === undefined) {
      const message =
        "security.protocol is not set, so Java's default PLAINTEXT counts and these do nothing: " +
        list(security);
      note(message, 'set security.protocol in the file, or under target.security');
    }
    if (this.#literal.length > 0 && isReadByAll(this.file.path)) {
      const message =
        `it holds a secret as it is (${list(this.#literal)}), ` +
        'and anyone on this machine can read it';
      note(message, 'chmod 600 it, or write ${env:NAME} in place of the secret');
    }
    if (this.#beyondAscii()) {
      note(
        "it holds characters beyond ASCII, which Java's clients read as Latin-1",
        'write them as \\uXXXX',
      );
    }
    return warnings;
  }

  #beyondAscii(): boolean {
    // eslint-disable-next-line no-control-regex -- the range of ASCII
    return [...this.#places.keys()].some((key) => /[^\x00-\x7f]/.test(key + this.#raw(key)));
  }

  #raw(key: string): string {
    return this.file.properties.entries.get(key)?.value ?? '';
  }

  #unknownKey(key: string): Problem {
    const names = [...PRODUCER_SETTINGS.keys()];
    const shown = LIKE_A_NAME.test(key) ? key : 'a key that is not shown';
    const message = `${shown} is no setting of Kafka's producer, and is not used`;
    const remedy = nearest(key, names) === null ? undefined : didYouMean(key, names);
    return problemAt(this.#at(key), PATH, message, remedy);
  }
}

function isReadByAll(file: string): boolean {
  const mode =
    process.platform === 'win32' ? 0 : (statSync(file, { throwIfNoEntry: false })?.mode ?? 0);
  return (mode & 0o004) !== 0;
}

/** What Java's parsers refuse and kbench's would take: `1e3`, `0x10`, ` 5.0`. */
function notJavas(
  setting: ProducerSetting,
  text: string,
): { message: string; remedy: string } | null {
  if (!['int', 'bytes', 'ms'].includes(setting.type) || /^[+-]?\d+$/.test(text)) return null;
  const units =
    setting.type === 'bytes' ? ' of bytes' : setting.type === 'ms' ? ' of milliseconds' : '';
  return {
    message: `${setting.name}: ${JSON.stringify(text)} is not a whole number${units}`,
    remedy: 'Java takes digits alone here, without a unit',
  };
}

/** Tells where the YAML says otherwise than the file; the YAML counts. */
export function overridden(
  file: TargetProperties,
  yaml: Settings,
  target: TargetSettings,
): Problem[] {
  const { producer, security, bootstrap, places, shown } = file;
  const line = (name: string): string => places.get(name)?.origin ?? shown;
  const warnings = [...yaml].flatMap(([name, { value, at }]) => {
    const there = producer.get(name)?.value;
    if (there === undefined || there === value) return [];
    const [ours, theirs] = [value, there] as readonly SettingValue[];
    const message = `producer.${name} ${ours} counts, not ${theirs} of ${line(name)}`;
    return [problemAt(at, `producer.${name}`, message)];
  });
  if (target.kind !== 'external') return warnings;
  for (const [name, text] of Object.entries(target.security ?? {})) {
    if (security[name] === undefined || security[name] === text) continue;
    warnings.push(problemAt({}, PATH, `target.security.${name} counts, not ${line(name)}`));
  }
  const addresses = bootstrap?.kind === 'scalar' ? readAddresses(String(bootstrap.value)) : null;
  if (addresses !== null && addresses.toSorted().join() !== target.bootstrap.toSorted().join()) {
    const message =
      'target.bootstrap counts, not bootstrap.servers ' + `of ${line('bootstrap.servers')}`;
    warnings.push(problemAt({}, PATH, message));
  }
  return warnings;
}
