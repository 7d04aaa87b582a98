// Results of before and after -> kbench/comparison@1: points matched, every metric judged, all
// tests corrected together, the machine weighed. Pure; called by `kbench compare`. Only valid runs
// are judged; what is left out is counted and told.
import { ConfigurationError } from '../../base/errors.js';
import {
  COMPARISON_SCHEMA,
  findings,
  type ComparedCell,
  type ComparedPair,
  type ComparedSide,
  type Comparison,
  type Contender,
  type EnvironmentDifference,
  type FailOn,
} from '../../contract/comparison.js';
import type { RunResult } from '../../contract/run-result.js';
import { listed, printable, settingValue } from '../text/format.js';
import { median } from '../statistics/quantity.js';
import type { Results } from '../results/read-results.js';
import { groupByPoint } from '../model/summarize.js';
import { judge, leastRuns, type Judgement, type Pair } from '../statistics/judge.js';
import { loopOf, type Loop } from '../model/loop.js';
import { failedByMachine, isCounted } from '../notes/verdicts.js';
import { comparedAudits, newlyFailed } from './compared-audits.js';
import { compareCanaries, machineExplains, type CanaryOutcome } from './compared-canaries.js';
import { comparisonNotes } from './comparison-notes.js';
import { clientDifferences, environmentDifferences } from './environment-differences.js';
import { judgeGate } from './gate.js';
import {
  acrossNames,
  matchPoints,
  type Matched,
  type MatchedPair,
  type Matching,
} from './match-points.js';
import {
  cpuApart,
  defaultMetrics,
  uninformative,
  valueOf,
  type Metric,
  type PairLoop,
} from './compared-metrics.js';

export interface ComparisonOptions extends Matching {
  /** Null: the default ones, but for those that say nothing at a point. */
  readonly metrics: readonly Metric[] | null;
  readonly margin: number;
  readonly alpha: number;
  readonly failOn: FailOn;
  /** This kbench's version. */
  readonly kbench: string;
}

/** Throws ConfigurationError where there is nothing to compare. */
export function compareResults(
  base: Results,
  nexts: readonly Results[],
  options: ComparisonOptions,
): Comparison {
  const metrics = options.metrics ?? defaultMetrics([base, ...nexts]);
  const rivals = nexts.length === 0 ? [null] : nexts;
  const matched = rivals.map((next) => matchPoints(base.plan, next?.plan ?? null, options));
  if (matched.every(({ pairs }) => pairs.length === 0))
    refuseNothing(matched, base, nexts, options);
  const drafts = matched.map((each, i) =>
    draft(base, rivals[i] ?? base, each, metrics, {
      ...options,
      role: i === 0 ? 'new' : `new ${i + 1}`,
    }),
  );
  const all = drafts.flatMap(({ pairs }) => pairs.flatMap(({ cells }) => cells));
  const tested = all.flatMap((cell) => cell.test ?? []);
  const judgements = judge(tested, options);
  const varying = varyingSettings(matched, Object.keys(base.plan.points[0]?.config ?? {}));
  let at = 0;
  const contenders = drafts.map(
    ({ side, pairs, canary, environment, matched: { unmatched } }): Contender => ({
      side,
      pairs: pairs.map(({ cells, matched: pair, ...rest }): ComparedPair => ({
        ...rest,
        config: labelOf(pair, varying),
        across: pair.across,
        cells: cells.map(({ test, cell, metric }) =>
          test === null ? cell : settled(cell, metric, judgements[at++], canary),
        ),
      })),
      unmatched: { base: [...unmatched.base], next: [...unmatched.next] },
      environment,
      canary: canary.parts,
      canaryMissing: canary.missing,
    }),
  );
  const cells = contenders.flatMap(({ pairs }) => pairs.flatMap((pair) => pair.cells));
  const counts = Object.fromEntries(
    findings.map((each) => [each, cells.filter(({ verdict }) => verdict === each).length]),
  ) as Comparison['counts'];
  const comparison: Comparison = {
    schema: COMPARISON_SCHEMA,
    kbench: options.kbench,
    alpha: options.alpha,
    margin: options.margin,
    tests: tested.length,
    leastRuns: leastRuns(tested.length, options.alpha),
    across: acrossNames(options),
    metrics: metrics
      .filter(({ name }) => cells.some(({ metric }) => metric === name))
      .map((metric) => ({ ...metric })),
    base: drafts[0].base,
    contenders,
    counts,
    gate: { failOn: options.failOn, failed: false, reasons: [] },
    notes: [],
  };
  const others = nexts.length === 0 ? [base] : nexts;
  const lost = contenders.flatMap((each, i) => newlyFailed(comparedAudits(each, base, others[i])));
  const gated = { ...comparison, gate: judgeGate(comparison, options.failOn, lost) };
  return { ...gated, notes: comparisonNotes(gated, base, others) };
}

