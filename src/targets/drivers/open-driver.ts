// Finds the program of a driver, builds it where it must be, and starts it: kbench's own drivers
// (the package's drivers/) and any program by exec. Handed to workloads, which talks to it.
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { RunError } from '../../base/errors.js';
import type { OutsideDriver } from '../../contract/driver.js';
import type { SecuritySettings } from '../../contract/settings.js';
import { resolveReferences } from '../../connect/security/index.js';
import type { DriverProgram, OpenDriver } from '../../workloads/drivers/driver-program.js';
import { requireKafkaJars } from '../kafka/kafka-jars.js';
import { DEFAULT_KAFKA_VERSION } from '../kafka/kafka-rules.js';
import { javaEnvironment, mavenEnvironment } from '../kafka/processes/child-environment.js';
import { killGroup, runToEnd, spawnTracked } from '../kafka/processes/child-process.js';
import { findProgram } from '../kafka/processes/leash.js';
import { RunRegistry } from '../kafka/processes/run-registry.js';
import { builtProgram } from './build-program.js';
import { endMarked, markOf } from './escaped.js';
import { requireJdk } from './jdk.js';
import { packageRoot } from './package-root.js';

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Where it is started, if not where kbench was. */
  readonly cwd?: string;
}

/** As far as Linux reads a script's first line. */
const LONGEST_HEAD = 256;
const PKG_CONFIG_MS = 20_000;
/** As a Java application's heap is set, so that memory is one client's beside another's. */
const JAVA_OPTIONS = ['-Xms256m', '-Xmx512m', '-XX:-UsePerfData'];

