// What a coordinator costs: a thousand agents in this process, over connections in memory with
// seeded delays, make a run of records that were never sent. Told: how long until all are in, from
// the start of the run to its result, how far apart they began, and the memory at its highest.
import { commonNow } from '../src/workloads/threads/barrier.js';
import { AgentsFixture, agentsSpec } from '../src/testing/agents-fixture.js';
import { simulatedShare } from '../src/testing/simulated-share.js';
import type { BenchOptions } from './bench-report.js';
import { circumstances } from './bench-report.js';

export const title = 'the cost of many agents: join, start, report and merge';

const AGENTS = 1_000;
const INTERVALS = 10;
const RECORDS_AN_AGENT = 100;
const LASTS_MS = 2_000;

export async function run({ rounds, records }: BenchOptions): Promise<void> {
  console.log(circumstances({ node: process.version }, String(rounds ?? 3)));
  for (let round = 1; round <= (rounds ?? 3); round++) {
    console.log(await measure(AGENTS, records ?? AGENTS * RECORDS_AN_AGENT, round));
  }
}

async function measure(agents: number, records: number, seed: number): Promise<string> {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const fixture = new AgentsFixture({ most: agents, silentMs: 30_000 });
  const latencyMs = (k: number): number => 0.5 + ((k * 7919) % 1000) / 100;
  // All have begun before the first has anything to report.
  const measure = simulatedShare({ latencyMs, intervals: INTERVALS, lastsMs: LASTS_MS });
  let peakMiB = 0;
  const watch = setInterval(() => {
    peakMiB = Math.max(peakMiB, process.memoryUsage.rss() / 2 ** 20);
  }, 20);
  const joiningMs = commonNow();
  for (let i = 0; i < agents; i++)
    fixture.join(`a${i}`, { measure, delayMs: random() * 5, silentMs: 60_000 });
  await fixture.roster.waitFor(agents, 60_000);
  const startingMs = commonNow();
  const spec = agentsSpec({ workers: 1, records, rate: records });
  const result = await fixture.run(spec, agents);
  const endedMs = commonNow();
  clearInterval(watch);
  fixture.roster.close('the bench is over');
  if (result.measurement === null) throw new Error(result.failure?.message ?? 'nothing measured');
  const skews = result.agents!.map(({ startSkewMs }) => startSkewMs!);
  return (
    `${agents} agents: joined in ${seconds(startingMs - joiningMs)}, ` +
    `run and merge ${seconds(endedMs - startingMs - LASTS_MS)} ` +
    `(besides ${LASTS_MS / 1000} s of load), ` +
    `${result.measurement.records.acked} records, ` +
    `began within ${(Math.max(...skews) - Math.min(...skews)).toFixed(1)} ms, ` +
    `peak ${Math.round(peakMiB)} MiB (agents included)`
  );
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
