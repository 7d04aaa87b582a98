// The simulation as tests over a range of seeds: two test files share the 2,000 seeds of `npm
// test`, so that two cores can work. KBENCH_SEED=n runs that one alone (in the first file),
// KBENCH_SEEDS=n that many in each.
import { describe, expect, it } from 'vitest';
import { runSeed, type SeedReport } from './simulation.js';

const SEEDS_OF_A_FILE = 1000;
const TRACE_LINES = 60;

/** Defines the tests of one file; `part` counts from 0. */
export function simulationSuite(part: number): void {
  const { KBENCH_SEED: chosen, KBENCH_SEEDS: count = SEEDS_OF_A_FILE } = process.env;
  const length = chosen === undefined ? Number(count) : 1;
  const first = chosen === undefined ? part * length + 1 : Number(chosen);
  const skipped = chosen !== undefined && part > 0;

  describe.skipIf(skipped)('a producer in any weather', () => {
    it(`keeps its promises: seeds ${first} to ${first + length - 1}`, async () => {
      const sums = { acked: 0, strict: 0, excused: 0, committed: 0 };
      for (let seed = first; seed < first + length; seed++) {
        const report = await runSeed(seed);
        if (report.problems.length > 0) expect.fail(await tell(report));
        for (const name of ['acked', 'strict', 'excused', 'committed'] as const)
          sums[name] += report[name];
      }
      if (length < 100) return;
      // What the checks had to check: most records get through, order and uniqueness are hardly
      // ever excused.
      expect(sums.acked).toBeGreaterThan(20 * length);
      expect(sums.committed).toBeGreaterThan(length / 4);
      expect(sums.excused).toBeLessThan(sums.strict / 20);
    }, 600_000);
  });
}

/** The failure with the events that led to it: a seed does the same whenever it runs. */
async function tell({ seed, mode, problems }: SeedReport): Promise<string> {
  const { trace } = await runSeed(seed, { traceLines: TRACE_LINES });
  const replay =
    `npm run soak -- --seed ${seed} --verbose ` +
    `(or KBENCH_SEED=${seed} npx vitest run simulation-first)`;
  return [
    `seed ${seed} (${mode})`,
    ...problems,
    `replay: ${replay}`,
    'last events:',
    ...trace,
  ].join('\n');
}
