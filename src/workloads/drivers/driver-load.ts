// The load of a run, or of a share of one, through another client than the core: a driver process a
// worker. Made by with-load; measure-share treats it as it treats the core's threads.
import path from 'node:path';
import { RunError } from '../../base/errors.js';
import { bounded } from '../../base/time-limit.js';
import { driverLabel, type OutsideDriver } from '../../contract/driver.js';
import type { RunSpec } from '../../contract/run-spec.js';
import { shareOf } from '../load/run-share.js';
import { payloadOfRun } from '../payload/file/payload-of-run.js';
import { STOP, SharedState } from '../threads/shared-state.js';
import type { Load } from './load.js';
import type { OpenDriver } from './driver-program.js';
import { runDriver, type DriverLimits } from './driver-run.js';
import { writeRecordFiles, type WrittenRecords } from './record-files.js';
import type { WorkerReport } from './worker-report.js';

/** Jars are fetched, programs built: each has a limit of its own, this is past both. */
const PREPARE_MS = 700_000;

export interface DriverLoadParts {
  readonly openDriver: OpenDriver | undefined;
  readonly stop: AbortSignal;
  readonly limits?: Partial<DriverLimits> | undefined;
}

/** Finds or builds the program, and writes what it sends. RunError where it cannot. */
export async function driverLoad(
  spec: RunSpec,
  driver: OutsideDriver,
  { openDriver, stop, limits = {} }: DriverLoadParts,
): Promise<Load<WorkerReport>> {
  if (openDriver === undefined) throw new RunError('drivers cannot be started from here');
  const folder = spec.modulesFrom ?? process.cwd();
  const program = await bounded(
    `preparing driver ${driverLabel(driver)}`,
    { limitMs: PREPARE_MS, stop, late: (opened) => opened.close() },
    () => openDriver({ driver, folder }),
  );
  try {
    const security = spec.security === undefined ? null : await program.resolve(spec.security);
    const payload = payloadOfRun(spec);
    const { workers } = shareOf(spec);
    const records: WrittenRecords[] = [];
    for (let worker = 0; worker < workers; worker++)
      records.push(await writeRecordFiles(spec, worker, payload, program.folder));
    return {
      launch: (tasks, onInterval) => {
        const state = new SharedState(tasks[0].shared, workers);
        return {
          outcomes: tasks.map(({ worker, stamp, audited }) => {
            const outcomes = path.join(program.folder, `outcomes-${worker}.bin`);
            const { files, valueBytes } = records[worker];
            const own = stamp === undefined ? null : { run: stamp, outcomes };
            return runDriver({
              ...{ spec, worker, driver, program, state, security, onInterval, limits },
              audited: audited === true,
              files: { ...files, audit: own },
              valueBytes,
            });
          }),
          destroy: () => {
            // Whoever is still waiting ends: their children are ended by them.
            state.stop(STOP.failure);
            return Promise.resolve();
          },
        };
      },
      messages: () => 0,
      close: () => program.close(),
    };
  } catch (error) {
    program.close();
    throw error;
  }
}
