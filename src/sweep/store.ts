// The results folder of one sweep: results/<name>/<UTC time>-<id>/. Written here and by write-report; every file atomically, every run
// right after it ended. Never overwrites a folder that exists; a resumed sweep opens its own again.
import { existsSync, statSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { RunError } from '../base/errors.js';
import type { Environment } from '../contract/environment.js';
import { INVOCATION_SCHEMA } from '../contract/invocation.js';
import type { Invocation } from '../contract/invocation.js';
import type { Plan } from '../contract/plan.js';
import type { RunResult } from '../contract/run-result.js';
import { fileError, toJson, writeAtomically } from './atomic-file.js';
import { folderTime, freshId, slug } from './names.js';
import type { OwnTopic } from './topics.js';

export const TOPICS_SCHEMA = 'kbench/topics@1';

export const FILES = {
  sweep: 'sweep.yaml',
  plan: 'plan.json',
  environment: 'environment.json',
  invocation: 'invocation.json',
  topics: 'topics.json',
  runs: 'runs',
} as const;

const ATTEMPTS = 5;

export class ResultStore {
  private constructor(
    readonly directory: string,
    readonly id: string,
  ) {}

  /** Makes a new folder under `out`. Throws RunError where that cannot be. */
  static async create(out: string, sweepName: string, at = new Date(), id = freshId): Promise<ResultStore> {
    const parent = path.join(out, slug(sweepName));
    try {
      await makeFolders(parent);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const name = id();
        const directory = path.join(parent, `${folderTime(at)}-${name}`);
        // Not recursive: that would take a folder which exists for a success.
        if (!(await makeFolder(directory))) continue;
        await mkdir(path.join(directory, FILES.runs));
        return new ResultStore(directory, name);
      }
    } catch (error) {
      throw fileError('create', parent, error);
    }
    throw new RunError(`cannot create a new folder in ${parent}: ${ATTEMPTS} names in a row are taken`);
  }

  /** Opens a folder that resume.ts has checked. */
  static async reopen(directory: string): Promise<ResultStore> {
    const runs = path.join(directory, FILES.runs);
    try {
      await makeFolders(runs);
    } catch (error) {
      throw fileError('create', runs, error);
    }
    return new ResultStore(directory, freshId());
  }

  saveSweep(source: string): Promise<void> {
    return this.save(FILES.sweep, source);
  }

  saveInvocation({ file, overrides, bootstrap, typed }: Invocation): Promise<void> {
    const invocation = { schema: INVOCATION_SCHEMA, file, overrides, bootstrap };
    return this.save(FILES.invocation, toJson(typed == null ? invocation : { ...invocation, typed }));
  }

  savePlan(plan: Plan): Promise<void> {
    return this.save(FILES.plan, toJson(plan));
  }

  /** `name` other than the default for a resumed sweep, whose first environment stays. */
  saveEnvironment(environment: Environment, name: string = FILES.environment): Promise<void> {
    return this.save(name, toJson(environment));
  }

  saveTopics(topics: readonly OwnTopic[]): Promise<void> {
    return this.save(FILES.topics, toJson({ schema: TOPICS_SCHEMA, topics }));
  }

  /** Replaces an earlier result of the same run, in one step. */
  saveRun(result: RunResult): Promise<void> {
    return this.save(path.join(FILES.runs, `${result.run}.json`), toJson(result));
  }

  /** Puts an unreadable run's file out of the reports' way; what is in it is not lost. */
  async setAside(run: string): Promise<void> {
    const file = path.join(this.directory, FILES.runs, `${run}.json`);
    try {
      await rename(file, `${file}.damaged-${this.id}`);
    } catch (error) {
      throw fileError('rename', file, error);
    }
  }

  private save(name: string, text: string): Promise<void> {
    return writeAtomically(path.join(this.directory, name), text);
  }
}

/** `mkdir -p`. Node's own spins for ever where a parent is there and takes no folders (/proc, some network mounts). */
async function makeFolders(directory: string): Promise<void> {
  const parent = path.dirname(directory);
  if (parent !== directory && !existsSync(parent)) await makeFolders(parent);
  if (!(await makeFolder(directory)) && !statSync(directory).isDirectory()) {
    throw Object.assign(new Error(`${directory} is a file`), { code: 'ENOTDIR' });
  }
}

/** False where something of that name is there already. */
async function makeFolder(directory: string): Promise<boolean> {
  try {
    await mkdir(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
