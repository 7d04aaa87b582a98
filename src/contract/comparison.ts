// comparison.json: what `kbench compare --format json` prints, and what every other format of it
// draws from. Written by report/compare.
import { z } from 'zod';

export const COMPARISON_SCHEMA = 'kbench/comparison@1';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const config = z.record(z.string(), scalar);

/**
 * `worse`, `better`: different by more than chance explains, not shown to lie within the margin.
 * `machine-changed`: different, but the canary moved the same way and at least half as much.
 * `cannot-tell`: BASE has valid runs, and all of NEW are invalid for reasons of the machine that
 * kbench ran on. `same`: the interval lies within the margin. `collect-more`: undecided. `lost`:
 * BASE has valid runs, NEW has none. `not-judged`: nothing to judge on, `reason` says why.
 */
export const findings = [
  ...(['worse', 'lost', 'better', 'machine-changed', 'cannot-tell'] as const),
  ...(['collect-more', 'same', 'not-judged'] as const),
] as const;

/**
 * new / base - 1 (Hodges-Lehmann) and its interval; `coverage` is the confidence that the interval
 * has.
 */
const change = z.object({
  estimate: z.number(),
  low: z.number(),
  high: z.number(),
  coverage: z.number(),
});

const sample = z.object({ runs: z.number().int(), median: z.number().nullable() });

export const comparedCellSchema = z.object({
  metric: z.string(),
  verdict: z.enum(findings),
  base: sample,
  next: sample,
  change: change.nullable(),
  /**
   * Two-sided, exact Mann-Whitney; and corrected for all tests of the comparison
   * (Benjamini-Hochberg).
   */
  p: z.number().nullable(),
  adjustedP: z.number().nullable(),
  /**
   * Further runs of each side that should settle a `collect-more`; null where none are asked for or
   * more than 200 would be.
   */
  moreRuns: z.number().int().nullable(),
  reason: z.string().nullable(),
});

const runCounts = z.object({
  planned: z.number().int(),
  made: z.number().int(),
  valid: z.number().int(),
  failed: z.number().int(),
});

export const comparedPairSchema = z.object({
  /** Ids in the two plans. */
  base: z.string(),
  next: z.string(),
  /**
   * The settings that tell this pair from the others, and those that were to differ, with both
   * values.
   */
  config,
  across: z.record(z.string(), z.object({ base: scalar.nullable(), next: scalar.nullable() })),
  /**
   * `open`: latency is response time. `closed`: service time. `mixed`: service time on both sides,
   * and throughput says nothing.
   */
  loop: z.enum(['open', 'closed', 'mixed']),
  runs: z.object({ base: runCounts, next: runCounts }),
  /** A side does not tell the pacing's CPU apart: on both, CPU us/record is compared with it. */
  cpuWithPacing: z.boolean().optional(),
  cells: z.array(comparedCellSchema),
});

/** `differs`: the settings in which it misses the nearest point of the other side. */
const unmatchedPoint = z.object({
  point: z.string(),
  config,
  differs: z.array(z.string()),
  why: z.string(),
});

export const sideSchema = z.object({
  /** `base`, `new`, `new 2`, ... */
  role: z.string(),
  name: z.string(),
  dir: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  points: z.number().int(),
  runs: z.number().int(),
  valid: z.number().int(),
});

const environmentDifference = z.object({
  what: z.string(),
  base: z.string(),
  next: z.string(),
  /**
   * `asked`: named by --across or by a selection. `unlike`: may move figures without the product
   * having changed. `unknown`: one side was written by a version that did not record it.
   */
  kind: z.enum(['asked', 'unlike', 'unknown']),
});

/**
 * One of the two pieces of work beside the runs. `slower`: the change on the scale of time, so that
 * above 0 means a slower machine.
 */
const canaryPart = z.object({
  part: z.enum(['cpuMs', 'sinkRecordsPerSecond']),
  base: sample,
  next: sample,
  verdict: z.enum(['slower', 'faster', 'same', 'collect-more']),
  slower: change.nullable(),
});

export const contenderSchema = z.object({
  side: sideSchema,
  pairs: z.array(comparedPairSchema),
  unmatched: z.object({ base: z.array(unmatchedPoint), next: z.array(unmatchedPoint) }),
  environment: z.array(environmentDifference),
  /** Null where either side has no canary of the same version; `canaryMissing` says why. */
  canary: z.array(canaryPart).nullable(),
  canaryMissing: z.string().nullable(),
});

const counts = z.object(
  Object.fromEntries(findings.map((finding) => [finding, z.number().int()])) as Record<
    (typeof findings)[number],
    z.ZodNumber
  >,
);

export const failOnValues = [
  'never',
  'regression',
  'cannot-tell',
  'difference',
  'inconclusive',
] as const;

export const comparisonSchema = z.object({
  schema: z.literal(COMPARISON_SCHEMA),
  kbench: z.string(),
  alpha: z.number(),
  margin: z.number(),
  /**
   * How many tests were corrected together, and the runs a side below which one of them alone
   * cannot stand out.
   */
  tests: z.number().int(),
  leastRuns: z.number().int(),
  across: z.array(z.string()),
  metrics: z.array(
    z.object({ name: z.string(), label: z.string(), better: z.enum(['higher', 'lower']) }),
  ),
  base: sideSchema,
  contenders: z.array(contenderSchema),
  counts,
  gate: z.object({
    failOn: z.enum(failOnValues),
    failed: z.boolean(),
    reasons: z.array(z.string()),
  }),
  notes: z.array(z.object({ tone: z.enum(['plain', 'care', 'bad']), text: z.string() })),
});

export type Finding = (typeof findings)[number];
export type FailOn = (typeof failOnValues)[number];
export type ComparedCell = z.infer<typeof comparedCellSchema>;
export type ComparedPair = z.infer<typeof comparedPairSchema>;
export type ComparedSide = z.infer<typeof sideSchema>;
export type CanaryPart = z.infer<typeof canaryPart>;
export type EnvironmentDifference = z.infer<typeof environmentDifference>;
export type Contender = z.infer<typeof contenderSchema>;
export type Comparison = z.infer<typeof comparisonSchema>;
