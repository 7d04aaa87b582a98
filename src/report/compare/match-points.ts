// Which point of BASE is compared with which of NEW: those alike in every setting, but for those
// that are to differ. What has no partner is told, with the settings in which it misses its nearest
// one. Pure; called by comparison.ts.
import { ConfigurationError } from '../../base/errors.js';
import type { Scalar } from '../../contract/settings.js';
import { listed, printable, settingValue } from '../text/format.js';
import type { SavedPlan } from '../results/read-results.js';
import {
  flatten,
  inForce,
  isNamed,
  isValue,
  type DefaultOf,
  type FlatSettings,
} from './point-identity.js';

/** `name=value`, as given by --base-where and --new-where. */
export interface Where {
  readonly name: string;
  readonly value: string;
}

export interface Matching {
  /** Settings that are not looked at when points are matched. */
  readonly across: readonly string[];
  readonly baseWhere: readonly Where[];
  readonly newWhere: readonly Where[];
  readonly defaultOf: DefaultOf;
}

export interface MatchedPair {
  readonly base: string;
  readonly next: string;
  /** All settings that the two have in common; and those that were to differ. */
  readonly shared: ReadonlyMap<string, Scalar>;
  readonly across: Readonly<Record<string, { base: Scalar | null; next: Scalar | null }>>;
}

export interface UnmatchedPoint {
  readonly point: string;
  readonly config: Readonly<Record<string, Scalar>>;
  readonly differs: string[];
  readonly why: string;
}

export interface Matched {
  readonly pairs: readonly MatchedPair[];
  readonly unmatched: {
    readonly base: readonly UnmatchedPoint[];
    readonly next: readonly UnmatchedPoint[];
  };
}

interface Known {
  readonly point: SavedPlan['points'][number];
  readonly flat: FlatSettings;
  readonly key: string;
  readonly acrossKey: string;
}

/** `next` null: the points of one plan are compared with each other. */
export function matchPoints(base: SavedPlan, next: SavedPlan | null, matching: Matching): Matched {
  const across = acrossNames(matching);
  const [baseFlats, nextFlats] = [base, next ?? base].map(({ points }) => points.map(flatten));
  const names = comparable(base, baseFlats, next ?? base, nextFlats);
  checkNames(names, across, matching.defaultOf);
  const ofKey = names.filter((name) => !isNamed(name, across));
  const ofAcross = [
    ...new Set([
      ...names.filter((name) => isNamed(name, across)),
      ...across.filter(plainName(names)),
    ]),
  ];
  const know = (plan: SavedPlan, flats: readonly FlatSettings[]): Known[] =>
    plan.points.map((point, i) => {
      const key = (of: readonly string[]) =>
        JSON.stringify(of.map((name) => inForce(flats[i], name, matching.defaultOf)));
      return { point, flat: flats[i], key: key(ofKey), acrossKey: key(ofAcross) };
    });
  const baseKnown = know(base, baseFlats);
  const nextKnown = next === null ? baseKnown : know(next, nextFlats);
  const chosen = (all: readonly Known[], wheres: readonly Where[]): Known[] =>
    all.filter(({ flat }) =>
      wheres.every(({ name, value }) =>
        isValue(name, inForce(flat, name, matching.defaultOf), value),
      ),
    );
  let bases = chosen(baseKnown, matching.baseWhere);
  let nexts = chosen(nextKnown, matching.newWhere);
  refuseNone('BASE', bases, matching.baseWhere, baseKnown, matching.defaultOf);
  refuseNone('NEW', nexts, matching.newWhere, nextKnown, matching.defaultOf);
  if (next === null) {
    // Within one folder the first value is what the others are compared with, unless it is said.
    const first = bases[0]?.acrossKey;
    if (matching.baseWhere.length === 0)
      bases = bases.filter(({ acrossKey }) => acrossKey === first);
    const ofBase = new Set(bases);
    nexts = nexts.filter((known) => !ofBase.has(known));
  }
  return pairUp(bases, nexts, ofKey, ofAcross, matching);
}

/**
 * All settings that are named; where a plan is lost and with it what was not swept, those that it
 * still tells.
 */
function comparable(
  base: SavedPlan,
  baseFlats: readonly FlatSettings[],
  next: SavedPlan,
  nextFlats: readonly FlatSettings[],
): string[] {
  const named = (flats: readonly FlatSettings[]) =>
    new Set(flats.flatMap((flat) => [...flat.keys()]));
  const [ofBase, ofNext] = [named(baseFlats), named(nextFlats)];
  const [baseLost, nextLost] = [base, next].map(({ points }) => points.every(hasNoSettings));
  return [...ofBase, ...[...ofNext].filter((name) => !ofBase.has(name))]
    .filter((name) => (!baseLost || ofBase.has(name)) && (!nextLost || ofNext.has(name)))
    .sort();
}

const hasNoSettings = ({ settings }: SavedPlan['points'][number]): boolean =>
  Object.keys(settings).length === 0;

