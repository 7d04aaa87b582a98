// What agents told of their workers, looked at before it is merged: it must be of the client that
// the run asks for, agree with itself, and with the other agents' client. Pure; called by
// run-on-agents.
import type { RunSpec } from '../../contract/run-spec.js';
import { areOf } from '../../workloads/drivers/merge-parts.js';
import { driverSpec } from '../../workloads/drivers/driver-spec.js';
import { ToldPhase } from '../../workloads/drivers/told-phase.js';
import type { WorkerReport } from '../../workloads/drivers/worker-report.js';
import type { WorkerFailure } from '../../workloads/threads/worker-result.js';
import type { AgentPart, Measured } from './merge-shares.js';

/** What is wrong with one agent's, in words that follow its name; null where nothing is. */
export function resultsProblem(
  spec: RunSpec,
  { results, stopped, consumed }: Pick<Measured, 'results' | 'stopped' | 'consumed'>,
): string | null {
  const { driver, consumers } = spec.settings;
  if (consumers !== undefined && consumed === null && !stopped)
    return 'it told nothing of its consumers';
  if (!areOf(driver, results)) return 'it told figures of another client than it was asked for';
  for (const [worker, each] of results.entries()) {
    const problem = 'hello' in each ? reportProblem(spec, worker, each, stopped) : null;
    if (problem !== null) return `its driver ${problem}`;
  }
  return null;
}

const NO_FILES = { values: '', keys: null, audit: null };
/** How large values are, and what time it was then, the agent knows. */
const ANY_BYTES = { least: 0, most: Infinity };

function reportProblem(
  spec: RunSpec,
  worker: number,
  { result }: WorkerReport,
  stopped: boolean,
): string | null {
  const { measured: phase, due, intervalMs } = driverSpec(spec, worker, null, NO_FILES);
  const told = new ToldPhase({ phase, due, intervalMs, valueBytes: ANY_BYTES });
  return told.result(result, Infinity, stopped);
}

/** Figures of two versions of a client are no figures of one. */
export function clientsDiffer(parts: readonly AgentPart[]): WorkerFailure | null {
  const clients = parts.flatMap(({ hello: { name }, measured: { results } }) =>
    results.flatMap((each) =>
      'hello' in each ? [{ name, client: `${each.hello.name} ${each.hello.version}` }] : [],
    ),
  );
  const [first] = clients;
  const other = clients.find(({ client }) => client !== first.client);
  if (other === undefined) return null;
  return {
    message: `agent ${first.name} sent by ${first.client}, agent ${other.name} by ${other.client}`,
    remedy: 'install one version on all agents',
  };
}
