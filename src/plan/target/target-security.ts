// `target.security` of a sweep: TLS and SASL under Java's own names. Secrets may stand there as
// references only, so that neither the file, nor its copy with the results, nor a command line ever
// holds one. Reads only; no reference is resolved here.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { SecuritySettings } from '../../contract/settings.js';
import { moduleFile } from '../../connect/index.js';
import {
  commandHandler,
  isSecretSetting,
  isSecuritySetting,
  JaasError,
  KRB5_PATHS,
  literalSecret,
  mapReferencePaths,
  parseJaasConfig,
  TOKEN_HANDLER,
  tokenHandlerOf,
} from '../../connect/security/index.js';
import { PRODUCER_SETTINGS, producerConfigProblems } from '../../producer-core/settings.js';
import { scalarOf } from '../settings/field.js';
import { readProducer } from '../settings/fields.js';
import { objectSchema } from '../schema/json-schema.js';
import type { Place, Problems } from '../yaml/problems.js';
import { producerSchema } from '../schema/producer-schema.js';
import { didYouMean, nearest } from '../../base/suggest.js';
import { noteLiteral, noteLiterals } from './literal-secrets.js';
import type { MapEntry, MapNode } from '../yaml/yaml-source.js';

const PATH = 'target.security';
/** The form of a reference, for remedies. */
const WRITE_REFERENCE =
  'write ${env:NAME} (an environment variable) or ${file:PATH} ' +
  '(a file that holds nothing else) instead';
/**
 * kbench's own key: a value of sasl.login.callback.handler.class, as people would rather write it.
 */
const TOKEN_COMMAND = 'tokenCommand';
const SETTINGS = [...PRODUCER_SETTINGS.values()].filter(({ name }) => isSecuritySetting(name));
const NAMES = [TOKEN_COMMAND, ...SETTINGS.map(({ name }) => name)];
const JAAS = 'sasl.jaas.config';
const JAAS_FORM =
  '<login module> required username="alice" password="${env:NAME}";, ' +
  'values in quotes and a semicolon at the end';

/** For the JSON Schema. */
export const SECURITY_SCHEMA = {
  ...objectSchema(
    {
      [TOKEN_COMMAND]: {
        ...{ type: 'array', minItems: 1, items: { type: ['string', 'number', 'boolean'] } },
        description:
          'A program and its arguments that prints an OAUTHBEARER token; no shell takes part.',
      },
      ...Object.fromEntries(
        SETTINGS.map((each) => [each.name, { ...producerSchema(each), description: each.doc }]),
      ),
    },
    { required: ['security.protocol'] },
  ),
  description:
    'TLS and SASL under the names that the Java client has; ' +
    'secrets as ${env:NAME} or ${file:PATH}.',
};

/**
 * The settings, paths made absolute from `folder`; `under` are those of a properties file, which
 * they take the place of. What is wrong goes to `problems`, never with a secret in it.
 */
export function readSecurity(
  { value: node, keyAt }: MapEntry,
  folder: string,
  problems: Problems,
  under: SecuritySettings = {},
): SecuritySettings {
  if (node.kind !== 'map') {
    noteLiterals(PATH, node);
    problems.add(
      hideLine(keyAt),
      PATH,
      `${PATH} is not a mapping`,
      'write e.g. {security.protocol: SSL}',
    );
    return {};
  }
  const settings: Record<string, string> = { ...under };
  const places = new Map<string, Place>();
  let unread = false;
  for (const entry of node.entries.values()) {
    const name = entry.key === TOKEN_COMMAND ? TOKEN_HANDLER : entry.key;
    const text =
      entry.key === TOKEN_COMMAND
        ? readTokenCommand(entry, node, folder, problems)
        : readText(entry, folder, problems);
    places.set(name, entry.keyAt);
    if (text === null) unread = true;
    else settings[name] = text;
  }
  if (unread) return settings; // what else is wrong may come of what is missing now
  if (!Object.hasOwn(settings, 'security.protocol')) {
    const message = `${PATH} has no security.protocol, so nothing of it would be used`;
    problems.add(hideLine(keyAt), PATH, message, 'set it to SSL, SASL_SSL or SASL_PLAINTEXT');
    return settings;
  }
  for (const { setting, message, remedy } of producerConfigProblems(settings)) {
    problems.add(hideLine(places.get(setting) ?? keyAt), `${PATH}.${setting}`, message, remedy);
  }
  return settings;
}

