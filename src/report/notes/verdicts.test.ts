// Reasons over runs: what is one reason, and what the user is told about each.
import { describe, expect, it } from 'vitest';
import { verdictCodes, type RunResult } from '../../contract/run-result.js';
import { asFailed, syntheticResults, withReason } from '../../testing/synthetic-results.js';
import { adviceOf, collectReasons, WORDING } from './verdicts.js';

const [one, two, three] = syntheticResults({ axes: { acks: ['1'] }, repeats: 3 }).runs;

describe('collectReasons', () => {
  it('takes messages that differ only in numbers for one reason, told as the first has it', () => {
    const runs = [
      withReason(one, 'gc-pause', 'invalid', 'paused 12.5 ms'),
      withReason(two, 'gc-pause', 'invalid', 'paused 7 ms'),
    ];
    expect(collectReasons(runs)).toMatchObject([
      { code: 'gc-pause', message: 'paused 12.5 ms', names: new Set(['0001', '0002']) },
    ]);
  });

  it('quotes the worst run, with its advice, and not the first', () => {
    const at = (run: RunResult, ms: number, advice: string): RunResult => {
      const { measurement } = withReason(run, 'gc-pause', 'invalid', `paused ${ms} ms`);
      const reasons = measurement!.verdict.reasons.map((reason) => ({
        ...reason,
        advice,
        size: ms / 50,
      }));
      return { ...run, measurement: { ...measurement!, verdict: { valid: false, reasons } } };
    };
    const told = collectReasons([
      at(one, 60, 'little'),
      at(two, 300, 'much'),
      at(three, 80, 'some'),
    ]);
    expect(told).toMatchObject([{ message: 'paused 300 ms', advice: 'much' }]);
    expect(adviceOf(told[0])).toBe('much');
  });

  it('keeps different messages of one code apart', () => {
    const runs = [
      withReason(one, 'errors', 'invalid', '3 records: timed out'),
      withReason(two, 'errors', 'invalid', '3 records: too large'),
    ];
    expect(collectReasons(runs)).toHaveLength(2);
  });

  it('counts a run once however often it gives a reason', () => {
    const twice = withReason(
      withReason(one, 'errors', 'invalid', 'a 1'),
      'errors',
      'invalid',
      'a 2',
    );
    expect(collectReasons([twice])).toMatchObject([{ names: new Set(['0001']) }]);
  });

  it('puts failures first, then what is invalid, then warnings', () => {
    const runs = [
      withReason(one, 'event-loop-lag', 'warning', 'x'),
      withReason(two, 'clock-jump', 'invalid', 'y'),
      asFailed(three, 'z'),
    ];
    expect(collectReasons(runs).map((reason) => reason.severity)).toEqual([
      'failed',
      'invalid',
      'warning',
    ]);
  });
});

it.each(verdictCodes)('%s has a label that fits a cell and advice in a sentence', (code) => {
  expect(WORDING[code].label.length).toBeLessThanOrEqual(13);
  expect(WORDING[code].advice).toMatch(/^[A-Z].{20,}\.$/);
});
