import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockHolder, takeLock } from './lock-file.js';
import { makeFolders } from './make-folders.js';
import { hostIdentity, processIdentity } from '../process-identity.js';
import { threadEntry } from '../thread-entry.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lock-file-test-'));
  file = path.join(folder, 'deep', 'x.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NOW = { waitMs: 0 };
const claim = (host = {}, process_ = {}) =>
  JSON.stringify({
    host: { ...hostIdentity(), ...host },
    process: { ...processIdentity(process.pid)!, ...process_ },
  });

function leave(text: string, ageSeconds = 0): void {
  makeFolders(path.dirname(file));
  writeFileSync(file, text);
  const then = Date.now() / 1000 - ageSeconds;
  utimesSync(file, then, then);
}

it('is held by one at a time, passed on when released, and leaves nothing', async () => {
  const release = await takeLock(file, NOW);
  expect(release).not.toBeNull();
  expect(lockHolder(file)).toBe(`process ${process.pid} on ${hostIdentity().host}`);
  expect(await takeLock(file, { waitMs: 300 })).toBeNull();
  const waiting = takeLock(file, { waitMs: 5000 });
  release!();
  const second = await waiting;
  release!(); // no longer its own
  expect(await takeLock(file, NOW)).toBeNull();
  second!();
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

it.each([
  ['whose holder is dead', claim({}, { startTime: '1' }), 0],
  ['of the boot before', claim({ boot: 'before' }), 0],
  [
    'of another container that has not refreshed it for a minute',
    claim({ pidNamespace: 'pid:[1]' }),
    70,
  ],
  ['of another machine that has not refreshed it for a minute', claim({ host: 'other' }), 70],
  ['that nobody finished writing', '{"host', 10],
  ['that is empty', '', 10],
])('is taken over at once from a lock %s', async (_, text, ageSeconds) => {
  leave(text, ageSeconds);
  const release = await takeLock(file, NOW);
  expect(release).not.toBeNull();
  expect(readFileSync(file, 'utf8')).toContain(`"pid":${process.pid}`);
  release!();
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

it.each([
  ['a live process, however old its lock is', claim(), 1000],
  ['a live process that has changed its title', claim({}, { commandLine: 'other' }), 0],
  ['another machine, fresh', claim({ host: 'other' }), 30],
  ['another container, fresh', claim({ pidNamespace: 'pid:[1]' }), 30],
  ['another machine of the same name', claim({ machine: 'other', boot: 'other' }), 30],
  ['somebody who is just writing', '', 0],
])('is not taken from %s', async (_, text, ageSeconds) => {
  leave(text, ageSeconds);
  expect(await takeLock(file, NOW)).toBeNull();
  expect(readdirSync(path.dirname(file))).toEqual(['x.lock']);
});

describe('among eight processes', () => {
  let takers: ChildProcess[];
  beforeEach(async () => {
    const program = path.join(folder, 'taker.mjs');
    const entry = pathToFileURL(threadEntry(import.meta.url, './lock-file.js')).href;
    // Takes at the given moment, tells, and keeps what it has until it is told to let go.
    writeFileSync(
      program,
      `import { takeLock } from ${JSON.stringify(entry)};
       let release = null;
       process.on('message', async ({ file, atMs, letGo }) => {
         if (letGo) { release?.(); release = null; return process.send('left'); }
         while (Date.now() < atMs);
         release = await takeLock(file, { waitMs: 0 });
         process.send(release === null ? 'busy' : 'held');
       });
       process.send('here');`,
    );
    const start = () =>
      fork(program, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    takers = Array.from({ length: 8 }, start);
    await Promise.all(takers.map((taker) => once(taker, 'message')));
  });
  afterEach(() => takers.forEach((taker) => taker.kill('SIGKILL')));

  const tellAll = async (message: object): Promise<unknown[]> => {
    const answers = takers.map((taker) => once(taker, 'message'));
    for (const taker of takers) taker.send(message);
    return (await Promise.all(answers)).map(([answer]) => answer as unknown);
  };

  it('a stale lock goes to exactly one, in each of 100 rounds', async () => {
    for (let round = 0; round < 100; round++) {
      leave(claim({}, { startTime: `1${round}` }));
      const answers = await tellAll({ file, atMs: Date.now() + 8 });
      expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'busy')).toHaveLength(7);
      await tellAll({ letGo: true });
      expect(readdirSync(path.dirname(file))).toEqual([]);
    }
  }, 60_000);

  it('a lock goes from holder to holder when each is killed', async () => {
    leave(claim({}, { startTime: '1' }));
    while (takers.length > 0) {
      const answers = await tellAll({ file, atMs: Date.now() + 8 });
      const holders = takers.filter((_, i) => answers[i] === 'held');
      expect(holders).toHaveLength(1);
      const exit = once(holders[0], 'exit');
      holders[0].kill('SIGKILL');
      await exit;
      takers = takers.filter((taker) => taker !== holders[0]);
    }
    (await takeLock(file, NOW))!();
    expect(existsSync(file)).toBe(false);
  }, 60_000);
});

it('goes on behind a taker that was killed between its claim and its end', async () => {
  const { createHash } = await import('node:crypto');
  const after = (text: string) =>
    `${file}.after-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  const [first, second, third] = ['1', '2', '3'].map((startTime) => claim({}, { startTime }));
  leave(first);
  writeFileSync(after(first), second);
  writeFileSync(after(second), third);
  writeFileSync(`${file}.claim-killed`, third);
  (await takeLock(file, NOW))!();
  expect(readdirSync(path.dirname(file))).toEqual([]);
  // The end of the chain lives: it is the holder.
  leave(first);
  writeFileSync(after(first), second);
  writeFileSync(after(second), claim());
  expect(await takeLock(file, NOW)).toBeNull();
  expect(lockHolder(file)).toContain(`process ${process.pid}`);
});
