// `--per agent`: a row for each agent, in the words and columns of the points' table.
import { describe, expect, it } from 'vitest';
import type { AgentResult, RunResult } from '../../contract/run-result.js';
import { syntheticResults } from '../../testing/synthetic-results.js';
import { makeReport } from '../model/report-model.js';
import { agentTable } from './agent-table.js';

const { plan, runs: made, environment } = syntheticResults({ axes: { acks: ['1'] }, repeats: 2 });

const agent = (name: string, change: Partial<AgentResult> = {}): AgentResult => ({
  ...{ name, host: `${name}.example`, cpus: 2, share: 0.5 },
  ...{ clockOffsetMs: 3, clockErrorMs: 0.25, clockDriftPpm: 1.5, startSkewMs: 0.4 },
  records: { sent: 10, acked: 10, failed: 0 },
  ...{ recordsPerSecond: 5000, latencyP50Ms: 1.5, latencyP99Ms: 4, cpuMicrosPerRecord: 8 },
  ...{ throttledMs: null, verdict: { valid: true, reasons: [] } },
  ...change,
});

const tableOf = (...agents: (readonly AgentResult[])[]): string[] => {
  const runs = made.map((run, at): RunResult => ({ ...run, agents: [...agents[at]] }));
  const results = {
    ...{ dir: 'results/x', name: plan.name, plan, runs, environment, skipped: [] },
    ...{ sweepYaml: null, invocation: null, chosen: null },
  };
  return agentTable(makeReport(results))!.split('\n');
};

describe('the table of agents', () => {
  it('has each one’s share and the drift of its clock, the furthest over the runs', () => {
    const late = agent('b', { clockDriftPpm: -80, startSkewMs: -2 });
    const lines = tableOf([agent('a'), agent('b')], [agent('a'), late]);
    const [above, below] = [lines[0], lines[1]].map((line) => line.trim().split(/ {2,}/));
    expect(above).toEqual(expect.arrayContaining(['start', 'clock', 'drift', 'valid']));
    expect(below).toEqual(
      expect.arrayContaining(['share', 'p50 ms', 'p99 ms', 'skew ms', '± ms', 'ppm', 'verdict']),
    );
    const [first, second] = lines.slice(3).map((line) => line.trim().split(/ {2,}/));
    expect(first.slice(0, 4)).toEqual(['p01', 'a', 'a.example', '50 %']);
    expect(first.slice(-6)).toEqual(['8.00', '0.400', '0.250', '1.50', '2/2', 'ok']);
    expect(second.slice(-5)).toEqual(['-2.00', '0.250', '-80.0', '2/2', 'ok']);
  });

  it('words verdicts as the points’ table does: no codes', () => {
    const reasons = [
      { code: 'generator-saturated', severity: 'invalid', message: 'late' },
      { code: 'event-loop-lag', severity: 'warning', message: 'lag' },
      { code: 'target-embedded', severity: 'warning', message: 'embedded' },
    ] as const;
    const slow = agent('b', { verdict: { valid: false, reasons: [...reasons] } });
    const lines = tableOf([agent('a'), slow], [agent('a'), agent('b')]);
    expect(lines.at(-1)).toMatch(/ 1 invalid: saturated, care: loop lag$/);
    expect(lines.join('\n')).not.toMatch(/generator-saturated|event-loop-lag|embedded/);
  });
});
