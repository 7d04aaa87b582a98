// `--set path=value`: puts a value into the YAML's tree before it is read, so that it is checked as if it stood there. A path is as in
// the file (`workload.rate`), or a producer setting's bare name (`batch.size`).
import { PRODUCER_SETTINGS } from '../producer-core/config.js';
import { leadsToSecrets } from '../base/secret-lines.js';
import { HIDDEN } from '../producer-core/security/redact.js';
import { isSecuritySetting } from '../producer-core/security/security-config.js';
import { noteLiteral } from './literal-secrets.js';
import type { Place, Problems } from './problems.js';
import { TOP_KEYS } from './sections.js';
import { literalSecretProblem } from './target-security.js';
import { parseYaml, type MapEntry, type MapNode, type YamlNode } from './yaml-source.js';

/** Keys that exclude each other: setting one takes the others out, since the command line has the last word. */
const RIVALS: Readonly<Record<string, readonly string[]>> = {
  'workload.records': ['duration'],
  'workload.duration': ['records'],
  'topic.name': ['partitions', 'replicationFactor', 'config'],
};

/** The tree with one assignment `path=value` in force; unchanged where the assignment is wrong, which goes to `problems`. */
export function withOverride(root: MapNode, assignment: string, problems: Problems): MapNode {
  const equals = assignment.indexOf('=');
  const path = assignment.slice(0, Math.max(equals, 0)).trim();
  const text = assignment.slice(equals + 1).trim();
  const secret = literalOf(path, text);
  const at: Place = { origin: `--set ${secret === null ? shown(path, text, equals) : `${path}=${HIDDEN}`}` };
  if (secret !== null) {
    noteLiteral(path.replace(/^.*\b(?=s[as]s?l\.)/, ''), text);
    problems.add(at, path, secret.message, secret.remedy);
    return root;
  }
  if (equals < 1 || path === '') {
    problems.add(at, '', 'this is not path=value', 'write e.g. --set batch.size=32KiB or --set workload.rate=5000/s');
    return root;
  }
  if (text === '') {
    problems.add(at, path, 'there is no value', 'write e.g. --set batch.size=32KiB');
    return root;
  }
  const value = parseYaml(text, problems, at.origin);
  if (value === null) return root;
  const keys = keysOf(path);
  if (keys[0] === 'target' && keys[1] === 'security' && keys.length > 2 && !/^[\w.-]+$/.test(keys[2])) {
    problems.add(at, 'target.security', 'this is not path=value', 'write e.g. --set ssl.truststore.location=ca.pem');
    return root;
  }
  if (keys.some((key) => ['', '__proto__', 'constructor', 'prototype'].includes(key))) {
    problems.add(at, path, `${path} is not a path`, 'write e.g. --set workload.rate=5000/s');
    return root;
  }
  if (keys[0] === 'producer' || keys[0] === 'workload' || keys[0] === 'topic')
    refuseIfSwept(root, keys, text, at, problems);
  return put(root, keys, value, at, RIVALS[keys.join('.')] ?? []);
}

/** The assignment as it may be quoted: not the value where it is, holds or was meant for a secret, nor a whole section. */
function shown(path: string, text: string, equals: number): string {
  const assignment = equals < 0 ? text : `${path}=${text}`;
  const secret = leadsToSecrets(assignment);
  if (secret && (equals < 0 || !/^[\w.-]+$/.test(path))) return HIDDEN;
  if (equals < 0) return assignment;
  return secret || /^\s*[{&*!|>]/.test(text) ? `${path}=${HIDDEN}` : assignment;
}

/** A secret that is given as it is; YAML's quotes around a reference do not count. */
function literalOf(path: string, text: string): { message: string; remedy: string } | null {
  const name = path.replace(/^(?:target\.security|producer|sweep)\./, '');
  const bare = /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
  return literalSecretProblem(name, bare.replaceAll('\\"', '"'));
}

/** `batch.size` -> producer, batch.size. Names under producer, sweep, thresholds and topic.config hold dots themselves. */
function keysOf(path: string): string[] {
  const top: readonly string[] = TOP_KEYS;
  const [first] = path.split('.', 1);
  if (isSecuritySetting(path)) return ['target', 'security', path];
  const security = 'target.security.';
  if (path.startsWith(security)) return ['target', 'security', path.slice(security.length)];
  if (PRODUCER_SETTINGS.has(path) || !top.includes(first)) {
    // A misspelt producer setting is told as such; what has no dot is told as an unknown key of the file.
    return path.includes('.') ? ['producer', path] : [...(PRODUCER_SETTINGS.has(path) ? ['producer'] : []), path];
  }
  const rest = path.slice(first.length + 1);
  if (first === 'producer' || first === 'sweep' || first === 'thresholds')
    return path === first ? [path] : [first, rest];
  if (path.startsWith('topic.config.')) return ['topic', 'config', path.slice('topic.config.'.length)];
  return path.split('.');
}

function refuseIfSwept(root: MapNode, keys: readonly string[], text: string, at: Place, problems: Problems): void {
  const swept = keys[0] === 'producer' ? (keys[1] ?? '') : keys.join('.');
  const sweep = root.entries.get('sweep')?.value;
  if (sweep?.kind !== 'map' || !sweep.entries.has(swept)) return;
  problems.add(
    at,
    swept,
    `the sweep gives ${swept} its own values, so this would have no effect`,
    `write --set 'sweep.${swept}=[${text}]'`,
  );
}

function put(
  node: MapNode,
  [key, ...rest]: readonly string[],
  value: YamlNode,
  at: Place,
  rivals: readonly string[],
): MapNode {
  const entries = new Map<string, MapEntry>(node.entries);
  if (rest.length === 0) {
    for (const rival of rivals) entries.delete(rival);
    entries.set(key, { key, keyAt: at, value });
    return { ...node, entries };
  }
  const existing = entries.get(key);
  // A target is one of several forms, so a new one takes the old one's place: {bootstrap: ...} ousts `embedded`.
  const keep =
    existing?.value.kind === 'map' &&
    (key !== 'target' || rest[0] === 'security' || existing.value.entries.has(rest[0]));
  const inner: MapNode =
    keep && existing.value.kind === 'map' ? existing.value : { kind: 'map', entries: new Map(), at };
  entries.set(key, { key, keyAt: existing?.keyAt ?? at, value: put(inner, rest, value, at, rivals) });
  return { ...node, entries };
}
