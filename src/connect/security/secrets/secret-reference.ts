// References that stand for secrets in settings: ${env:NAME}, ${file:/path},
// ${file:/path.properties:key} (the form of Java's FileConfigProvider) and ${properties:/path:key}
// (a value of a file of settings, as Java's clients take it). Resolved by the producer just before
// it connects, and by kbench's probe and admin requests. What a reference stands for must never
// leave this process: errors name the reference alone.
import { AbsentError, ConfigError } from '../../broker-errors.js';
import { ClientProperties } from '../properties/client-properties.js';
import { MalformedProperties, parseProperties } from '../properties/java-properties.js';
import { readRegularFile, UnreadableFile } from './read-regular-file.js';

type Kind = 'env' | 'file' | 'properties';
const REFERENCE = /\$\{(env|file|properties):([^}]*)\}/g;
/** One reference and nothing else. */
export const WHOLE_REFERENCE = /^\s*\$\{(?:env|file|properties):[^}]+\}\s*$/;

/** Whether the text is one reference and nothing else. */
export function isReference(text: string): boolean {
  return WHOLE_REFERENCE.test(text);
}

/** The text with what its references stand for. `setting` is for errors. Throws ConfigError. */
export async function resolveReferences(text: string, setting: string): Promise<string> {
  let resolved = '';
  let at = 0;
  for (const match of text.matchAll(REFERENCE)) {
    resolved += text.slice(at, match.index) + (await resolve(match[1] as Kind, match[2], setting));
    at = match.index + match[0].length;
  }
  return resolved + text.slice(at);
}

/**
 * The text with the path of each ${file:...} put through `change`: for paths that are relative to a
 * file.
 */
export function mapReferencePaths(text: string, change: (path: string) => string): string {
  return text.replaceAll(REFERENCE, (whole, kind: string, name: string) => {
    if (kind === 'env') return whole;
    const { path, key } = splitFile(name);
    return `\${${kind}:${change(path)}${key === null ? '' : `:${key}`}}`;
  });
}

async function resolve(kind: Kind, name: string, setting: string): Promise<string> {
  const reference = `\${${kind}:${name}}`;
  const refuse = (why: string, Kind = ConfigError) =>
    new Kind(setting, `${setting}: ${reference} ${why}`);
  if (kind === 'env') {
    const value = process.env[name];
    if (value === undefined || value === '')
      throw refuse(`cannot be resolved: the environment variable ${name} is not set`, AbsentError);
    return value;
  }
  const { path, key } = splitFile(name);
  try {
    if (kind === 'properties') {
      if (key === null) throw refuse('has no key: ${properties:PATH:KEY}');
      return ClientProperties.open(path).value(key);
    }
    const content = (await readRegularFile(path)).toString('utf8');
    // An editor ends the file with a newline; every other blank may belong to the secret.
    if (key === null) return content.replace(/\r?\n$/, '');
    const found = parseProperties(content).entries.get(key);
    if (found === undefined) throw refuse(`cannot be resolved: the file has no key ${key}`);
    return found.value;
  } catch (error) {
    if (error instanceof MalformedProperties) throw refuse(`cannot be resolved: ${error.message}`);
    if (!(error instanceof UnreadableFile)) throw error;
    throw refuse(error.message, error.absent ? AbsentError : ConfigError);
  }
}

/** A colon behind the last slash begins a key. */
function splitFile(name: string): { path: string; key: string | null } {
  const match = /^(..+):([^:/\\]+)$/s.exec(name);
  return match === null ? { path: name, key: null } : { path: match[1], key: match[2] };
}
