// `driver`: what produces, read from one YAML node, for the root, `sweep:` and `points:` alike.
// Read by fields.ts. What a driver cannot do is left to driver-rules.ts.
import { didYouMean } from '../../base/suggest.js';
import { CLIENTS, type Client, type OutsideDriver } from '../../contract/driver.js';
import { DEFAULT_KAFKA_VERSION } from '../../targets/kafka/kafka-rules.js';
import { choiceSchema, objectSchema, type JsonSchema } from '../schema/json-schema.js';
import type { MapNode, YamlNode } from '../yaml/yaml-source.js';
import { refuse, type FieldRead } from './field.js';

const NAMES: readonly string[] = ['core', ...CLIENTS];
const KEYS: readonly string[] = [...CLIENTS, 'exec'];
const EXAMPLES = `${NAMES.join(', ')}, {java: {version: 4.1.0}} or {exec: [program, argument]}`;
const REMEDY = `write ${EXAMPLES}`;
const EXEC_REMEDY = 'write {exec: [./my-driver, --fast]}: a program, then its arguments';
const MAX_WORDS = 1000;
const VERSION = /^v?\d+(\.\d+){0,3}([-.+][0-9A-Za-z.+-]+)?$/;

/** The value: `{kind: 'driver', driver}`. */
export function readDriver(node: YamlNode): FieldRead {
  if (node.kind === 'scalar') return byName(node.value);
  if (node.kind === 'list') return refuse('driver is a list', REMEDY);
  const [entry, second] = [...node.entries.values()];
  if (entry === undefined || second !== undefined)
    return refuse('driver is a mapping of one client, or exec', REMEDY);
  if (entry.key === 'exec') return execOf(entry.value);
  const client = CLIENTS.find((each) => each === entry.key);
  if (client === undefined) {
    const near = didYouMean(entry.key, KEYS);
    const message = `${entry.key} is not a driver that kbench has`;
    return { ...refused(message, near), at: entry.keyAt };
  }
  return versioned(client, entry.value);
}

function byName(value: string | number | boolean | null): FieldRead {
  if (value === 'core') return ok('core');
  const client = CLIENTS.find((each) => each === value);
  if (client !== undefined) return ok(ofVersion(client));
  if (value === null) return refuse('there is no driver', REMEDY);
  if (value === 'exec') return refuse('exec does not say which program', EXEC_REMEDY);
  return refuse(`${String(value)} is not a driver that kbench has`, nearOf(String(value)));
}

function nearOf(name: string): string {
  const near = didYouMean(name, NAMES);
  return near.startsWith('did') ? near : REMEDY;
}

/** Java's version decides which jars are run, so it is always part of the settings. */
const ofVersion = (client: Client, version?: string): OutsideDriver =>
  version === undefined && client !== 'java'
    ? { kind: client }
    : { kind: client, version: version ?? DEFAULT_KAFKA_VERSION };

function versioned(client: Client, node: YamlNode): FieldRead {
  const remedy = `write {${client}: {version: ...}}, or ${client} for any version`;
  if (node.kind !== 'map') {
    if (node.kind === 'scalar' && node.value === null) return ok(ofVersion(client));
    return refuse(`${client} is not a mapping`, remedy);
  }
  const stray = [...node.entries.values()].find(({ key }) => key !== 'version');
  if (stray !== undefined) {
    const near = didYouMean(stray.key, ['version']);
    return { ...refused(`unknown key ${stray.key} of ${client}`, near), at: stray.keyAt };
  }
  return versionOf(client, node, remedy);
}

function versionOf(client: Client, node: MapNode, remedy: string): FieldRead {
  const version = node.entries.get('version')?.value;
  if (version === undefined) return ok(ofVersion(client));
  // As written: 4.10 must not become 4.1.
  const text = version.kind === 'scalar' ? version.raw.replace(/^(['"])(.*)\1$/, '$2') : '';
  if (VERSION.test(text)) return ok(ofVersion(client, text));
  return {
    ...refused(`the version of ${client} is no version such as 4.1.0`, remedy),
    at: node.at,
  };
}

function execOf(node: YamlNode): FieldRead {
  if (node.kind !== 'list') return refuse('exec is not a list', EXEC_REMEDY);
  const words: string[] = [];
  for (const item of node.items) {
    if (item.kind !== 'scalar' || item.value === null)
      return { ...refused('a word of exec is not text', EXEC_REMEDY), at: item.at };
    words.push(String(item.value));
  }
  if (words.length === 0 || words[0].trim() === '')
    return refuse('exec does not say which program', EXEC_REMEDY);
  if (words.length > MAX_WORDS || words.some((word) => word.includes('\0')))
    return refuse('exec holds too many words, or a zero byte', EXEC_REMEDY);
  return ok({ kind: 'exec', command: words });
}

const ok = (driver: 'core' | OutsideDriver): FieldRead => ({
  ok: true,
  value: { kind: 'driver', driver },
});
const refused = (message: string, remedy: string) => ({ ok: false, message, remedy }) as const;

const clientSchema: JsonSchema = {
  anyOf: [
    { type: 'null' },
    objectSchema({
      version: {
        type: ['string', 'number'],
        description:
          'Of the client. Java: which one is run. Others: a run fails where it is another.',
      },
    }),
  ],
};

export const DRIVER_SCHEMA: JsonSchema = {
  anyOf: [
    choiceSchema(NAMES),
    ...CLIENTS.map((client) =>
      objectSchema(
        { [client]: { ...clientSchema, description: `${client}, of a version.` } },
        { required: [client] },
      ),
    ),
    objectSchema(
      {
        exec: {
          ...{ type: 'array', minItems: 1, items: { type: ['string', 'number', 'boolean'] } },
          description: 'A program that keeps the contract of docs/drivers.md, and its arguments.',
        },
      },
      { required: ['exec'] },
    ),
  ],
};
