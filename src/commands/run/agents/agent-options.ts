// What `kbench run` makes of its options about agents: a coordinator where the plan asks for
// agents, and who makes each run. Called by run-sweep.
import { ConfigurationError } from '../../../base/errors.js';
import { parseMs } from '../../../base/units.js';
import type { PlannedPoint } from '../../../contract/plan.js';
import type { TargetSettings } from '../../../contract/settings.js';
import {
  openCoordinator,
  type Coordinator,
  type CoordinatorOptions,
} from '../../../agents/coordinator.js';
import { isLoopback, refuseStrangers } from '../../../agents/coordinator/listen.js';
import type { LoadedSweep } from '../../../plan/load-sweep.js';
import type { RunWorkload, SweepExecution } from '../../../session/execute.js';
import { openDriver } from '../../../targets/drivers/open-driver.js';
import { runWorkload } from '../../../workloads/run-workload.js';
import { readAddress, readPem, readToken } from '../../agent/agent-secrets.js';
import type { AgentArguments } from './agent-flags.js';

export type { AgentArguments } from './agent-flags.js';

const DEFAULT_WAIT_MS = 60_000;
const MOST_WAIT_MS = 24 * 3_600_000;

interface Surroundings {
  readonly tell: (line: string) => void;
  readonly stop: AbortSignal;
}

/** What is asked for, with nothing opened yet. */
export type AskedAgents = Pick<
  CoordinatorOptions,
  'most' | 'listen' | 'waitMs' | 'folder' | 'token' | 'onlyHere'
>;

/** Null where no point asks for agents. Throws ConfigurationError. */
export function readAgents(
  args: AgentArguments,
  { plan, target, modulesFrom }: LoadedSweep,
): AskedAgents | null {
  const asked = plan.points.map(({ settings }) => settings.agents ?? 0);
  const most = Math.max(0, ...asked);
  const listen = readListen(args, target);
  const waitMs = readWait(args['agent-wait']);
  if (most === 0) {
    if (listen === null) return null;
    throw new ConfigurationError(
      '--agents-listen waits for agents, and the sweep asks for none',
      'say how many: --agents 4, or agents: 4 in the file',
    );
  }
  const common = { most, listen, waitMs, folder: modulesFrom };
  if (listen === null) return { ...common, token: null, onlyHere: null };
  const token = readToken(args['agents-token-file'], '--agents-token-file');
  refuseStrangers({ ...listen, token });
  return { ...common, token, onlyHere: whyOnlyHere(target) };
}

/** Throws RunError. */
export async function openAgents(
  asked: AskedAgents,
  { tell, stop }: Surroundings,
  tokenFile: string | undefined,
): Promise<Coordinator> {
  const coordinator = await openCoordinator({ ...asked, tell, stop });
  if (asked.listen !== null)
    tell(
      `waiting for ${asked.most} agents: kbench agent ${coordinator.address}` +
        `${tokenFile === undefined ? '' : ' --token-file FILE'} on each machine`,
    );
  return coordinator;
}

/** Who makes the runs, and what is waited for before each. */
export function makers(
  agents: Coordinator | null,
): Pick<SweepExecution, 'runWorkload' | 'beforeRun'> {
  const here: RunWorkload = (spec, hooks) => runWorkload(spec, hooks, { openDriver });
  if (agents === null) return { runWorkload: here };
  return {
    runWorkload: (spec, hooks) =>
      spec.settings.agents === undefined ? here(spec, hooks) : agents.run(spec, hooks),
    beforeRun: async ({ settings }: PlannedPoint) => {
      if (settings.agents !== undefined) await agents.ready(settings.agents);
    },
  };
}

function readListen(args: AgentArguments, target: TargetSettings) {
  const text = args['agents-listen'];
  const [cert, key, ca] = [args['agents-cert'], args['agents-key'], args['agents-ca']];
  if (text === undefined) {
    const stray = Object.entries(args).find(
      ([name, value]) => /^agents-(?:token-file|cert|key|ca)$/.test(name) && value !== undefined,
    );
    if (stray === undefined) return null;
    throw new ConfigurationError(
      `--${stray[0]} is for agents on other machines, and there is no --agents-listen`,
      'add e.g. --agents-listen 0.0.0.0:7070, or leave it out: local agents need nothing',
    );
  }
  const { host, port } = readAddress(text, '--agents-listen');
  const why = whyOnlyHere(target);
  if (why !== null && !isLoopback(host)) {
    throw new ConfigurationError(
      `--agents-listen ${text} is for agents on other machines, and ${why}`,
      'use target.bootstrap with a cluster that they reach, or leave --agents-listen out',
    );
  }
  if ((cert === undefined) !== (key === undefined) || (ca !== undefined && cert === undefined)) {
    throw new ConfigurationError(
      'TLS to agents needs --agents-cert and --agents-key together',
      'give both; --agents-ca asks agents for certificates on top',
    );
  }
  if (cert === undefined || key === undefined) return { host, port };
  const tls = {
    ...{ cert: readPem(cert, '--agents-cert'), key: readPem(key, '--agents-key') },
    ...(ca === undefined ? {} : { ca: readPem(ca, '--agents-ca') }),
  };
  return { host, port, tls };
}

function whyOnlyHere(target: TargetSettings): string | null {
  switch (target.kind) {
    case 'embedded':
      return 'target.embedded is reached on this machine alone';
    case 'kafka':
      return 'target.kafka starts brokers that are reached on this machine alone';
    case 'external':
      return null;
  }
}

function readWait(text: string | undefined): number {
  if (text === undefined) return DEFAULT_WAIT_MS;
  const parsed = parseMs(text, 'unit-required');
  if (parsed.ok && parsed.value > 0 && parsed.value <= MOST_WAIT_MS) return parsed.value;
  throw new ConfigurationError(`--agent-wait ${text} is no time`, 'write e.g. --agent-wait 5m');
}