function pairUp(
  bases: readonly Known[],
  nexts: readonly Known[],
  ofKey: readonly string[],
  ofAcross: readonly string[],
  { defaultOf }: Matching,
): Matched {
  const groups = new Map<string, Known[]>();
  for (const known of bases) groups.set(known.key, [...(groups.get(known.key) ?? []), known]);
  for (const group of groups.values())
    if (group.length > 1) refuseSeveral(group, ofAcross, defaultOf);
  const used = new Set<Known>();
  const pairs: MatchedPair[] = [];
  const alone: Known[] = [];
  for (const known of nexts) {
    const partner = groups.get(known.key)?.[0];
    if (partner === undefined) {
      alone.push(known);
      continue;
    }
    used.add(partner);
    const value = ({ flat }: Known, name: string): Scalar | null => inForce(flat, name, defaultOf);
    const shared = ofKey.flatMap((name) => {
      const each = value(known, name);
      return each === null ? [] : [[name, each] as const];
    });
    const differing = ofAcross.map(
      (name) => [name, { base: value(partner, name), next: value(known, name) }] as const,
    );
    pairs.push({
      base: partner.point.id,
      next: known.point.id,
      shared: new Map(shared),
      across: Object.fromEntries(differing),
    });
  }
  const unmatched = (known: Known, others: readonly Known[], where: string): UnmatchedPoint => ({
    point: known.point.id,
    config: known.point.config,
    ...nearest(known, others, ofKey, where, defaultOf),
  });
  return {
    pairs,
    unmatched: {
      base: bases
        .filter((known) => !used.has(known))
        .map((known) => unmatched(known, nexts, 'NEW')),
      next: alone.map((known) => unmatched(known, bases, 'BASE')),
    },
  };
}

/** Settings that a selection names are meant to differ. */
export function acrossNames({ across, baseWhere, newWhere }: Matching): string[] {
  return [
    ...new Set([
      ...across,
      ...baseWhere.map(({ name }) => name),
      ...newWhere.map(({ name }) => name),
    ]),
  ];
}

/** Names of --across that no plan spells out, but that are settings with a default. */
const plainName =
  (names: readonly string[]) =>
  (name: string): boolean =>
    !names.some((each) => isNamed(each, [name]));

function checkNames(
  names: readonly string[],
  across: readonly string[],
  defaultOf: DefaultOf,
): void {
  const unknown = across.filter(
    (name) => !names.some((each) => isNamed(each, [name])) && defaultOf(name) === undefined,
  );
  if (unknown.length === 0) return;
  throw new ConfigurationError(
    `no point has a setting ${listed(unknown.map((name) => printable(name, 60)))}`,
    `The settings there are: ${listed(names, 40)}.`,
  );
}

function refuseNone(
  side: string,
  chosen: readonly Known[],
  wheres: readonly Where[],
  all: readonly Known[],
  defaultOf: DefaultOf,
): void {
  if (chosen.length > 0 || wheres.length === 0) return;
  const asked = wheres
    .map(({ name, value }) => `${printable(name, 60)}=${printable(value, 60)}`)
    .join(', ');
  const there = wheres.map(({ name }) => {
    const values = [...new Set(all.map(({ flat }) => shown(name, inForce(flat, name, defaultOf))))];
    return `${printable(name, 60)}: ${listed(values)}`;
  });
  throw new ConfigurationError(
    `no point of ${side} has ${asked}`,
    `The values there are: ${there.join('; ')}.`,
  );
}

function refuseSeveral(
  group: readonly Known[],
  ofAcross: readonly string[],
  defaultOf: DefaultOf,
): never {
  const varying = ofAcross.filter(
    (name) => new Set(group.map(({ flat }) => String(inForce(flat, name, defaultOf)))).size > 1,
  );
  const ids = listed(group.map(({ point }) => printable(point.id, 24)));
  if (varying.length === 0) {
    throw new ConfigurationError(
      `the points ${ids} of BASE have the same settings: it cannot be told which to compare with`,
      'A sweep that lists a point twice compares it with itself: ' +
        'take one of them out of the sweep.',
    );
  }
  const first = varying.map(
    (name) => `--base-where ${name}=${shown(name, inForce(group[0].flat, name, defaultOf))}`,
  );
  throw new ConfigurationError(
    `several points of BASE (${ids}) differ in ${listed(varying)} only, ` +
      'so it cannot be told which to compare with',
    `Say which: ${first.join(' ').replaceAll(/(?<=\d) (?=[KMG]iB|ms|s\b|B\b)/g, '')}`,
  );
}

/**
 * Compared by what differs least; with thousands of points only the first few hundred are looked
 * at.
 */
const MOST_LOOKED_AT = 300;

function nearest(
  known: Known,
  others: readonly Known[],
  ofKey: readonly string[],
  where: string,
  defaultOf: DefaultOf,
): Pick<UnmatchedPoint, 'differs' | 'why'> {
  const value = ({ flat }: Known, name: string): Scalar | null => inForce(flat, name, defaultOf);
  let best: { other: Known; differs: string[] } | null = null;
  for (const other of others.slice(0, MOST_LOOKED_AT)) {
    const differs = ofKey.filter((name) => value(known, name) !== value(other, name));
    if (best === null || differs.length < best.differs.length) best = { other, differs };
  }
  if (best === null) return { differs: [], why: `${where} has no point` };
  const { other, differs } = best;
  const told = differs.map(
    (name) =>
      `${printable(name, 60)} is ${shown(name, value(known, name))} here, ` +
      `${shown(name, value(other, name))} there`,
  );
  return { differs, why: `nearest in ${where}: ${listed(told, 4)}` };
}

const shown = (name: string, value: Scalar | null): string =>
  value === null ? 'none' : settingValue(name, value);
