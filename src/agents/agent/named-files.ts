// The files that a run's settings name: user modules, the payload, what of a driver's command is a
// file. The coordinator tells their hashes; an agent takes a run only where its own files are the
// very same. Nothing but the hash ever travels: an agent runs no code that comes from the
// coordinator.
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import type { RunSpec } from '../../contract/run-spec.js';
import { isModulePath, moduleFile } from '../../connect/index.js';
import { TOKEN_HANDLER, tokenHandlerOf } from '../../connect/security/index.js';
import { interceptorNames } from '../../producer-core/settings.js';
import type { NamedFile } from '../protocol/messages.js';

const NAME_CODE = [
  'key.serializer',
  'value.serializer',
  'partitioner.class',
  'interceptor.classes',
];

const DRIVER = 'driver';

const KINIT = 'sasl.kerberos.kinit.cmd';
const USUAL_KINIT = '/usr/bin/kinit';

/** Of one run: where each file lies, as the settings have it, and what it is. */
export function filesOf({
  settings,
  security,
  modulesFrom = '.',
}: Pick<RunSpec, 'settings' | 'security' | 'modulesFrom'>): {
  readonly name: string;
  readonly what: string;
}[] {
  const { producer, workload, driver } = settings;
  const modules = NAME_CODE.flatMap((setting) =>
    interceptorNames(String(producer[setting] ?? ''))
      .filter(isModulePath)
      .map((name) => ({ name, what: setting })),
  );
  const handler = tokenHandlerOf(security?.[TOKEN_HANDLER] ?? '');
  return [
    ...modules,
    ...(handler?.kind === 'module' ? [{ name: handler.path, what: TOKEN_HANDLER }] : []),
    ...(workload.payload.kind === 'file'
      ? [{ name: workload.payload.file, what: 'workload.payload' }]
      : []),
    ...(driver === 'core' || driver.kind !== 'exec'
      ? []
      : filesOfCommand(driver.command, modulesFrom).map((name) => ({ name, what: DRIVER }))),
  ];
}

/** A program's words that are files, seen from the folder that it is started in. */
function filesOfCommand(command: readonly string[], folder: string): string[] {
  return command
    .filter((word, at) => at > 0 || word.includes('/'))
    .map((word) => (/^-[^=]*=/.test(word) ? word.slice(word.indexOf('=') + 1) : word))
    .filter((name) => !name.startsWith('file:') && isFile(path.resolve(folder, name)));
}

const isFile = (file: string): boolean =>
  statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;

/** With their hashes, as they lie here. Throws what reading them throws. */
export async function nameFiles(spec: RunSpec): Promise<NamedFile[]> {
  const folder = spec.modulesFrom ?? '.';
  return await Promise.all(
    filesOf(spec).map(async ({ name, what }) => {
      const file = moduleFile(name, folder);
      // A program's words are handed to it as they are.
      const asWritten = what === DRIVER && !path.isAbsolute(name);
      const told = asWritten ? name : relativeTo(folder, file);
      return { path: told, sha256: await sha256Of(file), what };
    }),
  );
}

/**
 * The run as this machine makes it: what lay in the coordinator's folder lies in this one. What is
 * checked and what is used afterwards are paths of this spec alone.
 */
export function onThisMachine(spec: RunSpec, folder: string): RunSpec {
  const { security, modulesFrom, settings } = spec;
  const moved = (text: string): string =>
    modulesFrom === undefined ? text : text.replaceAll(`${modulesFrom}/`, `${folder}/`);
  const producer = Object.entries(settings.producer).map(
    ([name, value]) =>
      [name, NAME_CODE.includes(name) && typeof value === 'string' ? moved(value) : value] as const,
  );
  const { payload } = settings.workload;
  const workload =
    payload.kind === 'file'
      ? { ...settings.workload, payload: { ...payload, file: moved(payload.file) } }
      : settings.workload;
  const { driver } = settings;
  const driven =
    driver === 'core' || driver.kind !== 'exec'
      ? driver
      : { ...driver, command: driver.command.map(moved) };
  const secured = Object.entries(security ?? {}).map(
    ([name, text]) => [name, moved(text)] as const,
  );
  return {
    ...spec,
    settings: { ...settings, producer: Object.fromEntries(producer), workload, driver: driven },
    ...(security === undefined ? {} : { security: Object.fromEntries(secured) }),
    modulesFrom: folder,
  };
}

/** What is wrong with the files that it names; null where all are the coordinator's. */
export async function fileTrouble(
  spec: RunSpec,
  files: readonly NamedFile[],
  folder: string,
): Promise<string | null> {
  // Which of a program's words are files is the coordinator's to say: here they may be missing.
  const named = [
    ...filesOf(spec).filter(({ what }) => what !== DRIVER),
    ...files.filter(({ what }) => what === DRIVER).map(({ path: name, what }) => ({ name, what })),
  ];
  for (const { name, what } of named) {
    const file = moduleFile(name, folder);
    const names = `${what} names ${file}`;
    const told = files.find((each) => each.what === what && moduleFile(each.path, folder) === file);
    if (told === undefined) return `${names}, whose hash the coordinator did not tell`;
    let own: string;
    try {
      own = await sha256Of(file);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return `${names}, which cannot be read here (${code ?? String(error)})`;
    }
    if (own !== told.sha256) return `${names}, which is another file than the coordinator's`;
  }
  return null;
}

/** What names a program, which would be the coordinator's to choose, as a sentence's beginning. */
export function programNamed({
  security = {},
  settings: { driver },
}: Pick<RunSpec, 'security' | 'settings'>): string | null {
  const ofSecurity = (name: string): string => `target.security names a program (${name})`;
  if (tokenHandlerOf(security[TOKEN_HANDLER])?.kind === 'command')
    return ofSecurity('tokenCommand');
  const kinit = security[KINIT];
  if (kinit !== undefined && kinit !== USUAL_KINIT) return ofSecurity(KINIT);
  if (driver === 'core' || driver.kind !== 'exec') return null;
  return `driver names a program (${driver.command[0]})`;
}

/** Files beside the YAML lie beside the agent; others at the same absolute path. */
function relativeTo(folder: string, file: string): string {
  const relative = path.relative(path.resolve(folder), file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
