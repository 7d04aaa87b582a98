import { defineConfig } from 'vitest/config';

// Fast tests run first; what starts real Kafka stands in *.kafka.test.ts and runs one file at a time after them.
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'bench/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
