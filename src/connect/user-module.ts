// A user's module by path: imports it and makes the object that it stands for. Called by
// user-code.ts before the producer connects; every fault is a ConfigError with setting, path and
// remedy.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AbsentError, ConfigError } from './broker-errors.js';

/**
 * What to load: for which setting, and which methods make it one (the first is what a plain
 * function stands for).
 */
export interface Wanted {
  readonly setting: string;
  /** Such as `partitioner`, for messages. */
  readonly kind: string;
  /** At least one of these; a default export that is a plain function is taken for the first. */
  readonly methods: readonly [string, ...string[]];
}

/** The file that a path in the settings means. */
export function moduleFile(name: string, folder: string): string {
  return name.startsWith('file:') ? fileURLToPath(name) : path.resolve(folder, name);
}

/**
 * The module's default export as an object: a class is made one of, a function becomes the method
 * that is a must.
 */
export async function loadModule<T extends object>(
  name: string,
  folder: string,
  wanted: Wanted,
): Promise<T> {
  const { setting, kind } = wanted;
  const file = moduleFile(name, folder);
  const fail = (what: string, remedy: string, cause?: unknown, Kind = ConfigError): never => {
    const error = new Kind(setting, `${setting}: ${file} ${what}; ${remedy}`);
    if (cause !== undefined) error.cause = cause;
    throw error;
  };
  // Reading a pipe would wait for whoever writes into it.
  const exists = existsSync(file);
  if (!exists || !statSync(file).isFile()) {
    fail(
      exists ? 'is no file' : 'does not exist',
      `correct the path, which is relative to ${folder}`,
    );
  }
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  } catch (error) {
    const missing = missingPackage(error);
    if (missing !== null) {
      const what = `could not be loaded: it needs the npm package ${missing}`;
      return fail(what, `run \`npm install ${missing}\` where the module lies`, error, AbsentError);
    }
    return fail(
      `could not be loaded: ${thrownText(error)}`,
      `see that Node ${process.version} can import it`,
      error,
    );
  }
  // A CommonJS module's exports are the default; one without a default may export the methods by
  // name.
  const given = module.default ?? module;
  try {
    const made = instance(given, wanted.methods);
    if (made !== null) return made as T;
  } catch (error) {
    return fail(
      `threw when its ${kind} was made: ${thrownText(error)}`,
      'correct its constructor',
      error,
    );
  }
  const methods = wanted.methods.join(' or ');
  return fail(
    `does not export a ${kind}`,
    `its default export must be an object or class with ${methods}, or a function`,
  );
}

/** The name of a package that is not installed, if that is why an import failed. */
function missingPackage(error: unknown): string | null {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return null;
  const name = /Cannot find (?:package|module) '((?:@[\w.~-]+\/)?[\w~-][\w.~-]*)['/]/.exec(
    String(message),
  )?.[1];
  return name ?? null;
}

/** Null if it is none. */
function instance(given: unknown, methods: readonly [string, ...string[]]): object | null {
  const fits = (candidate: object): boolean =>
    methods.some((method) => typeof (candidate as Record<string, unknown>)[method] === 'function');
  if (typeof given === 'function') {
    const { prototype } = given as { prototype?: object };
    if (prototype !== undefined && fits(prototype)) return new (given as new () => object)();
    if (fits(given)) return given; // static methods
    if (/^class\b/.test(Function.prototype.toString.call(given))) {
      const made = new (given as new () => object)();
      return fits(made) ? made : null;
    }
    return { [methods[0]]: given };
  }
  return typeof given === 'object' && given !== null && fits(given) ? given : null;
}

/** `./x`, `../x`, an absolute path, a file URL, or anything that ends as a module does. */
export function isModulePath(name: string): boolean {
  return (
    /^(?:\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/]|file:)/.test(name) || /\.(?:[cm]?js|[cm]?ts)$/.test(name)
  );
}

/** What was thrown, in words; a user's code may throw what has none, or throws when it is read. */
export function thrownText(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return `${typeof thrown === 'object' ? 'an object' : `a ${typeof thrown}`} without words`;
  }
}
