import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeLock } from './fetch-lock.js';
import { hostIdentity, processIdentity } from '../../base/process-identity.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fetch-lock-test-'));
  file = path.join(folder, 'deep', 'x.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const OPTIONS = { staleMs: 60_000, waitMs: 300 };
const holder = (change = {}) =>
  JSON.stringify({ host: hostIdentity(), process: { ...processIdentity(process.pid)!, ...change } });

it('is held by one at a time and passed on when released', async () => {
  const release = await takeLock(file, OPTIONS);
  expect(release).not.toBeNull();
  expect(await takeLock(file, OPTIONS)).toBeNull();
  const waiting = takeLock(file, { ...OPTIONS, waitMs: 5000 });
  release!();
  (await waiting)!();
  expect(existsSync(file)).toBe(false);
});

it.each([
  ['whose holder is dead', () => holder({ startTime: '1' }), 0],
  ['that is older than any fetch', () => holder(), 120],
  ['that nobody finished writing', () => '{"host', 10],
])('is taken over from a lock %s', async (_, text, ageSeconds) => {
  (await takeLock(file, OPTIONS))!(); // makes the folder
  writeFileSync(file, text());
  const then = Date.now() / 1000 - ageSeconds;
  utimesSync(file, then, then);
  const release = await takeLock(file, OPTIONS);
  expect(release).not.toBeNull();
  expect(readFileSync(file, 'utf8')).toBe(holder());
  release!();
});

it('waits for a holder on another host, whose life cannot be told', async () => {
  (await takeLock(file, OPTIONS))!();
  writeFileSync(
    file,
    JSON.stringify({ host: { ...hostIdentity(), host: 'other' }, process: processIdentity(process.pid) }),
  );
  expect(await takeLock(file, OPTIONS)).toBeNull();
});