const pointsById = ({ plan }: Results): Map<string, Results['plan']['points'][number]> =>
  new Map(plan.points.map((point) => [point.id, point]));

interface DraftCell {
  readonly metric: Metric;
  /** As it stands without a judgement. */
  readonly cell: ComparedCell;
  /** Null where there is nothing to judge. */
  readonly test: Pair | null;
}

function draft(
  base: Results,
  next: Results,
  matched: Matched,
  metrics: readonly Metric[],
  options: ComparisonOptions & { readonly role: string },
) {
  const within = base === next;
  const ids = (pick: 'base' | 'next'): Set<string> =>
    new Set(matched.pairs.map((pair) => pair[pick]));
  const runsOf = ({ runs }: Results, pick: 'base' | 'next'): readonly RunResult[] => {
    const wanted = ids(pick);
    return runs.filter((run) => wanted.has(run.point));
  };
  const [baseRuns, nextRuns] = [runsOf(base, 'base'), runsOf(next, 'next')];
  const [baseBy, nextBy] = [groupByPoint(baseRuns), groupByPoint(nextRuns)];
  const [basePlanned, nextPlanned] = [plannedRuns(base), plannedRuns(next)];
  const [basePoints, nextPoints] = [pointsById(base), pointsById(next)];
  const pairs = matched.pairs.map((pair) => {
    const [before, after] = [baseBy.get(pair.base) ?? [], nextBy.get(pair.next) ?? []];
    const loop = pairLoop(
      loopOf(basePoints.get(pair.base), before),
      loopOf(nextPoints.get(pair.next), after),
    );
    const asked =
      options.metrics === null
        ? metrics.filter((each) => uninformative(each, loop) === null)
        : metrics;
    return {
      matched: pair,
      base: pair.base,
      next: pair.next,
      loop,
      runs: {
        base: runCounts(before, basePlanned.get(pair.base)),
        next: runCounts(after, nextPlanned.get(pair.next)),
      },
      ...(cpuApart([...before, ...after].filter(isCounted)) ? {} : { cpuWithPacing: true }),
      cells: asked.map((metric) => draftCell(metric, before, after, loop)),
    };
  });
  return {
    matched,
    pairs,
    base: sideOf(
      'base',
      base,
      within ? baseRuns : base.runs,
      within ? ids('base').size : base.plan.points.length,
    ),
    side: sideOf(
      options.role,
      next,
      within ? nextRuns : next.runs,
      within ? ids('next').size : next.plan.points.length,
    ),
    canary: compareCanaries(baseRuns, nextRuns, options),
    environment: [
      ...askedDifferences(matched.pairs),
      ...(within ? [] : unlikeSides(base, next, baseRuns, nextRuns)),
    ],
  };
}

function unlikeSides(
  base: Results,
  next: Results,
  baseRuns: readonly RunResult[],
  nextRuns: readonly RunResult[],
): EnvironmentDifference[] {
  const found = [
    ...environmentDifferences(base.environment, next.environment),
    ...clientDifferences(baseRuns, nextRuns),
  ];
  return found.map(({ unknown, ...difference }) => ({
    ...difference,
    kind: unknown === true ? ('unknown' as const) : ('unlike' as const),
  }));
}

function draftCell(
  metric: Metric,
  before: readonly RunResult[],
  after: readonly RunResult[],
  loop: PairLoop,
): DraftCell {
  const [validBefore, validAfter] = [before.filter(isCounted), after.filter(isCounted)];
  const apart = cpuApart([...validBefore, ...validAfter]);
  const values = (runs: readonly RunResult[]): number[] =>
    runs.flatMap((run) => {
      const value = valueOf(run, metric, loop, apart);
      return value === null ? [] : [value];
    });
  const [base, next] = [values(validBefore), values(validAfter)];
  const cell: ComparedCell = {
    metric: metric.name,
    verdict: 'not-judged',
    base: { runs: base.length, median: median(base) },
    next: { runs: next.length, median: median(next) },
    change: null,
    p: null,
    adjustedP: null,
    moreRuns: null,
    reason: null,
  };
  const without = (reason: string, verdict: ComparedCell['verdict'] = 'not-judged'): DraftCell => ({
    metric,
    cell: { ...cell, verdict, reason },
    test: null,
  });
  if (validBefore.length > 0 && validAfter.length === 0) {
    return after.length > 0 && after.every(failedByMachine)
      ? without(
          'all runs of NEW are invalid for reasons of the machine that kbench ran on',
          'cannot-tell',
        )
      : without('NEW has no valid run', 'lost');
  }
  if (validBefore.length === 0) {
    return without(
      validAfter.length === 0 ? 'neither side has a valid run' : 'BASE has no valid run',
    );
  }
  if (base.length === 0 || next.length === 0)
    return without('no run has this figure on both sides');
  if ([...base, ...next].some((value) => value <= 0))
    return without('some figures are 0 or below: there is no ratio');
  return { metric, cell, test: { base, next } };
}

