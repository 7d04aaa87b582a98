import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileError } from '../../base/files/file-error.js';
import { runResultSchema } from '../../contract/run-result.js';
import { makePlan, makeResult } from '../../testing/sweep-fixtures.js';
import { folderTime, slug, topicName } from '../../plan/points/names.js';
import { ResultStore } from './store.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(path.join(os.tmpdir(), 'kbench-store-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const PLAN = makePlan(1, 1);
const AT = new Date('2026-11-22T10:15:30.123Z');

test('a sweep gets a folder of its own, named by time and id', async () => {
  const store = await ResultStore.create(folder, 'My sweep', AT, () => 'abc12345');
  expect(path.relative(folder, store.directory)).toBe(
    path.join('My-sweep', '2026-11-22T10-15-30Z-abc12345'),
  );
  await store.savePlan(PLAN);
  expect(await readdir(store.directory)).toEqual(['plan.json', 'runs']);
});

test('a new folder is there once its plan is; one given up leaves nothing', async () => {
  const store = await ResultStore.create(folder, 's', AT);
  await store.saveSweep('name: s\n');
  expect(existsSync(store.directory)).toBe(false);
  await store.savePlan(PLAN);
  await store.savePlan(PLAN);
  store.discard();
  expect(await readdir(store.directory)).toEqual(['plan.json', 'runs', 'sweep.yaml']);
  const other = await ResultStore.create(folder, 's', AT);
  await other.saveSweep('name: s\n');
  other.discard();
  expect(await readdir(path.join(folder, 's'))).toEqual([path.basename(store.directory)]);
});

test('what a killed session had begun goes at the next; a living one’s stays', async () => {
  const living = await ResultStore.create(folder, 's', AT);
  const [begun] = await readdir(path.join(folder, 's'));
  // The same place, and a process that is none.
  const dead = begun.replace(/-\d+-[0-9a-f]{8}-\d+\.draft$/, '-4194305-00000000-1.draft');
  await mkdir(path.join(folder, 's', dead, 'runs'), { recursive: true });
  const next = await ResultStore.create(folder, 's', AT);
  for (const store of [living, next]) await store.savePlan(PLAN);
  expect(await readdir(path.join(folder, 's'))).toHaveLength(2);
});

test('a folder that exists is never taken: another id is tried, and in the end none', async () => {
  const ids = ['aaaa', 'aaaa', 'bbbb'];
  const first = await ResultStore.create(folder, 's', AT, () => ids.shift()!);
  await first.savePlan(PLAN);
  await writeFile(path.join(first.directory, 'plan.json'), 'mine');
  const second = await ResultStore.create(folder, 's', AT, () => ids.shift()!);
  expect(second.id).toBe('bbbb');
  await second.savePlan(PLAN);
  expect(await readFile(path.join(first.directory, 'plan.json'), 'utf8')).toBe('mine');
  await expect(ResultStore.create(folder, 's', AT, () => 'bbbb')).rejects.toThrow(
    /5 names in a row are taken/,
  );
});

test('a run is saved whole, under its number, replacing an earlier one in one step', async () => {
  const store = await ResultStore.create(folder, 's', AT);
  await store.savePlan(PLAN);
  const run = PLAN.runs[0];
  await store.saveRun(makeResult(run, { status: 'stopped' }));
  await Promise.all([store.saveRun(makeResult(run)), store.saveTopics([])]);
  const runs = path.join(store.directory, 'runs');
  // No temporary file stays beside it.
  expect(await readdir(runs)).toEqual(['0001.json']);
  const saved = runResultSchema.parse(
    JSON.parse(await readFile(path.join(runs, '0001.json'), 'utf8')),
  );
  expect(saved).toEqual(makeResult(run));
});

test('a damaged run is put aside with what is in it', async () => {
  const store = await ResultStore.create(folder, 's', AT, () => 'feed');
  await store.savePlan(PLAN);
  const runs = path.join(store.directory, 'runs');
  await writeFile(path.join(runs, '0001.json'), '{"schema": "kbench/ru');
  await store.setAside(path.join('runs', '0001.json'));
  expect(await readdir(runs)).toEqual(['0001.json.damaged-feed']);
});

test('a folder that cannot be made is a RunError in plain words', async () => {
  await writeFile(path.join(folder, 'file'), '');
  await expect(ResultStore.create(path.join(folder, 'file'), 's')).rejects.toMatchObject({
    exitCode: 107,
    message: expect.stringMatching(
      /cannot create .*(a part of the path is a file|stands in the way)/,
    ) as string,
    remedy: expect.stringContaining('--out') as string,
  });
});

test.runIf(process.platform === 'linux')(
  'a place that takes no folders is an error, not an endless loop',
  async () => {
    await expect(ResultStore.create('/proc/kbench', 's')).rejects.toMatchObject({ exitCode: 107 });
  },
);

test('a folder that vanished while a sweep ran is a RunError in plain words', async () => {
  const store = await ResultStore.create(folder, 's', AT);
  await store.savePlan(PLAN);
  await rm(store.directory, { recursive: true });
  await expect(store.saveRun(makeResult(makePlan(1, 1).runs[0]))).rejects.toMatchObject({
    exitCode: 107,
    message: expect.stringContaining('the folder is gone') as string,
  });
});

test('a full disk says so', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
  });
  expect(fileError('write', '/x/0001.json', full)).toMatchObject({
    message: expect.stringContaining('the disk is full') as string,
    remedy: 'free some space',
  });
});

test('a name becomes a legal part of a path and of a topic', async () => {
  expect(slug('quick start/ÜBER: 1')).toBe('quick-start-U-BER-1');
  for (const name of ['..', '.', '', '///', '日本']) expect(slug(name)).toBe('sweep');
  expect(slug('a'.repeat(500))).toHaveLength(80);
  for (const name of ['a'.repeat(500), '..', 'x y', 'Ünïcode']) {
    const topic = topicName(name, 'abcd1234', '0001');
    expect(topic).toMatch(/^kbench-[a-zA-Z0-9._-]+-abcd1234-0001$/);
    expect(topic.length).toBeLessThanOrEqual(249);
  }
  expect(folderTime(AT)).toBe('2026-11-22T10-15-30Z');
  await mkdir(path.join(folder, slug('..')));
});
