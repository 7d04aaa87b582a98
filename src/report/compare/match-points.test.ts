import { describe, expect, it } from 'vitest';
import type { Scalar } from '../../contract/settings.js';
import { resultsInMemory } from '../../testing/compared-results.js';
import type { SavedPlan } from '../results/read-results.js';
import { matchPoints, type Matching } from './match-points.js';

const DEFAULTS: Readonly<Record<string, Scalar>> = {
  'linger.ms': 5,
  'batch.size': 16_384,
  'enable.idempotence': true,
};
const plan = (axes: Record<string, readonly Scalar[]>): SavedPlan =>
  resultsInMemory('x', { axes, repeats: 1 }).plan;
const match = (base: SavedPlan, next: SavedPlan | null, options: Partial<Matching> = {}) =>
  matchPoints(base, next, {
    across: [],
    baseWhere: [],
    newWhere: [],
    defaultOf: (name) => (Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name] : undefined),
    ...options,
  });
const ids = (found: ReturnType<typeof match>) =>
  found.pairs.map(({ base, next }) => `${base}-${next}`);

describe('matchPoints', () => {
  it('pairs points alike in all settings, wherever they stand', () => {
    const found = match(
      plan({ acks: ['1', 'all'], 'linger.ms': [0, 5] }),
      plan({ 'linger.ms': [5, 0], acks: ['all'] }),
    );
    expect(ids(found)).toEqual(['p04-p01', 'p03-p02']);
    expect(found.unmatched.next).toEqual([]);
    expect(found.unmatched.base.map(({ point }) => point)).toEqual(['p01', 'p02']);
    expect(found.unmatched.base[0].why).toBe('nearest in NEW: acks is 1 here, all there');
  });

  it('takes a setting that one plan leaves out for its default', () => {
    expect(
      ids(match(plan({ 'linger.ms': [5, 10] }), plan({ 'batch.size': [16_384, 1024] }))),
    ).toEqual(['p01-p01']);
  });

  it('looks at settings that are not swept', () => {
    const other = plan({ acks: ['1'] });
    const changed = {
      ...other,
      points: other.points.map((point) => ({
        ...point,
        settings: {
          ...point.settings,
          topic: { kind: 'fresh', partitions: 12, replicationFactor: 3, config: {} },
        },
      })),
    };
    const found = match(plan({ acks: ['1'] }), changed);
    expect(found.pairs).toEqual([]);
    expect(found.unmatched.next[0].why).toBe(
      'nearest in BASE: topic.partitions is 12 here, 6 there',
    );
    expect(
      match(plan({ acks: ['1'] }), changed, { across: ['topic.partitions'] }).pairs[0].across,
    ).toEqual({
      'topic.partitions': { base: 6, next: 12 },
    });
  });

  it('compares within one plan across a setting, the first value being the base', () => {
    const found = match(plan({ 'linger.ms': [0, 5], acks: ['1', 'all', '0'] }), null, {
      across: ['acks'],
    });
    expect(ids(found)).toEqual(['p01-p02', 'p01-p03', 'p04-p05', 'p04-p06']);
    expect(found.pairs[1].across).toEqual({ acks: { base: '1', next: '0' } });
  });

  it('takes the side that a selection names, units and all', () => {
    const one = plan({ 'batch.size': [16_384, 65_536], acks: ['1', 'all'] });
    const found = match(one, null, {
      baseWhere: [{ name: 'batch.size', value: '64KiB' }],
      newWhere: [{ name: 'batch.size', value: '16384' }],
    });
    expect(ids(found)).toEqual(['p03-p01', 'p04-p02']);
  });

  it('covers the parts of a compound setting', () => {
    const found = match(plan({ acks: ['1'] }), plan({ acks: ['1'] }), { across: ['workload'] });
    expect(Object.keys(found.pairs[0].across)).toContain('workload.payload.kind');
  });

  it('refuses what cannot be told, and says what to do', () => {
    const both = plan({ acks: ['1', 'all'] });
    expect(() => match(both, both, { across: ['acks'] })).toThrow(
      /several points of BASE \(p01, p02\) differ in acks only/,
    );
    expect(() => match(both, both, { across: ['akcs'] })).toThrow(/no point has a setting akcs/);
    expect(() => match(both, both, { baseWhere: [{ name: 'acks', value: '2' }] })).toThrow(
      /no point of BASE has acks=2/,
    );
  });

  it('takes settings of any shape, as an altered plan may have', () => {
    const odd: SavedPlan = {
      ...plan({ acks: ['1'] }),
      points: [
        {
          id: 'p01',
          config: {},
          settings: { producer: [1, { a: 2 }], deep: { er: { than: null } } },
        },
      ],
    };
    expect(ids(match(odd, odd))).toEqual(['p01-p01']);
  });
});
