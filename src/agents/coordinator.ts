// Several machines as one: the way in for `kbench run`. Listens for agents, starts local ones where
// no others were asked for, waits for as many as a run needs, and makes runs on them. It owns no
// plan, topic or result: those are the session's, whoever makes the run.
import { randomBytes } from 'node:crypto';
import type { RunResult } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import { hostIdentity } from '../base/process-identity.js';
import { kbenchVersion } from '../base/version.js';
import { commonNow } from '../workloads/threads/barrier.js';
import { failureOf } from '../workloads/result/failure.js';
import { runResultOf } from '../workloads/result/run-result-of.js';
import type { WorkloadHooks } from '../workloads/workload-hooks.js';
import { nameFiles } from './agent/named-files.js';
import { listenForAgents, type ListenOptions, type Listening } from './coordinator/listen.js';
import { LocalAgents } from './coordinator/local-agents.js';
import type { Member } from './coordinator/member.js';
import { Roster } from './coordinator/roster.js';
import { runOnAgents } from './coordinator/run-on-agents.js';
import { Outsiders } from './coordinator/outsiders.js';

export interface CoordinatorOptions {
  /** The most that a point asks for. */
  readonly most: number;
  /** Where agents dial in; null: processes of this machine, which are started. */
  readonly listen: Pick<ListenOptions, 'host' | 'port' | 'tls'> | null;
  readonly token: string | null;
  /** How long agents may take to come, or to come back. */
  readonly waitMs: number;
  /** Set where the target is reached on this machine alone: why agents elsewhere are refused. */
  readonly onlyHere: string | null;
  /** Folder of the sweep's files. */
  readonly folder: string;
  readonly tell: (line: string) => void;
  readonly stop: AbortSignal;
}

export interface Coordinator {
  /** Where agents dial in. */
  readonly address: string;
  /** Until so many agents are there. Throws RunError after the limit, StoppedError. */
  ready(count: number): Promise<void>;
  /** On as many as the run asks for, which must be ready. Never rejects. */
  run(spec: RunSpec, hooks: WorkloadHooks): Promise<RunResult>;
  close(): void;
}

export async function openCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { most, listen, tell, stop, folder, waitMs, onlyHere } = options;
  const token = listen === null ? randomBytes(32).toString('hex') : options.token;
  const outsiders = new Outsiders(tell);
  const roster = new Roster({
    ...{ token, most, version: kbenchVersion(), now: commonNow, outsiders },
    tell: listen === null ? () => undefined : tell,
    ...(onlyHere === null ? {} : { onlyHost: { host: hostIdentity(), why: onlyHere } }),
  });
  const listening: Listening = await listenForAgents({
    ...(listen ?? { host: '127.0.0.1', port: 0 }),
    token,
    onLink: (link, from) => void roster.greet(link, from),
    onNoTls: (from, why) => outsiders.heard(from, why),
  });
  const { port, address } = listening;
  const local = listen === null ? new LocalAgents({ port, token: token!, folder, tell }) : null;
  let members: readonly Member[] = [];
  return {
    address: `${address.includes(':') ? `[${address}]` : address}:${port}`,
    ready: async (count) => {
      local?.ensure(count);
      members = await roster.waitFor(count, waitMs, stop);
    },
    run: async (spec, hooks) => {
      const startedAt = new Date();
      try {
        const files = await nameFiles(spec);
        return await runOnAgents(spec, hooks, { members, now: commonNow, files });
      } catch (error) {
        const failure = failureOf(error);
        return runResultOf(spec, { startedAt, measurement: null, failure, stopped: false });
      }
    },
    close: () => {
      roster.close(stop.aborted ? 'the sweep was stopped' : 'the sweep is over');
      listening.close();
      local?.close();
    },
  };
}
