// A file of settings as Java's clients take it: Latin-1, java.util.Properties, and references to
// Java's own configuration providers (environment variables, files, folders). Opened by sweep for
// target.properties, and again by whoever connects, since what stands there as a secret is kept
// nowhere else. Must never put a value into an error.
import { ConfigError, AbsentError } from '../../broker-errors.js';
import { MalformedProperties, parseProperties, type Properties } from './java-properties.js';
import { readRegularFileSync, UnreadableFile } from '../secrets/read-regular-file.js';

/**
 * Java's ConfigTransformer.DEFAULT_PATTERN: `${provider:path:key}`, the path left out where there
 * is none.
 */
const REFERENCE = /\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}/g;
const PACKAGE = 'org.apache.kafka.common.config.provider.';

type Provider = 'env' | 'file' | 'directory';

const CLASSES: Readonly<Record<string, Provider>> = {
  EnvVarConfigProvider: 'env',
  FileConfigProvider: 'file',
  DirectoryConfigProvider: 'directory',
};
/** Java knows none until config.providers names it; kbench knows these two everywhere. */
const ALWAYS: Readonly<Record<string, Provider>> = { env: 'env', file: 'file' };

export class ClientProperties {
  private constructor(
    readonly path: string,
    readonly properties: Properties,
  ) {}

  /** Throws UnreadableFile or MalformedProperties. */
  static open(path: string): ClientProperties {
    return new ClientProperties(
      path,
      parseProperties(readRegularFileSync(path).toString('latin1')),
    );
  }

  /** Whether the value refers to something that a provider gives. */
  refers(key: string): boolean {
    const value = this.properties.entries.get(key)?.value ?? '';
    return [...value.matchAll(REFERENCE)].some(([, name]) => this.#kindOf(name) !== null);
  }

  /**
   * A value with what its references stand for, which as in Java is not looked through again;
   * without blanks around it, as ConfigDef.parseType takes all of them. Throws ConfigError.
   */
  value(key: string): string {
    const given = this.properties.entries.get(key)?.value;
    if (given === undefined) throw new ConfigError(key, `${key}: ${this.path} has no such key`);
    const resolved = given.replaceAll(
      REFERENCE,
      (whole, name: string, path: string | undefined, variable: string) => {
        const kind = this.#kindOf(name);
        // Java leaves what no provider is named for as it is.
        return kind === null ? whole : this.#lookUp(kind, name, path ?? null, variable, key);
      },
    );
    return resolved.trim();
  }

  /**
   * The names in config.providers, and the two that are always there. A class that kbench has not
   * is `other`.
   */
  #kindOf(name: string): Provider | 'other' | null {
    const { entries } = this.properties;
    const listed = (entries.get('config.providers')?.value ?? '')
      .split(',')
      .map((each) => each.trim());
    if (!listed.includes(name)) return Object.hasOwn(ALWAYS, name) ? ALWAYS[name] : null;
    const className = entries.get(`config.providers.${name}.class`)?.value.trim();
    if (className === undefined) return name === 'directory' ? 'directory' : (ALWAYS[name] ?? null);
    const short = className.startsWith(PACKAGE) ? className.slice(PACKAGE.length) : className;
    return Object.hasOwn(CLASSES, short) ? CLASSES[short] : 'other';
  }

  #lookUp(
    kind: Provider | 'other',
    name: string,
    path: string | null,
    variable: string,
    key: string,
  ): string {
    const reference = `\${${name}:${path === null ? '' : `${path}:`}${variable}}`;
    const refuse = (why: string, Kind = ConfigError) =>
      new Kind(key, `${key}: ${reference} ${why}`);
    switch (kind) {
      case 'other':
        throw refuse(
          `needs the Java class that config.providers.${name}.class names, ` +
            'which kbench does not have',
        );
      case 'env':
        return this.#variable(name, path, variable, refuse);
      case 'file':
      case 'directory':
        return this.#file(kind, name, path, variable, refuse);
    }
  }

  #variable(name: string, path: string | null, variable: string, refuse: Refuse): string {
    if (path !== null && path !== '')
      throw refuse('has a path, and environment variables have none');
    const allowed = this.#parameter(name, 'allowlist.pattern');
    if (allowed !== null && !matchesAll(allowed, variable)) {
      throw refuse(`is none that config.providers.${name}.param.allowlist.pattern allows`);
    }
    const value = process.env[variable];
    if (value !== undefined && value !== '') return value;
    throw refuse(
      `cannot be resolved: the environment variable ${variable} is not set`,
      AbsentError,
    );
  }

  /** `file` without a path is kbench's own: a file that holds nothing else. */
  #file(
    kind: 'file' | 'directory',
    name: string,
    path: string | null,
    variable: string,
    refuse: Refuse,
  ): string {
    if (kind === 'directory' && (path === null || /[/\\]/.test(variable))) {
      throw refuse('is not ${NAME:FOLDER:FILE}');
    }
    const file =
      kind === 'directory' ? `${path!.replace(/[/\\]+$/, '')}/${variable}` : (path ?? variable);
    const allowed = this.#parameter(name, 'allowed.paths');
    if (allowed !== null && !allowed.split(',').some((each) => isUnder(file, each.trim()))) {
      throw refuse(`is under none of config.providers.${name}.param.allowed.paths`);
    }
    let content: string;
    try {
      content = readRegularFileSync(file).toString('utf8');
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      throw refuse(error.message, error.absent ? AbsentError : ConfigError);
    }
    if (kind === 'directory') return content;
    if (path === null) return content.trim();
    const value = valueIn(content, variable, refuse);
    if (value === undefined) throw refuse(`cannot be resolved: the file has no key ${variable}`);
    return value;
  }

  #parameter(name: string, parameter: string): string | null {
    return (
      this.properties.entries.get(`config.providers.${name}.param.${parameter}`)?.value.trim() ??
      null
    );
  }
}

type Refuse = (why: string, Kind?: typeof ConfigError) => ConfigError;

function valueIn(content: string, key: string, refuse: Refuse): string | undefined {
  try {
    return parseProperties(content).entries.get(key)?.value;
  } catch (error) {
    if (error instanceof MalformedProperties) throw refuse(`cannot be resolved: ${error.message}`);
    throw error;
  }
}

/** Java's Matcher.matches(): all of it. */
function matchesAll(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return false;
  }
}

function isUnder(file: string, folder: string): boolean {
  const bare = folder.replace(/[/\\]+$/, '');
  const plain = !/(?:^|[/\\])\.\.(?:[/\\]|$)/.test(file);
  return bare !== '' && plain && (file === bare || file.startsWith(`${bare}/`));
}