function settled(
  cell: ComparedCell,
  metric: Metric,
  judgement: Judgement,
  canary: CanaryOutcome,
): ComparedCell {
  const { finding, change, p, adjustedP, moreRuns } = judgement;
  let verdict: ComparedCell['verdict'] = finding === 'same' ? 'same' : 'collect-more';
  if (finding === 'different' && change !== null) {
    const cost = metric.better === 'lower' ? change.estimate : 1 / (1 + change.estimate) - 1;
    verdict = machineExplains(canary.parts, cost)
      ? 'machine-changed'
      : cost > 0
        ? 'worse'
        : 'better';
  }
  const reason =
    verdict === 'collect-more' && moreRuns === null
      ? 'too noisy: more than 200 runs a side would be needed'
      : null;
  return { ...cell, verdict, change, p, adjustedP, moreRuns, reason };
}

/** By their settings, whatever their runs came to. */
function pairLoop(before: Loop, after: Loop): PairLoop {
  return before === after ? before : 'mixed';
}

function plannedRuns({ plan }: Results): Map<string, number> {
  const planned = new Map<string, number>();
  for (const { point } of plan.runs) planned.set(point, (planned.get(point) ?? 0) + 1);
  return planned;
}

function runCounts(runs: readonly RunResult[], planned = 0): ComparedPair['runs']['base'] {
  return {
    planned,
    made: runs.length,
    valid: runs.filter(isCounted).length,
    failed: runs.filter(({ status }) => status === 'failed').length,
  };
}

function sideOf(
  role: string,
  { name, dir }: Results,
  runs: readonly RunResult[],
  points: number,
): ComparedSide {
  const times = runs.flatMap(({ startedAt, endedAt }) => [startedAt, endedAt]).sort();
  return {
    role,
    name,
    dir,
    startedAt: times.at(0) ?? null,
    endedAt: times.at(-1) ?? null,
    points,
    runs: runs.length,
    valid: runs.filter(isCounted).length,
  };
}

/** Settings that tell one pair from another, the swept ones first and in the plan's order. */
function varyingSettings(matched: readonly Matched[], swept: readonly string[]): string[] {
  const pairs = matched.flatMap((each) => each.pairs);
  const seen = new Map<string, Set<unknown>>();
  for (const { shared } of pairs) {
    for (const [name, value] of shared) seen.set(name, (seen.get(name) ?? new Set()).add(value));
  }
  const everywhere = (name: string): boolean => pairs.every(({ shared }) => shared.has(name));
  const varying = [...seen]
    .filter(([name, values]) => values.size > 1 || !everywhere(name))
    .map(([name]) => name);
  return [
    ...swept.filter((name) => varying.includes(name)),
    ...varying.filter((name) => !swept.includes(name)),
  ];
}

const labelOf = ({ shared }: MatchedPair, varying: readonly string[]): ComparedPair['config'] =>
  Object.fromEntries(
    varying.flatMap((name) => (shared.has(name) ? [[name, shared.get(name)!]] : [])),
  );

/** The settings that were to differ, with the values on both sides. */
function askedDifferences(pairs: readonly MatchedPair[]): Contender['environment'] {
  const found = new Map<string, [base: Set<string>, next: Set<string>]>();
  for (const { across } of pairs) {
    for (const [name, { base, next }] of Object.entries(across)) {
      if (base === next) continue;
      const values = found.get(name) ?? [new Set(), new Set()];
      [base, next].forEach((value, i) =>
        values[i].add(value === null ? 'none' : settingValue(name, value)),
      );
      found.set(name, values);
    }
  }
  return [...found].map(([what, [base, next]]) => ({
    what: printable(what, 80),
    base: listed([...base]),
    next: listed([...next]),
    kind: 'asked',
  }));
}

function refuseNothing(
  matched: readonly Matched[],
  base: Results,
  nexts: readonly Results[],
  { across, newWhere, baseWhere }: ComparisonOptions,
): never {
  const names = [base, ...nexts].map(({ dir }) => printable(dir));
  if (nexts.length === 0) {
    const what = acrossNames({ across, newWhere, baseWhere, defaultOf: () => undefined });
    throw new ConfigurationError(
      `within ${names[0]} no two points differ in ${listed(what)} only`,
      'Name a setting that the sweep varies, or two folders.',
    );
  }
  const alone = matched[0].unmatched.next.at(0) ?? matched[0].unmatched.base.at(0);
  const differs = alone?.differs ?? [];
  throw new ConfigurationError(
    `no point of ${names[0]} has the same settings as one of ${names.slice(1).join(', ')}` +
      (alone === undefined ? '' : ` (${printable(alone.point, 24)}, ${alone.why})`),
    `If that is meant to differ, say so: ${
      differs.length === 0
        ? '--across SETTING (repeatable)'
        : differs
            .slice(0, 4)
            .map((name) => `--across ${printable(name, 60)}`)
            .join(' ')
    }`,
  );
}
