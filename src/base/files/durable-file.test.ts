import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeDeadDrafts, writeWhole, writeWholeSync } from './durable-file.js';

/** A disk of 64 KiB: only root may make one. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'kbench-durable-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ways = [
  ['writeWhole', writeWhole],
  [
    'writeWholeSync',
    (file: string, text: string) => Promise.resolve().then(() => writeWholeSync(file, text)),
  ],
] as const;

describe.each(ways)('%s', (_name, write) => {
  it('replaces a file, keeps nothing beside it', async () => {
    const file = path.join(folder, 'a.json');
    await write(file, 'old');
    await write(file, 'new, with ü');
    expect(readFileSync(file, 'utf8')).toBe('new, with ü');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  it('follows no half measure where the folder is gone', async () => {
    await expect(write(path.join(folder, 'no', 'a.json'), 'x')).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it.skipIf(!canMount)(
    'on a disk that fills up, fails and leaves the good file as it was (needs root: mount)',
    async () => {
      const disk = path.join(folder, 'disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk]);
      try {
        const file = path.join(disk, 'plan.json');
        await write(file, 'good'.repeat(1000));
        await expect(write(file, 'bad'.repeat(30_000))).rejects.toMatchObject({ code: 'ENOSPC' });
        expect(readFileSync(file, 'utf8')).toBe('good'.repeat(1000));
        expect(readdirSync(disk)).toEqual(['plan.json']);
        // A full disk takes a file's first bytes and no more: that is the short write.
        await expect(write(path.join(disk, 'b'), 'b'.repeat(62_000))).rejects.toMatchObject({
          code: 'ENOSPC',
        });
        expect(readdirSync(disk)).toEqual(['plan.json']);
      } finally {
        execFileSync('umount', ['-l', disk]);
      }
    },
  );
});

describe('writeWholeSync', () => {
  it('takes a file in pieces', () => {
    const file = path.join(folder, 'long.txt');
    writeWholeSync(file, ['one, ', 'two, ', 'drei: ü'].values());
    expect(readFileSync(file, 'utf8')).toBe('one, two, drei: ü');
    expect(statSync(file).size).toBe(18);
  });

  it('keeps the old file where a piece cannot be made', () => {
    const file = path.join(folder, 'long.txt');
    writeWholeSync(file, 'good');
    const pieces = function* () {
      yield 'bad';
      throw new Error('no more');
    };
    expect(() => writeWholeSync(file, pieces())).toThrow('no more');
    expect(
      readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8')),
    ).toEqual(['good']);
  });
});

describe('removeDeadDrafts', () => {
  it('removes what a killed write left, but no living process’s draft or other file', () => {
    const own = path.join(folder, 'mine.json');
    writeWholeSync(own, 'x');
    writeFileSync(path.join(folder, '.a.json.00000000-1-00000000-1.draft'), 'of another container');
    expect(removeDeadDrafts(folder)).toEqual([]);
    expect(removeDeadDrafts(folder, true)).toEqual(['.a.json.00000000-1-00000000-1.draft']);
    expect(readdirSync(folder)).toEqual(['mine.json']);
  });
});
