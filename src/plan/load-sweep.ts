// A sweep's file, or the command line alone -> a plan, or one ConfigurationError that lists
// everything wrong with it. The way in for the commands run, validate and for --resume; reads that
// one file, touches nothing else.
import { basename, dirname, extname, resolve } from 'node:path';
import type { Problem } from '../base/errors.js';
import type { Plan, PlannedPoint } from '../contract/plan.js';
import type { TargetSettings } from '../contract/settings.js';
import type { Threshold } from '../contract/threshold.js';
import { matches, readExclude } from './points/exclude.js';
import { TOPIC_CONFIG_PREFIX } from './settings/fields.js';
import { readPoints, type DraftPoint } from './points/grid.js';
import { checkModules } from './settings/modules.js';
import {
  sweepAsOverride,
  withCommandLine,
  type CommandLineValues,
  type Override,
} from './yaml/overrides.js';
import { withPayloadContents } from './settings/payload-contents.js';
import { buildPlan, configOf, variedPaths } from './plan.js';
import { completePoint } from './settings/point-settings.js';
import { problemAt, Problems, type Place } from './yaml/problems.js';
import { isTargetPath } from './target/kafka-fields.js';
import { checkPoints, type CheckedPoint } from './settings/rules.js';
import { readSections, type Sections } from './sections.js';
import { didYouMean } from '../base/suggest.js';
import { planWarnings } from './text/plan-warnings.js';
import { readSweepText } from './yaml/sweep-file.js';
import { bindPointThresholds, bindThresholds } from './thresholds/threshold-points.js';
import { readThresholds, type DraftThreshold } from './thresholds/thresholds.js';
import { TOPIC_CONFIG_NAMES } from './settings/topic-config-names.js';
import { parseYaml, type MapNode } from './yaml/yaml-source.js';

export interface LoadOptions extends CommandLineValues {
  /** The sweep's name where the YAML gives none; default: the file's. */
  readonly defaultName?: string;
  /**
   * Folder that relative paths (modules, stores, files with secrets) start from; default: the
   * file's own.
   */
  readonly modulesFrom?: string;
  /** Ends the wait for a pipe. */
  readonly stop?: AbortSignal | undefined;
}

export interface LoadedSweep {
  /** As given. */
  readonly file: string;
  /** The file's text, or the YAML that the command line stands for: to be kept with the results. */
  readonly source: string;
  /** With all that the command line says in force. */
  readonly tree: MapNode;
  readonly name: string;
  readonly target: TargetSettings;
  readonly plan: Plan;
  /**
   * Whether the machine's speed is measured before each run; the command line may say otherwise.
   */
  readonly canary: boolean;
  /** What is probably not meant; the plan stands all the same. */
  readonly warnings: readonly Problem[];
  /** What of the command line is not in `source`: `--sweep` as a `--set`. */
  readonly overrides: readonly Override[];
  readonly bootstrap: string | null;
  /** The arguments of a sweep without a file, as words. */
  readonly typed: readonly string[] | null;
  /** Folder that relative paths of modules (partitioner.class, ...) start from. */
  readonly modulesFrom: string;
}

/**
 * Throws ConfigurationError with all problems found, each with line and column; StoppedError while
 * a pipe is waited for.
 */
export async function loadSweep(file: string, options: LoadOptions = {}): Promise<LoadedSweep> {
  return planSweep(file, await readSweepText(file, { stop: options.stop }), options);
}

/** As loadSweep, of text that was read already; `file` is for messages and the default name. */
export function planSweep(file: string, source: string, options: LoadOptions = {}): LoadedSweep {
  const { overrides = [], sweeps = [], bootstrap = null } = options;
  const problems = new Problems();
  const root = readRoot(source, problems);
  if (root === null) problems.throwIfAny(file);
  const tree = withCommandLine(root!, options, problems);
  const origin = {
    ...{ file, source, bootstrap, typed: null },
    overrides: [...sweeps.map(sweepAsOverride), ...overrides],
    modulesFrom: resolve(options.modulesFrom ?? dirname(file)),
  };
  return planTree(tree, problems, origin, options.defaultName);
}

/** Where a tree comes from. */
export type TreeOrigin = Pick<
  LoadedSweep,
  'file' | 'source' | 'overrides' | 'bootstrap' | 'typed' | 'modulesFrom'
>;

