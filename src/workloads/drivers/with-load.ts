// Chooses what takes a run's load, or a share's, by its settings: the core, or another client by
// its driver. Called by run-workload and by an agent for each run.
import type { RunSpec } from '../../contract/run-spec.js';
import type { AnyResult } from '../share-outcome.js';
import type { Launch } from '../threads/crew.js';
import { coreLoad } from './core-load.js';
import { driverLoad } from './driver-load.js';
import type { OpenDriver } from './driver-program.js';
import type { DriverLimits } from './driver-run.js';
import type { Load } from './load.js';

export interface LoadParts {
  /** Where the core's workers run: elsewhere in tests. */
  readonly launch?: Launch | undefined;
  /** Finds and starts drivers of other clients than the core. */
  readonly openDriver?: OpenDriver | undefined;
  readonly driverLimits?: Partial<DriverLimits> | undefined;
  /** Ends the preparing of a driver. */
  readonly stop: AbortSignal;
}

/** Closed after `use`. Rejects where a driver cannot be started, and where `use` does. */
export async function withLoad<T>(
  spec: RunSpec,
  { launch, openDriver, driverLimits: limits, stop }: LoadParts,
  use: <Result extends AnyResult>(load: Load<Result>) => Promise<T>,
): Promise<T> {
  const { driver } = spec.settings;
  const used = async <Result extends AnyResult>(load: Load<Result>): Promise<T> => {
    try {
      return await use(load);
    } finally {
      load.close();
    }
  };
  if (driver === 'core') return await used(coreLoad(spec, launch));
  return await used(await driverLoad(spec, driver, { openDriver, limits, stop }));
}
