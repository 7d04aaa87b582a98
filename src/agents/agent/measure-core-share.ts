// What measures an agent's share: the core in threads, whatever the run.
import type { RunSpec } from '../../contract/run-spec.js';
import { coreLoad } from '../../workloads/drivers/core-load.js';
import { measureShare, type ShareHooks } from '../../workloads/measure-share.js';
import type { ShareOutcome } from '../../workloads/share-outcome.js';
import type { Launch } from '../../workloads/threads/crew.js';

/** `stamp`: what all stamps of the run carry. `launch` is for tests: where the workers run. */
export const measureCoreShare = (
  spec: RunSpec,
  hooks: ShareHooks,
  stamp: number,
  launch?: Launch,
): Promise<ShareOutcome> => measureShare(spec, hooks, stamp, { load: coreLoad(spec, launch) });
