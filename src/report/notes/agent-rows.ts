// What each agent of a sweep came to, point by point: medians over the runs that count, beside the
// point's own figures, which are never made of these. Read by the table, the page and the CSV.
import type { AgentResult, RunResult } from '../../contract/run-result.js';
import { isCounted, labelsOf, verdictParts } from './verdicts.js';
import { median } from '../statistics/quantity.js';
import type { Report } from '../model/report-model.js';

export interface AgentRow {
  readonly point: string;
  readonly name: string;
  readonly host: string;
  /** Of the runs that count; the figures are medians over them, null where there is none. */
  readonly runs: number;
  /** With those that do not. */
  readonly allRuns: number;
  /** Of the whole, as its workers are; 0 to 1. */
  readonly share: number;
  readonly recordsPerSecond: number | null;
  readonly latencyP50Ms: number | null;
  readonly latencyP99Ms: number | null;
  readonly cpuMicrosPerRecord: number | null;
  /** Over all runs: the furthest from the agreed start, and the worst of its clock. */
  readonly startSkewMs: number | null;
  readonly clockErrorMs: number | null;
  readonly clockDriftPpm: number | null;
  /** What its share has against it in any run, worded as a point's. */
  readonly verdict: readonly string[];
}

/** In the report's order of points, agents in the order of their shares. */
export function agentRows({ results, rows }: Report): AgentRow[] {
  return rows.flatMap(({ point }) => {
    const byName = new Map<string, { agent: AgentResult; run: RunResult }[]>();
    for (const run of results.runs) {
      if (run.point !== point.id) continue;
      for (const agent of run.agents ?? [])
        byName.set(agent.name, [...(byName.get(agent.name) ?? []), { agent, run }]);
    }
    return [...byName].map(([name, all]) => rowOf(point.id, name, all));
  });
}

export const hasAgents = ({ results }: Report): boolean =>
  results.runs.some(({ agents }) => agents !== undefined && agents.length > 0);

function rowOf(
  point: string,
  name: string,
  all: readonly { readonly agent: AgentResult; readonly run: RunResult }[],
): AgentRow {
  const counted = all.filter(({ run }) => isCounted(run)).map(({ agent }) => agent);
  const middle = (pick: (agent: AgentResult) => number | null): number | null =>
    median(counted.map(pick).filter((value) => value !== null));
  const furthest = (pick: (agent: AgentResult) => number | null): number | null =>
    all.reduce<number | null>((worst, { agent }) => {
      const value = pick(agent);
      return value === null || (worst !== null && Math.abs(worst) >= Math.abs(value))
        ? worst
        : value;
    }, null);
  const reasons = all.flatMap(({ agent }) => agent.verdict.reasons);
  const invalid = all.filter(({ agent }) => !agent.verdict.valid).length;
  const { host, share } = all[0].agent;
  return {
    ...{ point, name, host, share, runs: counted.length, allRuns: all.length },
    recordsPerSecond: middle((agent) => agent.recordsPerSecond),
    latencyP50Ms: middle((agent) => agent.latencyP50Ms),
    latencyP99Ms: middle((agent) => agent.latencyP99Ms),
    cpuMicrosPerRecord: middle((agent) => agent.cpuMicrosPerRecord),
    startSkewMs: furthest((agent) => agent.startSkewMs),
    clockErrorMs: furthest((agent) => agent.clockErrorMs),
    clockDriftPpm: furthest((agent) => agent.clockDriftPpm),
    verdict: verdictParts({ invalid, of: all.length }, (severity) => labelsOf(reasons, severity)),
  };
}