/** One of Java's settings, its paths absolute; null where it is refused. */
function readText(
  { key, keyAt: at, value }: MapEntry,
  folder: string,
  problems: Problems,
): string | null {
  const shown = `${PATH}.${key}`;
  const setting = PRODUCER_SETTINGS.get(key);
  if (setting === undefined || !isSecuritySetting(key)) {
    noteLiterals(key, value);
    if (setting === undefined)
      problems.add(
        hideLine(at),
        PATH,
        `unknown key ${PATH}.${nameOf(key)}`,
        didYouMean(key, NAMES),
      );
    else
      problems.add(
        hideLine(at),
        shown,
        `${key} is no security setting`,
        'it belongs under producer:',
      );
    return null;
  }
  // The setting's own check could show a value.
  const read = isSecretSetting(key) ? scalarOf(value) : readProducer(setting, value);
  if (!read.ok) {
    problems.add(hideLine(value.at), shown, `${shown}: ${read.message}`, read.remedy);
    return null;
  }
  const text = typeof read.value === 'object' ? '' : String(read.value);
  if (literalSecret(key, text) !== null) {
    refuseLiteral(key, text, value.at, problems);
    return null;
  }
  const resolved = absolute(key, text, folder);
  return key === TOKEN_HANDLER && !isThere(resolved, value.at, problems) ? null : resolved;
}

/**
 * What is wrong with a secret that stands on the command line or in the file itself; null where it
 * is a reference.
 */
export function literalSecretProblem(
  name: string,
  text: string,
): { message: string; remedy: string } | null {
  const what = literalSecret(name, text);
  if (what === null) return null;
  const unreadable = name === JAAS ? jaasTrouble(text) : null;
  if (unreadable !== null) {
    const message = `${name} cannot be read: ${unreadable}`;
    return { message, remedy: `write ${JAAS_FORM}, or a reference in place of the whole` };
  }
  if (name !== JAAS || what === name) {
    return {
      message: `${name} is a secret, and must not stand here as it is`,
      remedy: WRITE_REFERENCE,
    };
  }
  return {
    message: `${name} holds a secret, its ${what}, which must not stand here as it is`,
    remedy:
      `write ${what}="\${env:NAME}" or ${what}="\${file:PATH}" in it, ` +
      'or a reference in place of the whole',
  };
}

/**
 * What is wrong with a text that is no JAAS configuration, without a word of it; null where it is
 * one.
 */
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

