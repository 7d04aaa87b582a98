// What a sweep's runs need for their faults, put together once from its target: a time line for
// each run, and the wait until the cluster is whole again. Made by run-sweep, used by execute.
import type { FaultSettings } from '../../contract/faults.js';
import { clusterState, electPreferred } from '../../targets/external/cluster-state.js';
import { PLAINTEXT } from '../../connect/cold.js';
import type { Target } from '../../targets/target.js';
import { FaultTimeLine } from './time-line.js';
import { makeWhole } from './make-whole.js';

export interface RunFaults {
  readonly timeLine: Pick<
    FaultTimeLine,
    'start' | 'useMembers' | 'events' | 'end' | 'heal' | 'failure'
  >;
  /** Resolves when all is as before. RunError where it does not come back. */
  readonly makeWhole: () => Promise<void>;
}

export type OpenRunFaults = (faults: readonly FaultSettings[], topic: string) => Promise<RunFaults>;

type FaultTarget = Pick<Target, 'kind' | 'bootstrap' | 'access' | 'faultable'>;

/** `folder`: where programs of the YAML are started. */
export function faultRoom(
  target: FaultTarget,
  { folder, stop }: { readonly folder: string; readonly stop: AbortSignal },
): OpenRunFaults {
  const cluster = target.faultable ?? null;
  const access = cluster === null ? target.access : PLAINTEXT;
  const addresses = cluster?.addresses ?? target.bootstrap;
  return async (faults, topic) => {
    const state = () => clusterState(addresses, access, topic);
    // On someone's own cluster other topics are none of ours, nor is who leads them.
    const ours = cluster !== null;
    const whole = ours ? () => clusterState(addresses, access, null) : state;
    const elect = target.kind === 'kafka' ? () => electPreferred(addresses, access) : null;
    const brokers = cluster?.brokers ?? (await state()).brokers;
    return {
      timeLine: new FaultTimeLine({ faults, cluster, state, folder, stop }),
      makeWhole: () => makeWhole({ state: whole, brokers, elect, stop }),
    };
  };
}
