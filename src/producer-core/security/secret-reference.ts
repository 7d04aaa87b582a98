// References that stand for secrets in settings: ${env:NAME}, ${file:/path} and ${file:/path.properties:key} (the form of Java's
// FileConfigProvider). Resolved by the producer just before it connects, and by kbench's probe and admin requests. What a reference
// stands for must never leave this process: errors name the reference alone.
import { AbsentError, ConfigError } from '../errors.js';
import { readRegularFile, UnreadableFile } from './read-regular-file.js';

const REFERENCE = /\$\{(env|file):([^}]*)\}/g;
const WHOLE = /^\s*\$\{(?:env|file):[^}]+\}\s*$/;

/** Whether the text is one reference and nothing else. */
export function isReference(text: string): boolean {
  return WHOLE.test(text);
}

/** The text with what its references stand for. `setting` is for errors. Throws ConfigError. */
export async function resolveReferences(text: string, setting: string): Promise<string> {
  let resolved = '';
  let at = 0;
  for (const match of text.matchAll(REFERENCE)) {
    resolved += text.slice(at, match.index) + (await resolve(match[1] as 'env' | 'file', match[2], setting));
    at = match.index + match[0].length;
  }
  return resolved + text.slice(at);
}

/** The text with the path of each ${file:...} put through `change`: for paths that are relative to a file. */
export function mapReferencePaths(text: string, change: (path: string) => string): string {
  return text.replaceAll(REFERENCE, (whole, kind: string, name: string) => {
    if (kind !== 'file') return whole;
    const { path, key } = splitFile(name);
    return `\${file:${change(path)}${key === null ? '' : `:${key}`}}`;
  });
}

async function resolve(kind: 'env' | 'file', name: string, setting: string): Promise<string> {
  const reference = `\${${kind}:${name}}`;
  const refuse = (why: string, Kind = ConfigError) => new Kind(setting, `${setting}: ${reference} ${why}`);
  if (kind === 'env') {
    const value = process.env[name];
    if (value === undefined || value === '')
      throw refuse(`cannot be resolved: the environment variable ${name} is not set`, AbsentError);
    return value;
  }
  const { path, key } = splitFile(name);
  let content: string;
  try {
    content = (await readRegularFile(path)).toString('utf8');
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw refuse(error.message, error.absent ? AbsentError : ConfigError);
  }
  // An editor ends the file with a newline; every other blank may belong to the secret.
  if (key === null) return content.replace(/\r?\n$/, '');
  const value = readProperties(content).get(key);
  if (value === undefined) throw refuse(`cannot be resolved: the file has no key ${key}`);
  return value;
}

/** A colon behind the last slash begins a key. */
function splitFile(name: string): { path: string; key: string | null } {
  const match = /^(..+):([^:/\\]+)$/s.exec(name);
  return match === null ? { path: name, key: null } : { path: match[1], key: match[2] };
}

/** The entries of a java.util.Properties file. */
function readProperties(text: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  // A line that ends in an odd number of backslashes goes on in the next one.
  const lines = text.replaceAll(/(?<!\\)((?:\\\\)*)\\\r?\n[ \t\f]*/g, '$1').split(/\r\n|\r|\n/);
  for (const line of lines) {
    const match = /^[ \t\f]*(?![#!])((?:\\.|[^\\ \t\f=:])+)[ \t\f]*[=: \t\f]?[ \t\f]*(.*)$/s.exec(line);
    if (match !== null) entries.set(unescape(match[1]), unescape(match[2]));
  }
  return entries;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, character: string) =>
    code === undefined ? (ESCAPES[character] ?? character) : String.fromCharCode(parseInt(code, 16)),
  );
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };
