import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addToFolderSync, writeFolderSync } from './durable-folder.js';

let top: string;
let dir: string;
beforeEach(() => {
  top = mkdtempSync(path.join(tmpdir(), 'kbench-folder-'));
  dir = path.join(top, 'made');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const filled = (name: string) => (draft: string) => writeFileSync(path.join(draft, name), name);
const breaking = (draft: string) => {
  filled('b')(draft);
  throw new Error('midway');
};

describe('a folder', () => {
  it('appears whole, and replaces one that is there', () => {
    writeFolderSync(dir, filled('a'));
    expect(readdirSync(dir)).toEqual(['a']);
    writeFolderSync(dir, filled('b'));
    expect(readdirSync(dir)).toEqual(['b']);
    expect(readdirSync(top)).toEqual(['made']);
  });

  it('that cannot be filled leaves what was there, or nothing', () => {
    expect(() => writeFolderSync(dir, breaking)).toThrow('midway');
    expect(readdirSync(top)).toEqual([]);
    writeFolderSync(dir, filled('a'));
    expect(() => writeFolderSync(dir, breaking)).toThrow('midway');
    expect(readdirSync(dir)).toEqual(['a']);
    expect(readdirSync(top)).toEqual(['made']);
  });

  it('gets all of what is added to it, or none', () => {
    writeFolderSync(dir, filled('a'));
    expect(() => addToFolderSync(dir, breaking)).toThrow('midway');
    expect(readdirSync(dir)).toEqual(['a']);
    addToFolderSync(dir, filled('b'));
    expect(readdirSync(dir).sort()).toEqual(['a', 'b']);
  });

  it('that was set aside by a writer who was killed is put back', () => {
    writeFolderSync(dir, filled('a'));
    renameSync(dir, path.join(top, '.made.replaced'));
    expect(() => writeFolderSync(dir, breaking)).toThrow('midway');
    expect(readFileSync(path.join(dir, 'a'), 'utf8')).toBe('a');
  });

  it('that a writer on another machine may still be filling is left alone', () => {
    const draft = path.join(top, '.made.00000000-1-00000000-1.draft');
    mkdirSync(draft);
    writeFolderSync(dir, filled('a'));
    // Of another machine: it may live.
    expect(readdirSync(top)).toContain(path.basename(draft));
  });
});
