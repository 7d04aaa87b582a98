// What measures an agent's share of a run: the core in threads, or another client's drivers in
// processes, found and built on the agent's own machine.
import type { RunSpec } from '../../contract/run-spec.js';
import { openDriver } from '../../targets/drivers/open-driver.js';
import { withLoad, type LoadParts } from '../../workloads/drivers/with-load.js';
import { measureShare, type ShareHooks } from '../../workloads/measure-share.js';
import type { AnyResult, ShareOutcome } from '../../workloads/share-outcome.js';

/** `stamp`: what all stamps of the run carry. `parts` are for tests. */
export function measureAskedShare(
  spec: RunSpec,
  hooks: ShareHooks,
  stamp: number,
  parts: Omit<LoadParts, 'stop'> = {},
): Promise<ShareOutcome<AnyResult>> {
  const stop = AbortSignal.any([hooks.signal, hooks.abandon].filter((each) => each !== undefined));
  return withLoad(spec, { openDriver, ...parts, stop }, (load) =>
    measureShare(spec, hooks, stamp, { load }),
  );
}
