// environment.json: the machine, the versions and the target of a sweep. Read once, before the
// first run; never during one.
import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';
import { kbenchVersion } from '../../base/version.js';
import { ENVIRONMENT_SCHEMA } from '../../contract/environment.js';
import type { Environment } from '../../contract/environment.js';

const GIT_TIMEOUT_MS = 2_000;
/** A dirty tree's list of files is only asked whether it is empty. */
const GIT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

const run = promisify(execFile);

/** The environment of a run that starts now. Never throws for what it cannot find out. */
export async function readEnvironment(
  target: Environment['target'],
  topics?: Environment['topics'],
  startedAt = new Date(),
): Promise<Environment> {
  const cpus = os.cpus();
  return {
    schema: ENVIRONMENT_SCHEMA,
    startedAt: startedAt.toISOString(),
    kbench: kbenchVersion(),
    node: process.version,
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    cpu: { model: cpus[0]?.model.trim() ?? 'unknown', cores: os.availableParallelism() },
    memoryMiB: Math.round(os.totalmem() / 1024 ** 2),
    git: await gitRevision(process.cwd()),
    target,
    ...(topics === undefined ? {} : { topics }),
  };
}

/**
 * The revision of the tree that holds `folder`; null outside git, without git, or where git takes
 * too long.
 */
export async function gitRevision(folder: string): Promise<Environment['git']> {
  const git = async (...args: string[]) => {
    const options = { cwd: folder, timeout: GIT_TIMEOUT_MS, maxBuffer: GIT_MAX_OUTPUT_BYTES };
    return (await run('git', ['--no-optional-locks', ...args], options)).stdout.trim();
  };
  try {
    const revision = await git('rev-parse', '--verify', 'HEAD');
    const changes = await git('status', '--porcelain', '--untracked-files=no');
    return { revision, dirty: changes !== '' };
  } catch {
    return null;
  }
}

/** What differs between two environments in a way that moves figures, one sentence each. */
export function environmentChanges(before: Environment, now: Environment): string[] {
  const changes: string[] = [];
  const compare = (what: string, a: string | number | null, b: string | number | null) => {
    if (a !== b) changes.push(`${what} was ${a ?? 'unknown'} and is ${b ?? 'unknown'} now`);
  };
  compare('kbench', before.kbench, now.kbench);
  compare('Node', before.node, now.node);
  compare('the operating system', before.os, now.os);
  compare(
    'the CPU',
    `${before.cpu.model} (${before.cpu.cores})`,
    `${now.cpu.model} (${now.cpu.cores})`,
  );
  compare('the memory (MiB)', before.memoryMiB, now.memoryMiB);
  compare('the target', before.target.kind, now.target.kind);
  compare(
    'its security',
    before.target.security ?? 'PLAINTEXT',
    now.target.security ?? 'PLAINTEXT',
  );
  compare('the broker’s version', before.target.version, now.target.version);
  compare('the number of brokers', before.target.brokers, now.target.brokers);
  const [was, is] = [before.target.settings, now.target.settings ?? {}];
  for (const name of was === undefined ? [] : new Set([...Object.keys(was), ...Object.keys(is)])) {
    const value = (of: typeof is): string =>
      Object.hasOwn(of, name) ? String(of[name]) : 'the default';
    compare(`the target’s ${name}`, value(was!), value(is));
  }
  if (now.target.kind === 'external')
    compare('the cluster', before.target.clusterId, now.target.clusterId);
  return changes;
}