/** Throws with what is in `problems` already, and all that is wrong with the tree. */
export function planTree(
  tree: MapNode,
  problems: Problems,
  origin: TreeOrigin,
  defaultName = nameOf(origin.file),
): LoadedSweep {
  const { file, modulesFrom } = origin;
  const warnings: Problem[] = [];
  const sections = readSections(tree, modulesFrom, problems);
  const { target } = sections;
  const rules = readExclude(sections.exclude, problems);
  const drafts = readPoints(sections.sweep, sections.points, sections.repeats, problems);
  const gates = readThresholds(sections.thresholds, 'thresholds', problems);
  problems.throwIfAny(file);

  const ownClusters =
    target.kind === 'kafka' && drafts.some(({ own }) => [...own.keys()].some(isTargetPath));
  const complete = drafts.map((draft) => ({
    ...draft,
    settings: completePoint(sections.base, draft.own, ownClusters),
  }));
  const chosen = dropExcluded(complete, rules, warnings);
  const from = { folder: modulesFrom, seed: sections.seed };
  const kept = withPayloadContents(chosen, sections.base, from, problems);
  const excludeAt = sections.exclude?.keyAt ?? {};
  if (kept.length === 0)
    problems.add(excludeAt, 'exclude', 'exclude drops every point', 'remove a rule');
  checkPoints(kept, target, sections.base, sections.sweep?.keyAt ?? {}, problems);
  checkModules(kept, sections.base, modulesFrom, problems);
  refuseTwins(kept, problems);
  problems.throwIfAny(file);

  const name = sections.name ?? defaultName;
  const ungated = buildPlan({ name, seed: sections.seed, repeats: sections.repeats }, kept);
  const plan: Plan = {
    ...ungated,
    thresholds: bindGates(gates, sections.canary, kept, ungated.points, problems),
  };
  problems.throwIfAny(file);
  warnings.push(
    ...sections.warnings,
    ...topicWarnings(sections, kept),
    ...planWarnings(plan, target, kept, sections),
  );
  const { canary } = sections;
  return { ...origin, tree, name, target, plan, canary, warnings };
}

/** Of a sweep that its YAML leaves nameless. */
export const nameOf = (file: string): string => basename(file, extname(file)) || 'sweep';

/**
 * The root's gates, then those of single points. `planned` are the points of `kept`, in the same
 * order.
 */
function bindGates(
  drafts: readonly DraftThreshold[],
  canary: boolean,
  kept: readonly CheckedPoint[],
  planned: readonly PlannedPoint[],
  problems: Problems,
): Threshold[] {
  const context = { points: planned, canary };
  const gates = bindThresholds(drafts, context, problems);
  for (const [index, { gates: own }] of kept.entries()) {
    if (own === undefined) continue;
    const ofPoint = readThresholds(own.entry, own.where, problems);
    gates.push(...bindPointThresholds(ofPoint, planned[index], context, problems));
  }
  return gates;
}

function readRoot(source: string, problems: Problems): MapNode | null {
  const tree = parseYaml(source, problems);
  if (problems.any) return null;
  if (tree?.kind === 'map') return tree;
  const nothing = tree === null || (tree.kind === 'scalar' && tree.value === null);
  const message = nothing
    ? 'the file is empty'
    : 'a sweep is a mapping of keys to values, and this is not one';
  problems.add(
    { line: 1, column: 1, ...tree?.at },
    '',
    message,
    '`kbench init` writes one to start from',
  );
  return null;
}

function dropExcluded(
  points: readonly CheckedPoint[],
  rules: ReturnType<typeof readExclude>,
  warnings: Problem[],
): CheckedPoint[] {
  const used = new Set<number>();
  const kept = points.filter(({ settings }) => {
    const hits = rules.filter((rule) => matches(rule, settings));
    for (const { index } of hits) used.add(index);
    return hits.length === 0;
  });
  for (const { index, at } of rules) {
    if (used.has(index)) continue;
    warnings.push(
      problemAt(
        at,
        `exclude[${index}]`,
        `exclude[${index}] matches no point`,
        'check its values, or remove it',
      ),
    );
  }
  return kept;
}

/**
 * Two entries of `points:` that come to the same. A grid cannot have them: its lists were checked.
 */
function refuseTwins(points: readonly (CheckedPoint & DraftPoint)[], problems: Problems): void {
  if (points.length === 0 || points[0].at === null) return;
  const varied = variedPaths(points);
  const seen = new Map<string, Place>();
  for (const point of points) {
    const config = JSON.stringify(configOf(point, varied));
    const before = seen.get(config);
    if (before === undefined) seen.set(config, point.at ?? {});
    else {
      const message = `this point is the same as the one of line ${before.line ?? '?'}`;
      problems.add(
        point.at ?? {},
        'points',
        message,
        'remove one of them; `repeats` makes each point run again',
      );
    }
  }
}

function topicWarnings({ base }: Sections, points: readonly CheckedPoint[]): Problem[] {
  const warnings = new Map<string, Problem>();
  for (const settings of [base, ...points.map(({ own }) => own)]) {
    for (const [path, { at }] of settings) {
      const name = path.startsWith(TOPIC_CONFIG_PREFIX)
        ? path.slice(TOPIC_CONFIG_PREFIX.length)
        : null;
      if (name === null || TOPIC_CONFIG_NAMES.includes(name) || warnings.has(path)) continue;
      const near = didYouMean(name, TOPIC_CONFIG_NAMES);
      const remedy = near.startsWith('did')
        ? near
        : 'brokers refuse topic settings that they do not know';
      warnings.set(path, problemAt(at, path, `${name} is no topic setting of Kafka 4.3`, remedy));
    }
  }
  return [...warnings.values()];
}
