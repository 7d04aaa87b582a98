import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../base/errors.js';
import { planSweep } from '../load-sweep.js';

const plan = (keys: string) => planSweep('s.yaml', `workload: {keys: ${keys}}`).plan;

function refusal(keys: string): string {
  try {
    plan(keys);
    return 'taken';
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems[0].message;
  }
}

describe('workload.keys', () => {
  it.each([
    ['{range: 1k}', { kind: 'range', distinct: 1000 }],
    ['{random: {distinct: 5}}', { kind: 'random', distinct: 5 }],
    ['{zipf: 1000}', { kind: 'zipf', distinct: 1000, exponent: 0.99, bytes: 16 }],
    [
      '{zipf: {distinct: 10, exponent: 1.5, bytes: 4B}}',
      { kind: 'zipf', distinct: 10, exponent: 1.5, bytes: 4 },
    ],
    [
      '{hotSet: {distinct: 200, keys: 10%, traffic: 80%}}',
      { kind: 'hot-set', distinct: 200, hotKeys: 20, hotTraffic: 0.8, bytes: 16 },
    ],
    [
      '{hotSet: {distinct: 200, keys: 3, bytes: 8}}',
      { kind: 'hot-set', distinct: 200, hotKeys: 3, hotTraffic: 0.9, bytes: 8 },
    ],
  ])('%s', (text, expected) => {
    expect(plan(text).points[0].settings.workload.keys).toEqual(expected);
  });

  it.each([
    ['{range: {distinct: 5, bytes: 8}}', 'unknown key bytes'],
    ['{zipf: {distinct: 10, exponent: 0}}', 'exponent: 0 is outside 0.01 to 20'],
    ['{zipf: {exponent: 1}}', 'zipf keys need distinct'],
    ['{hotSet: {distinct: 10}}', 'a hot set needs keys'],
    ['{hotSet: {distinct: 10, keys: 10}}', 'keys: 10 is outside 1 to 9'],
    ['{hotSet: {distinct: 10, keys: 100%}}', 'keys: 10 is outside 1 to 9'],
    ['{hotSet: {distinct: 1, keys: 1}}', 'needs other keys beside it'],
    ['{hotSet: {distinct: 10, keys: 1, traffic: 120%}}', 'traffic: "120%" is outside 0 to 1'],
    ['{range: 5, random: 5}', 'not by range and random'],
    ['{zipff: 5}', 'unknown key zipff'],
    ['{}', 'does not say how keys are chosen'],
  ])('refuses %s', (text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('tells them apart where they are swept', () => {
    const text =
      'sweep: {workload.keys: [{range: 9}, {random: 9}, {zipf: 9}, {hotSet: {distinct: 9, ' +
      'keys: 1}}]}';
    expect(
      planSweep('s.yaml', text).plan.points.map(({ config }) => config['workload.keys']),
    ).toEqual([
      'range 9',
      'random 9',
      'zipf 9 x 16B, exponent 0.99',
      'hot set 1 of 9 x 16B, 90 % of records',
    ]);
  });
});
