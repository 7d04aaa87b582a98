// The results folder of one sweep: results/<name>/<UTC time>-<id>/. Written here and by
// write-report; every file atomically, every run right after it ended. A new folder takes its name
// once its plan is in it, so that half of one is never taken for results. Never overwrites a folder
// that exists; a resumed sweep opens its own again.
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import {
  draftOf,
  removeDeadDrafts,
  syncFolderSync,
  writeWhole,
} from '../../base/files/durable-file.js';
import { RunError } from '../../base/errors.js';
import { fileError } from '../../base/files/file-error.js';
import { makeFolders } from '../../base/files/make-folders.js';
import type { Environment } from '../../contract/environment.js';
import { INVOCATION_SCHEMA } from '../../contract/invocation.js';
import type { Plan } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import type { LoadedSweep } from '../../plan/load-sweep.js';
import { folderTime, freshId, slug } from '../../plan/points/names.js';
import { savedOverrides } from '../../plan/yaml/overrides.js';
import type { OwnTopic } from '../topics/topics.js';

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

type Invoked = Pick<LoadedSweep, 'file' | 'overrides' | 'bootstrap'> &
  Partial<Pick<LoadedSweep, 'typed'>>;

export class ResultStore {
  private constructor(
    readonly directory: string,
    readonly id: string,
    /** Where a new folder is filled until its plan is saved; then null. */
    private draft: string | null,
  ) {}

  /**
   * Begins a new folder under `out`; it is at `directory` once its plan is saved. What killed
   * sessions had begun there goes. Throws RunError where that cannot be.
   */
  static async create(
    out: string,
    sweepName: string,
    at = new Date(),
    id = freshId,
  ): Promise<ResultStore> {
    const parent = path.join(out, slug(sweepName));
    try {
      makeFolders(parent);
      removeDeadDrafts(parent);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const name = id();
        const directory = path.join(parent, `${folderTime(at)}-${name}`);
        if (existsSync(directory)) continue;
        const draft = draftOf(directory);
        await mkdir(draft);
        await mkdir(path.join(draft, FILES.runs));
        return new ResultStore(directory, name, draft);
      }
    } catch (error) {
      throw fileError('create', parent, error);
    }
    throw new RunError(
      `cannot create a new folder in ${parent}: ${ATTEMPTS} names in a row are taken`,
    );
  }

  /** Opens a folder that resume.ts has checked. */
  static reopen(directory: string): ResultStore {
    const runs = path.join(directory, FILES.runs);
    try {
      makeFolders(runs);
    } catch (error) {
      throw fileError('create', runs, error);
    }
    return new ResultStore(directory, freshId(), null);
  }

  saveSweep(source: string): Promise<void> {
    return this.save(FILES.sweep, source);
  }

  saveInvocation({ file, overrides, bootstrap, typed }: Invoked): Promise<void> {
    const saved = { schema: INVOCATION_SCHEMA, file, ...savedOverrides(overrides), bootstrap };
    return this.save(FILES.invocation, toJson(typed == null ? saved : { ...saved, typed }));
  }

  /** With its first plan a new folder is one. */
  async savePlan(plan: Plan): Promise<void> {
    await this.save(FILES.plan, toJson(plan));
    if (this.draft === null) return;
    try {
      renameSync(this.draft, this.directory);
      this.draft = null;
      syncFolderSync(path.dirname(this.directory));
    } catch (error) {
      throw fileError('create', this.directory, error);
    }
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

  /** Takes back a new folder that did not come to have a plan. Never throws. */
  discard(): void {
    try {
      if (this.draft !== null) rmSync(this.draft, { recursive: true, force: true });
    } catch {
      // Then the next start removes it.
    }
  }

  /** Puts an unreadable file of this folder out of the reports' way; what is in it is not lost. */
  async setAside(name: string): Promise<void> {
    const file = path.join(this.directory, name);
    try {
      await rename(file, `${file}.damaged-${this.id}`);
    } catch (error) {
      throw fileError('rename', file, error);
    }
  }

  /**
   * What killed writes left here. Only while the folder's lock is held. Never throws: it is in
   * nobody's way.
   */
  clearDrafts(): void {
    for (const folder of [this.directory, path.join(this.directory, FILES.runs)]) {
      removeDeadDrafts(folder, true);
      removeOldDrafts(folder);
    }
  }

  private async save(name: string, text: string): Promise<void> {
    try {
      await writeWhole(path.join(this.draft ?? this.directory, name), text);
    } catch (error) {
      throw fileError('write', path.join(this.directory, name), error);
    }
  }
}

const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** As versions before the door of base/durable-file named them: the file's name and a number. */
const OLD_DRAFT =
  /^(sweep\.yaml|report\.md|report\.html|[a-z]+(-[0-9a-f]+)?\.json|\d{4,12}\.json)\.\d+$/;

function removeOldDrafts(folder: string): void {
  try {
    for (const name of readdirSync(folder))
      if (OLD_DRAFT.test(name)) rmSync(path.join(folder, name), { force: true });
  } catch {
    // Then they stay.
  }
}
