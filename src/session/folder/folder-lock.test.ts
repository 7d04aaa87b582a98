import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RunError } from '../../base/errors.js';
import { hostIdentity, processIdentity } from '../../base/process-identity.js';
import { lockFolder } from './folder-lock.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'folder-lock-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('has one holder at a time, and is left as it was', async () => {
  const leave = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow(RunError);
  await expect(lockFolder(folder)).rejects.toThrow(
    new RegExp(`^${folder} is in use: process ${process.pid} on .+ is making runs in it$`),
  );
  leave();
  expect(readdirSync(folder)).toEqual([]);
  (await lockFolder(folder))();
});

it('of a process that has died is taken over, that of a live one is not', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await new Promise((resolve) => other.once('spawn', resolve));
  let identity = processIdentity(other.pid!);
  // Right after the spawn it may still bear the name of the one that spawned it.
  for (
    let tries = 0;
    tries < 100 && identity?.commandLine.includes('setInterval') !== true;
    tries++
  ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    identity = processIdentity(other.pid!);
  }
  const lock = path.join(folder, '.kbench-lock');
  writeFileSync(lock, JSON.stringify({ host: hostIdentity(), process: identity }));
  await expect(lockFolder(folder)).rejects.toThrow(`process ${String(other.pid)} on`);
  const ended = new Promise((resolve) => other.once('exit', resolve));
  other.kill('SIGKILL');
  await ended;
  (await lockFolder(folder))();
  expect(existsSync(lock)).toBe(false);
});

it('tells of a folder that cannot be written', async () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  await expect(lockFolder(file)).rejects.toThrow(RunError);
});