/** `[program, argument, ...]`, as the setting's value; null where it is none. */
function readTokenCommand(
  { value: node, keyAt }: MapEntry,
  { entries }: MapNode,
  folder: string,
  problems: Problems,
): string | null {
  const shown = `${PATH}.${TOKEN_COMMAND}`;
  const refuse = (message: string, remedy: string): null => {
    problems.add(hideLine(node.at.line === undefined ? keyAt : node.at), shown, message, remedy);
    return null;
  };
  if (entries.has(TOKEN_HANDLER))
    return refuse(`both ${TOKEN_COMMAND} and ${TOKEN_HANDLER} are set`, 'keep one');
  const parts = node.kind === 'list' ? node.items : [];
  const argv = parts.flatMap((part) =>
    part.kind === 'scalar' && part.value !== null ? [part.raw] : [],
  );
  if (parts.length === 0 || argv.length < parts.length || argv[0].trim() === '') {
    const remedy =
      `write e.g. ${TOKEN_COMMAND}: [get-token, --audience, kafka] ` + '(no shell takes part)';
    return refuse(`${shown} is no list of a program and its arguments`, remedy);
  }
  if (argv.some((part) => part.includes('\0')))
    return refuse(`${shown} holds a NUL character`, 'remove it');
  // Everyone on the machine can read a program's arguments.
  if (argv.some((part) => /\$\{(?:env|file):/.test(part))) {
    return refuse(
      `${shown} holds a reference to a secret, and arguments are no place for one`,
      'let the program read it: it inherits the environment',
    );
  }
  if (argv.some((part, index) => isLiteralSecret(part, argv[index - 1]))) {
    for (const part of argv.slice(1)) noteLiteral(TOKEN_COMMAND, part);
    problems.add(
      hideLine(keyAt),
      shown,
      `${shown} holds a secret in its arguments, which must not stand here as it is`,
      'let the program read it from the environment, which it inherits, or from a file',
    );
    return null;
  }
  const [program, ...args] = argv;
  const isPath = /[\\/]/.test(program);
  return commandHandler({
    program: isPath ? path.resolve(folder, program) : program,
    args,
    folder,
  });
}

const SECRET_NAME = '(?:pass(?:word|wd|phrase)|client[-_]?secret|(?:api|access|secret)[-_]?key)';
/** `--password x`, `client_secret=x`, `"password": "x"`; `$x` is the shell's, and no secret yet. */
const SECRET_OPTION = new RegExp(`^--?(?:\\w+[-_])*${SECRET_NAME}$`, 'i');
const SECRET_GIVEN = new RegExp(
  `${SECRET_NAME}["']?\\s*[=:]\\s*["']?(?![$\\s"'\`&;])[^\\s"']`,
  'i',
);
const JWT = /\beyJ[\w-]{8,}\./;

function isLiteralSecret(part: string, before: string | undefined): boolean {
  const follows = before !== undefined && SECRET_OPTION.test(before) && !/^[-$]/.test(part);
  return follows || SECRET_GIVEN.test(part) || JWT.test(part);
}

/** A module that is not there is told with its line, as those of the producer's settings are. */
function isThere(text: string, at: Place, problems: Problems): boolean {
  const handler = tokenHandlerOf(text);
  if (handler?.kind !== 'module') return true;
  const file = moduleFile(handler.path, '.');
  const exists = existsSync(file);
  if (exists && statSync(file).isFile()) return true;
  const wrong = exists ? `${file} is no file` : `there is no ${file}`;
  const remedy = 'correct the path; it is relative to the folder of this file';
  problems.add(hideLine(at), `${PATH}.${TOKEN_HANDLER}`, wrong, remedy);
  return false;
}

/**
 * A key that nobody knows, if it is like a setting's name: else it may be a secret whose key was
 * forgotten.
 */
function nameOf(key: string): string {
  const isName =
    /^[a-z]+(?:[._-][a-z]+)*$/i.test(key) &&
    (isSecuritySetting(key) || nearest(key, NAMES) !== null);
  return isName ? key : '(not shown)';
}

/** Without its column, a problem is told without the file's line: that may hold a secret. */
function hideLine({ line, origin }: Place): Place {
  return { ...(line === undefined ? {} : { line }), ...(origin === undefined ? {} : { origin }) };
}

/** A setting's text with its paths from `folder`: those of files, and those of references. */
export function absolute(name: string, text: string, folder: string): string {
  if (name === TOKEN_HANDLER) {
    const handler = tokenHandlerOf(text);
    return handler?.kind === 'module' ? moduleFile(handler.path, folder) : text;
  }
  return mapPaths(name, text, (relative) => path.resolve(folder, relative));
}

/** The files that settings name, and their references: none of them user code. */
export function filesOfSecurity(security: SecuritySettings): readonly string[] {
  const files = new Set<string>();
  for (const [name, text] of Object.entries(security)) {
    if (name === TOKEN_HANDLER) continue;
    mapPaths(name, text, (file) => {
      files.add(file);
      return file;
    });
  }
  return [...files];
}

function mapPaths(name: string, text: string, change: (file: string) => string): string {
  const referenced = mapReferencePaths(
    name === 'sasl.jaas.config' ? mapJaasPaths(text, change) : text,
    change,
  );
  const isPath = /\.(?:location|file)$/.test(name) && referenced === text && !text.startsWith('${');
  return isPath ? change(text) : referenced;
}

/** The keytab and the ticket cache of a login module; `FILE:` may stand before a path. */
function mapJaasPaths(text: string, change: (file: string) => string): string {
  const option = new RegExp(
    `\\b(${KRB5_PATHS.join('|')})(\\s*=\\s*)(["'])((?:FILE:)?)` +
      `(?![A-Z]+:|[A-Za-z]:\\\\|\\$\\{)([^"'\\\\]+)\\3`,
    'g',
  );
  return text.replaceAll(
    option,
    (_, name: string, equals: string, quote: string, type: string, file: string) =>
      `${name}${equals}${quote}${type}${change(file)}${quote}`,
  );
}
