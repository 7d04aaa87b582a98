// Random faults, many seeds, see testing/simulation.ts: the first half, and that a seed decides
// everything.
import { expect, it } from 'vitest';
import { simulationSuite } from './simulation-suite.js';
import { runSeed } from './simulation.js';

simulationSuite(0);

it('a seed does the same whenever it runs', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const [first, second] = [
      await runSeed(seed, { traceLines: 10_000 }),
      await runSeed(seed, { traceLines: 10_000 }),
    ];
    expect(first.trace.length).toBeGreaterThan(20);
    expect(second).toEqual(first);
  }
});
