// Agents and their coordinator in one process, over connections in memory: what is between them may
// be far, be cut, or speak for someone else. Test-only.
import { hostIdentity } from '../base/process-identity.js';
import type { RunSpec } from '../contract/run-spec.js';
import type { WorkloadSettings } from '../contract/settings.js';
import {
  serveCoordinator,
  type AgentOptions,
  type Served,
} from '../agents/agent/serve-coordinator.js';
import { Roster, type RosterOptions } from '../agents/coordinator/roster.js';
import { Outsiders } from '../agents/coordinator/outsiders.js';
import { runOnAgents } from '../agents/coordinator/run-on-agents.js';
import type { NamedFile } from '../agents/protocol/messages.js';
import { FramedLink } from '../agents/protocol/framed-link.js';
import { newNonce } from '../agents/protocol/proof.js';
import { commonNow } from '../workloads/threads/barrier.js';
import type { WorkloadHooks } from '../workloads/workload-hooks.js';
import { runSpec } from './sweep-fixtures.js';
import { simulatedShare } from './simulated-share.js';
import { slowPair } from './slow-duplex.js';

export const TOKEN = 'a token of sixteen and more';

export interface JoinedAgent {
  readonly served: Promise<Served>;
  /** Half-open from now on: neither side hears of it. */
  cut(): void;
  /** As kill -9: the system closes the connection. */
  kill(): void;
}

export class AgentsFixture {
  readonly told: string[] = [];
  readonly roster: Roster;

  constructor(options: Partial<RosterOptions> = {}) {
    const tell = (line: string): void => void this.told.push(line);
    this.roster = new Roster({
      ...{ token: TOKEN, most: 8, version: '1.0.0', now: commonNow, tell },
      outsiders: new Outsiders(tell),
      ...options,
    });
  }

  join(
    name: string,
    more: Partial<AgentOptions> & { readonly delayMs?: number } = {},
  ): JoinedAgent {
    const { delayMs = 0, ...options } = more;
    const pair = slowPair(() => delayMs);
    const { near, far } = pair;
    void this.roster.greet(new FramedLink(near), `memory of ${name}`);
    const served = serveCoordinator(new FramedLink(far), {
      ...{ name, token: TOKEN, version: '1.0.0', cpus: 2, folder: '/nowhere' },
      ...{ instance: newNonce(), allowPrograms: false, tell: () => undefined },
      ...{ measure: simulatedShare(), host: hostIdentity() },
      ...options,
    });
    return { served, cut: () => pair.cut(), kill: () => far.destroy() };
  }

  async run(
    spec: RunSpec,
    count: number,
    hooks: WorkloadHooks = {},
    files: readonly NamedFile[] = [],
  ) {
    const members = await this.roster.waitFor(count, 5_000);
    return await runOnAgents(spec, hooks, { members, now: commonNow, files });
  }
}

export const agentsSpec = (workload: Partial<WorkloadSettings> = {}): RunSpec =>
  runSpec({ rate: 10_000, records: 10_000, workers: 2, ...workload });
