// What agents told of their workers, looked at before it is merged: it must be of the client that
// the run asks for, agree with itself, and with the other agents' client. Pure; called by
// run-on-agents.
import type { RunSpec } from '../../contract/run-spec.js';
import { areOf } from '../../workloads/drivers/merge-parts.js';
import { resultProblem } from '../../workloads/drivers/worker-report.js';
import type { WorkerFailure } from '../../workloads/threads/worker-result.js';
import type { AgentPart, Measured } from './merge-shares.js';

/** What is wrong with one agent's, in words that follow its name; null where nothing is. */
export function resultsProblem(
  { settings: { driver, workload } }: RunSpec,
  { results, stopped }: Pick<Measured, 'results' | 'stopped'>,
): string | null {
  if (!areOf(driver, results)) return 'it told figures of another client than it was asked for';
  const openLoop = workload.rate !== 'max';
  for (const each of results) {
    const problem = 'hello' in each ? resultProblem(each.result, { openLoop, stopped }) : null;
    if (problem !== null) return `what it told of its driver contradicts itself: ${problem}`;
  }
  return null;
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
