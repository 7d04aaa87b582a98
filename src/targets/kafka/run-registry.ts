// What this process started and must not leave behind: child processes and temporary folders, written to
// <cache>/runs/<pid>-<start time>.json before they can be forgotten. Called by child-process.ts and kafka-cluster.ts.
// On exit everything is ended at once; after a SIGKILL of kbench the next start does it (clean-up.ts), from these files.
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { cacheFolder } from './cache-folder.js';
import { hostIdentity, processIdentity } from '../../base/process-identity.js';
import type { ProcessIdentity } from '../../base/process-identity.js';

/** In every folder of ours: holds the secret that the entry names too. A folder without it is never removed. */
export const FOLDER_MARK = '.kbench-run';

const identity = z.object({ pid: z.number().int(), startTime: z.string(), commandLine: z.string() });

export const runEntrySchema = z.object({
  schema: z.literal('kbench/children@1'),
  host: z.object({ host: z.string(), boot: z.string(), pidNamespace: z.string() }),
  owner: identity,
  /** What FOLDER_MARK holds in each of the folders. */
  mark: z.string(),
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
      registry = new RunRegistry(runsFolder(cache));
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
  private readonly host = hostIdentity();
  private readonly mark = randomUUID();
  private readonly children = new Map<number, ProcessIdentity>();
  private readonly folders = new Set<string>();
  readonly file: string;

  private constructor(folder: string) {
    this.file = path.join(folder, `${this.owner.pid}-${this.owner.startTime.replaceAll(/[^0-9A-Za-z]/g, '_')}.json`);
  }

  /** Makes a folder of ours, `<root>/<prefix>XXXXXX`, that goes with this process at the latest. */
  makeFolder(prefix: string, root = tmpdir()): string {
    mkdirSync(root, { recursive: true });
    const folder = mkdtempSync(path.join(path.resolve(root), prefix));
    writeFileSync(path.join(folder, FOLDER_MARK), this.mark);
    this.folders.add(folder);
    this.save();
    return folder;
  }

  owns(folder: string): boolean {
    return this.folders.has(folder);
  }

  removeFolder(folder: string): void {
    if (!this.owns(folder)) throw new Error(`${folder} is not a folder of this run`);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    this.folders.delete(folder);
    this.save();
  }

  /** To be called in the very tick of the spawn: until then nothing but this process knows of the child. */
  addChild(pid: number): void {
    const child = processIdentity(pid);
    if (child === null) return; // gone already
    this.children.set(pid, child);
    this.save();
  }

  removeChild(pid: number): void {
    if (this.children.delete(pid)) this.save();
  }

  /** Kills every child and removes every folder, without waiting: for the end of the process. */
  endNow(): void {
    for (const pid of this.children.keys()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // gone already
      }
    }
    this.children.clear();
    for (const folder of this.folders) {
      try {
        rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
        this.folders.delete(folder);
      } catch {
        // the entry stays, so that the next start removes it
      }
    }
    this.save();
  }

  private save(): void {
    if (this.children.size === 0 && this.folders.size === 0) {
      rmSync(this.file, { force: true });
      return;
    }
    const entry: RunEntry = {
      schema: 'kbench/children@1',
      host: this.host,
      owner: this.owner,
      mark: this.mark,
      children: [...this.children.values()],
      folders: [...this.folders],
    };
    mkdirSync(path.dirname(this.file), { recursive: true });
    writeFileAtomic.sync(this.file, JSON.stringify(entry, null, 1), { fsync: false });
  }
}

function endEverythingWithThisProcess(): void {
  process.on('exit', () => RunRegistry.endAll());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const end = () => {
      // Somebody else answers this signal, and will exit in his own time; else do what it would have done without us.
      if (process.listenerCount(signal) > 1) return;
      RunRegistry.endAll();
      process.off(signal, end);
      process.kill(process.pid, signal);
    };
    process.on(signal, end);
  }
}
