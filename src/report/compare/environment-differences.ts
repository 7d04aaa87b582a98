// What differs between the places where two results were made: each of these may move figures
// without the product having changed, or may be the very change that is asked about. Pure; called
// by compare and trend.
import type { Environment } from '../../contract/environment.js';
import type { RunResult } from '../../contract/run-result.js';
import type { Scalar } from '../../contract/settings.js';
import { printable, settingValue } from '../text/format.js';

/** Printable values of the one thing that differs. */
export interface Difference {
  readonly what: string;
  readonly base: string;
  readonly next: string;
  /** One of the two results does not say, so they may have been alike. */
  readonly unknown?: true;
}

/** Virtual machines of one kind differ by some MiB. */
const MEMORY_TOLERANCE = 0.01;

/**
 * `anyCluster`: another cluster is no difference, as where a nightly job starts a broker of its
 * own.
 */
export function environmentDifferences(
  base: Environment | null,
  next: Environment | null,
  anyCluster = false,
): Difference[] {
  if (base === null || next === null) {
    if (base === next) return [];
    const told = (environment: Environment | null): string =>
      environment === null ? 'not known' : 'known';
    return [{ what: 'environment.json', base: told(base), next: told(next) }];
  }
  const found: Difference[] = [];
  const compare = (what: string, a: string | number | null, b: string | number | null): void => {
    if (a === b) return;
    const text = (value: string | number | null): string =>
      value === null ? 'unknown' : printable(String(value), 80);
    found.push({ what, base: text(a), next: text(b) });
  };
  compare('CPU', base.cpu.model, next.cpu.model);
  compare('cores', base.cpu.cores, next.cpu.cores);
  if (
    Math.abs(base.memoryMiB - next.memoryMiB) >
    MEMORY_TOLERANCE * Math.max(base.memoryMiB, next.memoryMiB)
  ) {
    compare('memory', `${Math.round(base.memoryMiB)} MiB`, `${Math.round(next.memoryMiB)} MiB`);
  }
  compare('operating system', base.os, next.os);
  compare('Node', base.node, next.node);
  compare('kbench', base.kbench, next.kbench);
  compare('target', base.target.kind, next.target.kind);
  compare('broker version', base.target.version, next.target.version);
  compare('brokers', base.target.brokers, next.target.brokers);
  compare('security', base.target.security ?? 'PLAINTEXT', next.target.security ?? 'PLAINTEXT');
  compareFeatures(base.target.features, next.target.features, compare);
  // Clusters that kbench starts have a new id each time.
  if (!anyCluster && base.target.kind === 'external' && next.target.kind === 'external') {
    compare('cluster', base.target.clusterId, next.target.clusterId);
  }
  return [...found, ...targetDifferences(base, next), ...topicDifferences(base, next)];
}

/** Versions of the clients that both sides drove: the same name may be another program. */
export function clientDifferences(
  base: readonly RunResult[],
  next: readonly RunResult[],
): Difference[] {
  const [before, after] = [clientVersions(base), clientVersions(next)];
  return [...before].flatMap(([client, versions]) => {
    const others = after.get(client);
    if (others === undefined || others === versions) return [];
    return [{ what: printable(client, 40), base: versions, next: others }];
  });
}

function clientVersions(runs: readonly RunResult[]): ReadonlyMap<string, string> {
  const found = new Map<string, Set<string>>();
  for (const { driver } of runs) {
    if (driver === undefined) continue;
    found.set(
      driver.name,
      (found.get(driver.name) ?? new Set()).add(printable(driver.version, 40)),
    );
  }
  return new Map([...found].map(([name, versions]) => [name, [...versions].sort().join(', ')]));
}

/** By construction everything of `target:` that can change a figure, whatever its name. */
function targetDifferences(base: Environment, next: Environment): Difference[] {
  if (base.target.kind !== next.target.kind) return [];
  return recordDifferences(base.target.settings, next.target.settings, 'the default', (name) => {
    const plain = name.replace(/Ms$/, '');
    return `target.${plain.includes('.') ? 'security.' : ''}${printable(plain, 60)}`;
  });
}

function topicDifferences(
  { topics: base }: Environment,
  { topics: next }: Environment,
): Difference[] {
  const flat = (topics: Environment['topics']): Readonly<Record<string, Scalar>> | undefined =>
    topics &&
    Object.fromEntries(Object.entries(topics).map(([name, { partitions }]) => [name, partitions]));
  return recordDifferences(
    flat(base),
    flat(next),
    null,
    (name) => `partitions of topic ${printable(name, 60)}`,
  );
}

/** `absent`: what a name that a record lacks stands for; null where it says nothing. */
function recordDifferences(
  base: Readonly<Record<string, Scalar>> | undefined,
  next: Readonly<Record<string, Scalar>> | undefined,
  absent: string | null,
  nameOf: (name: string) => string,
): Difference[] {
  const found: Difference[] = [];
  for (const name of [
    ...new Set([...Object.keys(base ?? {}), ...Object.keys(next ?? {})]),
  ].sort()) {
    const [a, b] = [base, next].map((of) => {
      if (of === undefined) return 'not recorded';
      return Object.hasOwn(of, name) ? settingValue(name, of[name]) : absent;
    });
    if (a === b || a === null || b === null) continue;
    const unknown = base === undefined || next === undefined;
    found.push({ what: nameOf(name), base: a, next: b, ...(unknown ? { unknown } : {}) });
  }
  return found;
}

function compareFeatures(
  base: Readonly<Record<string, number>>,
  next: Readonly<Record<string, number>>,
  compare: (what: string, a: number | null, b: number | null) => void,
): void {
  for (const name of [...new Set([...Object.keys(base), ...Object.keys(next)])].sort()) {
    const value = (of: Readonly<Record<string, number>>): number | null =>
      Object.hasOwn(of, name) ? of[name] : null;
    compare(`feature ${printable(name, 60)}`, value(base), value(next));
  }
}
