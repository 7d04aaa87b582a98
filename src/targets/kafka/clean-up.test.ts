import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanUpDeadRuns } from './clean-up.js';
import { hostIdentity, processIdentity } from '../../base/process-identity.js';
import { FOLDER_MARK, runEntrySchema, RunRegistry, runsFolder } from './run-registry.js';
import type { RunEntry } from './run-registry.js';

let cache: string;
let folder: string;
let child: ChildProcess;

beforeEach(() => {
  cache = mkdtempSync(path.join(tmpdir(), 'clean-up-test-'));
  folder = path.join(cache, 'cluster');
  mkdirSync(folder);
  writeFileSync(path.join(folder, FOLDER_MARK), 'mark');
  child = spawn('sleep', ['60']);
});

afterEach(() => {
  child.kill('SIGKILL');
  rmSync(cache, { recursive: true, force: true });
});

/** An entry of an owner that is dead, naming the child and the folder. */
function leave(change: Partial<RunEntry> = {}): string {
  const entry: RunEntry = {
    schema: 'kbench/children@1',
    host: hostIdentity(),
    owner: { ...processIdentity(process.pid)!, startTime: '1' },
    mark: 'mark',
    children: [processIdentity(child.pid!)!],
    folders: [folder],
    ...change,
  };
  const file = path.join(runsFolder(cache), `${entry.owner.pid}-1.json`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(entry));
  return file;
}

const childLives = () => processIdentity(child.pid!) !== null;

describe('after a kbench that was killed', () => {
  it('ends the children and removes the folders that its entry names, and the entry', async () => {
    const file = leave();
    expect(cleanUpDeadRuns(cache)).toEqual({ killed: [child.pid], removed: [folder] });
    await expect.poll(childLives).toBe(false);
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(file)).toBe(false);
  });

  it('leaves a process alone that only has the number of a child', () => {
    const identity = processIdentity(child.pid!)!;
    leave({ children: [{ ...identity, startTime: '1' }] });
    expect(cleanUpDeadRuns(cache).killed).toEqual([]);
    leave({ children: [{ ...identity, commandLine: 'java kafka.Kafka' }] });
    expect(cleanUpDeadRuns(cache).killed).toEqual([]);
    expect(childLives()).toBe(true);
  });

  it('leaves a folder alone that does not carry the entry’s mark', () => {
    leave({ mark: 'another' });
    expect(cleanUpDeadRuns(cache).removed).toEqual([]);
    expect(existsSync(folder)).toBe(true);
  });

  it('leaves a run alone whose owner lives', () => {
    const file = leave({ owner: processIdentity(process.pid)! });
    expect(cleanUpDeadRuns(cache)).toEqual({ killed: [], removed: [] });
    expect([childLives(), existsSync(folder), existsSync(file)]).toEqual([true, true, true]);
  });

  it('leaves a run of another host alone, which shares the cache', () => {
    const file = leave({ host: { ...hostIdentity(), host: 'another' } });
    expect(cleanUpDeadRuns(cache)).toEqual({ killed: [], removed: [] });
    expect(existsSync(file)).toBe(true);
  });

  it('kills nobody after the machine was started anew, but removes the folders', () => {
    leave({ host: { ...hostIdentity(), boot: 'before' } });
    expect(cleanUpDeadRuns(cache)).toEqual({ killed: [], removed: [folder] });
    expect(childLives()).toBe(true);
  });

  it.each(['', '{', '[]', '{"schema":"kbench/children@2"}'])('passes over an entry that it cannot read: %j', (text) => {
    mkdirSync(runsFolder(cache), { recursive: true });
    writeFileSync(path.join(runsFolder(cache), '1-1.json'), text);
    expect(cleanUpDeadRuns(cache)).toEqual({ killed: [], removed: [] });
  });
});

describe('the registry of a run', () => {
  it('names children and folders while they are there, and goes with the last of them', () => {
    const registry = RunRegistry.of(cache);
    const made = registry.makeFolder('x-', path.join(cache, 'root'));
    registry.addChild(child.pid!);
    const entry = runEntrySchema.parse(JSON.parse(readFileSync(registry.file, 'utf8')));
    expect(entry.owner.pid).toBe(process.pid);
    expect(entry.folders).toEqual([made]);
    expect(entry.children.map(({ pid }) => pid)).toEqual([child.pid]);
    expect(readFileSync(path.join(made, FOLDER_MARK), 'utf8')).toBe(entry.mark);
    expect(cleanUpDeadRuns(cache)).toEqual({ killed: [], removed: [] });
    registry.removeChild(child.pid!);
    registry.removeFolder(made);
    expect(existsSync(made)).toBe(false);
    expect(existsSync(registry.file)).toBe(false);
  });

  it('removes no folder that it did not make', () => {
    expect(() => RunRegistry.of(cache).removeFolder(folder)).toThrow(/not a folder of this run/);
  });

  it('ends everything at once when the process ends', async () => {
    const registry = RunRegistry.of(cache);
    const made = registry.makeFolder('x-', cache);
    registry.addChild(child.pid!);
    registry.endNow();
    await expect.poll(childLives).toBe(false);
    expect([existsSync(made), existsSync(registry.file)]).toEqual([false, false]);
  });
});