export const openDriver: OpenDriver = async ({ driver, folder }) => {
  const command = await commandOf(driver, folder);
  const registry = RunRegistry.of();
  const own = registry.makeFolder('kbench-driver-');
  const mark = path.basename(own);
  return {
    folder: own,
    start: () =>
      spawnTracked(command.program, command.args, {
        env: { ...command.env, ...markOf(mark) },
        ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    kill: (child) => killGroup(child, 'SIGKILL'),
    resolve: resolveAll,
    close: () => {
      endMarked(mark);
      registry.removeFolder(own);
    },
  } satisfies DriverProgram;
};

async function resolveAll(security: SecuritySettings): Promise<SecuritySettings> {
  const pairs = Object.entries(security).map(
    async ([name, value]) => [name, await resolveReferences(value, name)] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
}

async function commandOf(driver: OutsideDriver, folder: string): Promise<Command> {
  const env = javaEnvironment(process.env);
  const root = packageRoot();
  const sources = path.join(root, 'drivers');
  switch (driver.kind) {
    case 'exec':
      return execCommand(driver.command, folder);
    case 'kafkajs':
      return { ...nodeDriver(root, 'kafkajs'), env };
    case 'platformatic':
      requirePackage(root, '@platformatic/kafka');
      return { ...nodeDriver(root, 'platformatic'), env };
    case 'java': {
      const java = await requireJdk('driver java');
      const jars = await requireKafkaJars(driver.version ?? DEFAULT_KAFKA_VERSION);
      const source = path.join(sources, 'java', 'KbenchDriver.java');
      const args = [...JAVA_OPTIONS, '-cp', jars.classPath, source];
      return { program: java, args, env };
    }
    case 'librdkafka':
      return { program: await builtC(path.join(sources, 'librdkafka'), env), args: [], env };
    case 'franz-go':
      return { program: await builtGo(path.join(sources, 'franz-go')), args: [], env };
  }
}

const nodeDriver = (root: string, name: string) => ({
  program: process.execPath,
  args: [path.join(root, 'dist', 'drivers', name, 'main.js')],
});

/** An optional peer, which users install beside kbench. */
function requirePackage(root: string, name: string): void {
  try {
    createRequire(path.join(root, 'package.json')).resolve(name);
  } catch {
    throw new RunError(
      `driver platformatic needs the package ${name}, which is not there`,
      `npm install ${name}`,
    );
  }
}

async function builtC(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const needs = 'a C compiler (cc), pkg-config and librdkafka 2 (Debian: librdkafka-dev)';
  const asked = await runToEnd('pkg-config', ['--modversion', 'rdkafka'], {
    timeoutMs: PKG_CONFIG_MS,
    env,
  });
  if (asked.code !== 0) {
    const what = asked.startError === null ? 'librdkafka is not there' : 'pkg-config is not there';
    throw new RunError(`driver librdkafka cannot be built: ${what}`, `it takes ${needs}`);
  }
  const flags = await runToEnd('pkg-config', ['--cflags', '--libs', 'rdkafka'], {
    timeoutMs: PKG_CONFIG_MS,
    env,
  });
  const words = flags.stdout.trim().split(/\s+/).filter(Boolean);
  return builtProgram({
    ...{ name: 'librdkafka', folder, sources: ['driver.c'], env, needs, of: asked.stdout.trim() },
    command: (out) => ['cc', ['-O2', '-o', out, 'driver.c', ...words, '-lpthread']],
  });
}

function builtGo(folder: string): Promise<string> {
  // Go keeps its modules and what it has built where the user's other programs have them.
  const env = { ...mavenEnvironment(process.env), ...goEnvironment(process.env) };
  return builtProgram({
    ...{ name: 'franz-go', folder, sources: ['main.go', 'go.mod', 'go.sum'], env, of: '' },
    needs: 'Go 1.26 or newer, and its modules (the network, once)',
    command: (out) => ['go', ['build', '-mod=readonly', '-o', out, '.']],
  });
}

const goEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => /^(GO[A-Z]+|XDG_CACHE_HOME|SSL_CERT_\w+)$/.test(name)),
  );

/** Relative paths start where the sweep lies, its arguments' too; a bare name is on the PATH. */
function execCommand([name, ...args]: readonly string[], folder: string): Command {
  // A program of the user's own: it may need whatever the user has set.
  const { env } = process;
  const program = name.includes('/') ? path.resolve(folder, name) : name;
  if (!existsSync(folder))
    throw notThere(name, `is to be started in ${folder}, which is not there`, 'make that folder');
  const found = findProgram(program, env);
  if (found !== null) {
    const interpreter = interpreterOf(found);
    if (interpreter === null || existsSync(interpreter))
      return { program: path.resolve(found), args, env, cwd: folder };
    throw notThere(
      name,
      `begins with #!${interpreter}, which is not there`,
      'install that, or name the program that runs it: {exec: [program, ' + name + ']}',
    );
  }
  if (!program.includes('/'))
    throw notThere(name, 'is not on the PATH', 'install it, or write its path');
  if (!existsSync(program))
    throw notThere(
      name,
      `is not there (${program})`,
      'see the path: it starts at the sweep’s file',
    );
  if (statSync(program).isDirectory())
    throw notThere(name, 'is a folder', 'name the program in it');
  throw notThere(name, whyNot(program), `chmod +x ${program}, or write {exec: [node, ${name}]}`);
}

/** Of a script; null where the file is none, names none by its path, or may not be read. */
function interpreterOf(file: string): string | null {
  const head = Buffer.alloc(LONGEST_HEAD);
  let source: number;
  try {
    source = openSync(file, 'r');
  } catch {
    return null;
  }
  try {
    const text = head.toString('latin1', 0, readSync(source, head));
    return /^#![ \t]*(\/\S+)/.exec(text)?.[1] ?? null;
  } finally {
    closeSync(source);
  }
}

function whyNot(program: string): string {
  try {
    accessSync(program, constants.X_OK);
    return 'is no program';
  } catch {
    return 'may not be executed';
  }
}

const notThere = (name: string, why: string, remedy: string): RunError =>
  new RunError(`driver exec: ${name} ${why}`, remedy);
