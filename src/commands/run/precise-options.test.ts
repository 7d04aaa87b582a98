import { describe, expect, it } from 'vitest';
import { planSweep } from '../../plan/load-sweep.js';
import { precisionRequest, type PreciseArguments } from './precise-options.js';

const sweep = planSweep(
  's.yaml',
  'workload: {records: 1000000}\nsweep: {workload.rate: [max, 5000/s]}\n',
);
const read = (args: PreciseArguments) => precisionRequest(args, sweep, true);

describe('--until-precise', () => {
  it('takes a share, throughput and p99 by default, and three times the planned time', () => {
    const request = read({ 'until-precise': '2%' });
    expect(request).toMatchObject({
      precision: { target: 0.02, metrics: ['throughput.recordsPerSecond', 'latencyMs.p99'] },
    });
    expect(request!.budgetMs).toBeCloseTo(3 * request!.plannedMs, 3);
    expect(
      read({
        'until-precise': '0.05',
        'time-budget': '30m',
        'precise-metric': ['latencyMs.service.max'],
      }),
    ).toMatchObject({
      precision: { target: 0.05, metrics: ['latencyMs.service.max'] },
      budgetMs: 1_800_000,
    });
  });

  it('has a budget of a minute at least', () => {
    expect(
      precisionRequest({ 'until-precise': '2%' }, planSweep('s.yaml', 'name: x'), true)?.budgetMs,
    ).toBe(60_000);
  });

  it('is not there unless it is asked for', () => expect(read({})).toBeNull());

  it.each<[PreciseArguments, string, string]>([
    [{ 'until-precise': '0' }, 'can never be met', '2%'],
    [{ 'until-precise': '2' }, 'outside 0 to 1', '2%'],
    [{ 'until-precise': 'fine' }, 'is not a share', '2%'],
    [{ 'time-budget': '5m' }, '--time-budget says nothing without --until-precise', 'add'],
    [{ 'precise-metric': ['latencyMs.p99'] }, '--precise-metric says nothing', 'add'],
    [{ 'until-precise': '2%', 'time-budget': '5' }, 'has no unit', '5m'],
    [{ 'until-precise': '2%', 'time-budget': '0s' }, 'is no time', '30m'],
    [
      { 'until-precise': '2%', 'precise-metric': ['latencyMs.response.p99'] },
      'point p01',
      'write latencyMs.p99',
    ],
    [
      { 'until-precise': '2%', 'precise-metric': ['records.failed'] },
      'a count, which has no interval',
      'latencyMs.p99',
    ],
    [
      { 'until-precise': '2%', 'precise-metric': ['latencyMs.p9'] },
      'unknown metric',
      'did you mean latencyMs.p9',
    ],
  ])('refuses %j', (args, message, remedy) => {
    expect(() => read(args)).toThrow(
      expect.objectContaining({
        exitCode: 104,
        message: expect.stringContaining(message) as string,
      }),
    );
    try {
      read(args);
    } catch (error) {
      expect((error as { remedy: string }).remedy).toContain(remedy.replace('5m', '5s'));
    }
  });
});
