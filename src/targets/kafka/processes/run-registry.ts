// What this process started and must not leave behind: child processes and temporary folders,
// written to <cache>/runs/<pid>-<start time>.json. A folder is written down before it is made and
// struck out when all of it is gone; a child ends by its leash, and is written down as a second
// line. Called by child-process.ts and kafka-cluster.ts. On exit everything is ended at once; after
// a SIGKILL of kbench the next start does it (clean-up.ts), from these files.
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { writeWholeSync } from '../../../base/files/durable-file.js';
import { makeFolders } from '../../../base/files/make-folders.js';
import { hostIdentity, processIdentity } from '../../../base/process-identity.js';
import type { ProcessIdentity } from '../../../base/process-identity.js';
import { cacheFolder } from '../cache-folder.js';
import { cacheError, placeError, temporaryError } from '../place-error.js';

const identity = z.object({
  pid: z.number().int(),
  startTime: z.string(),
  commandLine: z.string(),
});

export const runEntrySchema = z.object({
  schema: z.literal('kbench/children@2'),
  host: z.object({
    host: z.string(),
    boot: z.string(),
    pidNamespace: z.string(),
    machine: z.string().optional(),
  }),
  owner: identity,
  /**
   * Random, and a part of the name of each of the folders: a folder without it is not this run's,
   * and is never removed.
   */
  mark: z.uuid(),
  children: z.array(identity),
  folders: z.array(z.string()),
});
export type RunEntry = z.infer<typeof runEntrySchema>;

export const runsFolder = (cache = cacheFolder()) => path.join(cache, 'runs');

/** One per process and cache folder: `RunRegistry.of()`. */
export class RunRegistry {
  private static readonly open = new Map<string, RunRegistry>();

  /** The registry of this process in a cache folder. */
  static of(cache = cacheFolder()): RunRegistry {
    let registry = RunRegistry.open.get(cache);
    if (registry === undefined) {
      if (RunRegistry.open.size === 0) endEverythingWithThisProcess();
      registry = new RunRegistry(cache);
      RunRegistry.open.set(cache, registry);
    }
    return registry;
  }

  static endAll(): void {
    for (const registry of RunRegistry.open.values()) registry.endNow();
  }

  private readonly owner: ProcessIdentity = processIdentity(process.pid) ?? {
    pid: process.pid,
    startTime: '',
    commandLine: '',
  };
  private readonly mark = randomUUID();
  private readonly children = new Map<number, ProcessIdentity>();
  private readonly folders = new Set<string>();
  private made = 0;
  readonly file: string;

  private constructor(private readonly cache: string) {
    const { pid, startTime } = this.owner;
    this.file = path.join(
      runsFolder(cache),
      `${pid}-${startTime.replaceAll(/[^0-9A-Za-z]/g, '_')}.json`,
    );
  }

  /**
   * Makes a folder of ours that goes with this process at the latest: `<root>/<prefix><a name that
   * nobody else has>`. The root must be there. RunError where the folder cannot be made or written
   * down.
   */
  makeFolder(prefix: string, root?: string): string {
    const parent = path.resolve(root ?? tmpdir());
    this.made += 1;
    const folder = path.join(parent, `${prefix}${this.mark}-${this.made}`);
    this.folders.add(folder);
    try {
      this.save();
    } catch (error) {
      this.folders.delete(folder);
      throw cacheError(this.cache, error);
    }
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      this.folders.delete(folder);
      this.trySave();
      throw root === undefined
        ? temporaryError(parent, error)
        : placeError('make a folder in', parent, error);
    }
    return folder;
  }

  owns(folder: string): boolean {
    return this.folders.has(folder);
  }

  removeFolder(folder: string): void {
    if (!this.owns(folder)) throw new Error(`${folder} is not a folder of this run`);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    this.folders.delete(folder);
    this.trySave();
  }

  /**
   * To be called in the very tick of the spawn. `commandLine`: what it will be once the program
   * itself runs.
   */
  addChild(pid: number, commandLine: string): void {
    const child = processIdentity(pid);
    if (child === null) return; // gone already
    this.children.set(pid, { ...child, commandLine });
    this.trySave();
  }

  removeChild(pid: number): void {
    if (this.children.delete(pid)) this.trySave();
  }

  /**
   * Kills every child and removes every folder, without waiting: for the end of the process. Never
   * throws.
   */
  endNow(): void {
    for (const pid of this.children.keys()) killWithGroup(pid);
    this.children.clear();
    for (const folder of this.folders) {
      try {
        rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
        this.folders.delete(folder);
      } catch {
        // the entry stays, so that the next start removes it
      }
    }
    this.trySave();
  }

  /**
   * Where the disk is full: a child has its leash, and a folder that is named and gone does no
   * harm.
   */
  private trySave(): void {
    try {
      this.save();
    } catch {
      // the next one tries again
    }
  }

  private save(): void {
    if (this.children.size === 0 && this.folders.size === 0) {
      rmSync(this.file, { force: true });
      return;
    }
    const entry: RunEntry = {
      schema: 'kbench/children@2',
      host: hostIdentity(),
      owner: this.owner,
      mark: this.mark,
      children: [...this.children.values()],
      folders: [...this.folders],
    };
    makeFolders(path.dirname(this.file));
    writeWholeSync(this.file, JSON.stringify(entry, null, 1));
  }
}

/** Ends a process at once, with the group that it leads. False where it is gone or not ours. */
export function killWithGroup(pid: number): boolean {
  for (const target of [-pid, pid]) {
    try {
      return process.kill(target, 'SIGKILL');
    } catch {
      // no such group, or process
    }
  }
  return false;
}

function endEverythingWithThisProcess(): void {
  process.on('exit', () => RunRegistry.endAll());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const end = () => {
      // Somebody else answers this signal, and will exit in his own time; else do what it would
      // have done without us.
      if (process.listenerCount(signal) > 1) return;
      RunRegistry.endAll();
      process.off(signal, end);
      process.kill(process.pid, signal);
    };
    process.on(signal, end);
  }
}
