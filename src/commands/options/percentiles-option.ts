// --percentiles, the same for `kbench report` and `kbench run`: which columns of latency a table
// has.
export const PERCENTILES_OPTION = {
  type: 'string',
  requiresArg: true,
  describe: 'columns of latency in table and md: of p50,p75,p90,p95,p99,p99.9,max',
  defaultDescription: 'p50,p99,p99.9',
} as const;
