// `target.security` of a sweep: TLS and SASL under Java's own names. Secrets may stand there as references only, so that neither the file,
// nor its copy with the results, nor a command line ever holds one. Reads only; no reference is resolved here.
import path from 'node:path';
import type { SecuritySettings } from '../contract/settings.js';
import { PRODUCER_SETTINGS } from '../producer-core/config.js';
import { producerConfigProblems } from '../producer-core/config-rules.js';
import { JaasError, parseJaasConfig } from '../producer-core/security/jaas-config.js';
import { isSecretSetting, literalSecret } from '../producer-core/security/redact.js';
import { mapReferencePaths } from '../producer-core/security/secret-reference.js';
import { isSecuritySetting } from '../producer-core/security/security-config.js';
import { scalarOf } from './field.js';
import { readProducer } from './fields.js';
import type { Place, Problems } from './problems.js';
import { didYouMean, nearest } from '../base/suggest.js';
import { noteLiteral, noteLiterals } from './literal-secrets.js';
import type { MapEntry } from './yaml-source.js';

const PATH = 'target.security';
/** The form of a reference, for remedies. */
const WRITE_REFERENCE =
  'write ${env:NAME} (an environment variable) or ${file:PATH} (a file that holds nothing else) instead';
const JAAS = 'sasl.jaas.config';
const JAAS_FORM =
  '<login module> required username="alice" password="${env:NAME}";, values in quotes and a semicolon at the end';
const NAMES = [...PRODUCER_SETTINGS.keys()].filter(isSecuritySetting);

/** The settings, paths made absolute from `folder`. What is wrong goes to `problems`, never with a secret in it. */
export function readSecurity({ value: node, keyAt }: MapEntry, folder: string, problems: Problems): SecuritySettings {
  if (node.kind !== 'map') {
    noteLiterals(PATH, node);
    problems.add(hideLine(keyAt), PATH, `${PATH} is not a mapping`, 'write e.g. {security.protocol: SSL}');
    return {};
  }
  const settings: Record<string, string> = {};
  const places = new Map<string, Place>();
  let secretsFound = false;
  for (const { key, keyAt: at, value } of node.entries.values()) {
    const shown = `${PATH}.${key}`;
    const setting = PRODUCER_SETTINGS.get(key);
    if (setting === undefined || !isSecuritySetting(key)) {
      noteLiterals(key, value);
      const message = setting === undefined ? `unknown key ${PATH}.${nameOf(key)}` : `${key} is no security setting`;
      problems.add(
        hideLine(at),
        setting === undefined ? PATH : shown,
        message,
        setting === undefined ? didYouMean(key, NAMES) : 'it belongs under producer:',
      );
      continue;
    }
    places.set(key, at);
    // The setting's own check could show a value.
    const read = isSecretSetting(key) ? scalarOf(value) : readProducer(setting, value);
    if (!read.ok) {
      problems.add(hideLine(value.at), shown, `${shown}: ${read.message}`, read.remedy);
      continue;
    }
    const text = typeof read.value === 'object' ? '' : String(read.value);
    if (literalSecret(key, text) !== null) {
      secretsFound = true;
      refuseLiteral(key, text, value.at, problems);
      continue;
    }
    settings[key] = absolute(key, text, folder);
  }
  if (secretsFound) return settings; // what else is wrong may come of what is missing now
  if (!node.entries.has('security.protocol')) {
    const message = `${PATH} has no security.protocol, so nothing of it would be used`;
    problems.add(hideLine(keyAt), PATH, message, 'set it to SSL, SASL_SSL or SASL_PLAINTEXT');
    return settings;
  }
  for (const { setting, message, remedy } of producerConfigProblems(settings)) {
    problems.add(hideLine(places.get(setting) ?? keyAt), `${PATH}.${setting}`, message, remedy);
  }
  return settings;
}

/** What is wrong with a secret that stands on the command line or in the file itself; null where it is a reference. */
export function literalSecretProblem(name: string, text: string): { message: string; remedy: string } | null {
  const what = literalSecret(name, text);
  if (what === null) return null;
  const unreadable = name === JAAS ? jaasTrouble(text) : null;
  if (unreadable !== null) {
    const message = `${name} cannot be read: ${unreadable}`;
    return { message, remedy: `write ${JAAS_FORM}, or a reference in place of the whole` };
  }
  if (name !== JAAS || what === name) {
    return { message: `${name} is a secret, and must not stand here as it is`, remedy: WRITE_REFERENCE };
  }
  return {
    message: `${name} holds a secret, its ${what}, which must not stand here as it is`,
    remedy: `write ${what}="\${env:NAME}" or ${what}="\${file:PATH}" in it, or a reference in place of the whole`,
  };
}

/** What is wrong with a text that is no JAAS configuration, without a word of it; null where it is one. */
function jaasTrouble(text: string): string | null {
  try {
    parseJaasConfig(text);
    return null;
  } catch (error) {
    if (error instanceof JaasError) return error.message;
    throw error;
  }
}

function refuseLiteral(name: string, text: string, at: Place, problems: Problems): void {
  noteLiteral(name, text);
  const { message, remedy } = literalSecretProblem(name, text)!;
  problems.add(hideLine(at), `${PATH}.${name}`, message, remedy);
}

/** A key that nobody knows, if it is like a setting's name: else it may be a secret whose key was forgotten. */
function nameOf(key: string): string {
  const isName = /^[a-z]+(?:[._-][a-z]+)*$/i.test(key) && (isSecuritySetting(key) || nearest(key, NAMES) !== null);
  return isName ? key : '(not shown)';
}

/** Without its column, a problem is told without the file's line: that may hold a secret. */
function hideLine({ line, origin }: Place): Place {
  return { ...(line === undefined ? {} : { line }), ...(origin === undefined ? {} : { origin }) };
}

function absolute(name: string, text: string, folder: string): string {
  const resolve = (relative: string) => path.resolve(folder, relative);
  const referenced = mapReferencePaths(text, resolve);
  const isPath = /\.(?:location|file)$/.test(name) && referenced === text && !text.startsWith('${');
  return isPath ? resolve(text) : referenced;
}
