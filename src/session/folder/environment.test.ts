import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentSchema } from '../../contract/environment.js';
import type { Environment } from '../../contract/environment.js';
import { environmentChanges, gitRevision, readEnvironment } from './environment.js';

const TARGET: Environment['target'] = {
  kind: 'external',
  bootstrap: ['h:1'],
  clusterId: 'c1',
  brokers: 3,
  features: { 'metadata.version': 30 },
  version: '4.3',
};

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(path.join(os.tmpdir(), 'kbench-git-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

test('an environment is as its schema says and names kbench’s version', async () => {
  const environment = environmentSchema.parse(await readEnvironment(TARGET));
  expect(environment.kbench).toMatch(/^\d+\.\d+\.\d+/);
  expect(environment.target).toEqual(TARGET);
});

test('git is null outside a repository and in one without commits', async () => {
  expect(await gitRevision(path.join(folder, 'nowhere'))).toBeNull();
  execFileSync('git', ['init', '-q', folder]);
  expect(await gitRevision(folder)).toBeNull();
});

test('git gives the revision, and whether files that it follows were changed', async () => {
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args],
      {
        encoding: 'utf8',
      },
    );
  git('init', '-q');
  await writeFile(path.join(folder, 'a'), '1');
  git('add', 'a');
  git('commit', '-q', '-m', 'one');
  const revision = git('rev-parse', 'HEAD').trim();
  await writeFile(path.join(folder, 'other'), 'not followed');
  expect(await gitRevision(folder)).toEqual({ revision, dirty: false });
  await writeFile(path.join(folder, 'a'), '2');
  expect(await gitRevision(folder)).toEqual({ revision, dirty: true });
});

test('a resumed sweep is told what moved, and nothing where nothing did', async () => {
  const before = await readEnvironment(TARGET);
  expect(environmentChanges(before, await readEnvironment(TARGET))).toEqual([]);
  const now = { ...before, node: 'v99', target: { ...TARGET, version: '4.4', clusterId: 'c2' } };
  expect(environmentChanges(before, now)).toEqual([
    `Node was ${before.node} and is v99 now`,
    'the broker’s version was 4.3 and is 4.4 now',
    'the cluster was c1 and is c2 now',
  ]);
});
