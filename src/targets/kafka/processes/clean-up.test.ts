import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunError } from '../../../base/errors.js';
import { cleanUpDeadRuns } from './clean-up.js';
import { hostIdentity, processIdentity } from '../../../base/process-identity.js';
import { runEntrySchema, RunRegistry, runsFolder } from './run-registry.js';
import type { RunEntry } from './run-registry.js';

const MARK = '2f1c4f0e-6a55-4b0e-9a0c-0d4f6c1f2b3a';

let cache: string;
let folder: string;
let child: ChildProcess;

beforeEach(() => {
  cache = mkdtempSync(path.join(tmpdir(), 'clean-up-test-'));
  folder = path.join(cache, `cluster-${MARK}-1`);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'data'), 'of Kafka');
  child = spawn('sleep', ['60']);
});

afterEach(() => {
  child.kill('SIGKILL');
  rmSync(cache, { recursive: true, force: true });
});

/** An entry of an owner that is dead, naming the child and the folder. */
function leave(change: Partial<RunEntry> = {}): string {
  const entry: RunEntry = {
    schema: 'kbench/children@2',
    host: hostIdentity(),
    owner: { ...processIdentity(process.pid)!, startTime: '1' },
    mark: MARK,
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

  it('removes a folder that was written down and not made yet, or is half removed', () => {
    const [never, half] = [2, 3].map((n) => path.join(cache, `cluster-${MARK}-${n}`));
    mkdirSync(path.join(half, 'node-1'), { recursive: true });
    const file = leave({ folders: [never, half], children: [] });
    expect(cleanUpDeadRuns(cache)).toEqual({ killed: [], removed: [half] });
    expect([existsSync(half), existsSync(file)]).toEqual([false, false]);
  });

  it('ends a child that is still the shell which starts it', async () => {
    leave({ children: [{ ...processIdentity(child.pid!)!, commandLine: '60' }] });
    expect(cleanUpDeadRuns(cache).killed).toEqual([child.pid]);
    await expect.poll(childLives).toBe(false);
  });

  it('leaves a folder alone that does not carry the entry’s mark', () => {
    leave({ mark: '00000000-6a55-4b0e-9a0c-0d4f6c1f2b3a' });
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

  it.each(['', '{', '[]', '{"schema":"kbench/children@3"}'])(
    'passes over an entry that it cannot read: %j',
    (text) => {
      mkdirSync(runsFolder(cache), { recursive: true });
      writeFileSync(path.join(runsFolder(cache), '1-1.json'), text);
      expect(cleanUpDeadRuns(cache)).toEqual({ killed: [], removed: [] });
    },
  );
});

describe('the registry of a run', () => {
  it('names children and folders while they are there, and goes with the last of them', () => {
    const registry = RunRegistry.of(cache);
    const made = registry.makeFolder('x-', cache);
    registry.addChild(child.pid!, 'sleep 60');
    const entry = runEntrySchema.parse(JSON.parse(readFileSync(registry.file, 'utf8')));
    expect(entry.owner.pid).toBe(process.pid);
    expect(entry.folders).toEqual([made]);
    expect(entry.children.map(({ pid }) => pid)).toEqual([child.pid]);
    expect(path.basename(made)).toContain(entry.mark);
    expect(cleanUpDeadRuns(cache)).toEqual({ killed: [], removed: [] });
    registry.removeChild(child.pid!);
    registry.removeFolder(made);
    expect(existsSync(made)).toBe(false);
    expect(existsSync(registry.file)).toBe(false);
  });

  it('names a folder before it is there, so that no kill can lose it', () => {
    const registry = RunRegistry.of(cache);
    const nowhere = path.join(cache, 'nowhere');
    expect(() => registry.makeFolder('x-', nowhere)).toThrow(
      /cannot make a folder in .*nowhere: there is no such folder/,
    );
    expect(existsSync(registry.file)).toBe(false);
    mkdirSync(nowhere);
    const made = registry.makeFolder('x-', nowhere);
    rmSync(made, { recursive: true });
    registry.addChild(child.pid!, 'sleep 60');
    expect(readFileSync(registry.file, 'utf8')).toContain(made);
    registry.removeChild(child.pid!);
    registry.removeFolder(made);
    expect(existsSync(registry.file)).toBe(false);
  });

  it('says which cache cannot be written', () => {
    const file = path.join(cache, 'file');
    writeFileSync(file, '');
    const make = () => RunRegistry.of(file).makeFolder('x-', cache);
    expect(make).toThrow(/cannot write to kbench’s cache .*file: a part of the path is a file/);
    expect(make).toThrow(RunError);
    expect(readdirSync(cache).filter((name) => name.startsWith('x-'))).toEqual([]);
  });

  it('removes no folder that it did not make', () => {
    expect(() => RunRegistry.of(cache).removeFolder(folder)).toThrow(/not a folder of this run/);
  });

  it('ends everything at once when the process ends', async () => {
    const registry = RunRegistry.of(cache);
    const made = registry.makeFolder('x-', cache);
    registry.addChild(child.pid!, 'sleep 60');
    registry.endNow();
    await expect.poll(childLives).toBe(false);
    expect([existsSync(made), existsSync(registry.file)]).toEqual([false, false]);
  });
});
