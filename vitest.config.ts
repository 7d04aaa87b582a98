import { defineConfig } from 'vitest/config';

// Fast tests first, in parallel; what starts real Kafka stands in *.kafka.test.ts and runs after
// them, one file at a time. So do the nightly recipes, whose runs must be valid ones: beside other
// tests this machine may be too slow for that.
const ALONE = [
  'src/**/*.kafka.test.ts',
  'bench/**/*.kafka.test.ts',
  'src/commands/trend/nightly-ci.e2e.test.ts',
];
const shared = { testTimeout: 40_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'fast',
          include: ['src/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: ALONE,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'kafka',
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
