import { describe, expect, it } from 'vitest';
import { ProducerStates, sequenceAfter } from './producer-states.js';

/** Five batches of ten records each at offsets 0, 10, ... by producer 1, epoch 3. */
function withFiveBatches(): ProducerStates {
  const states = new ProducerStates();
  for (let i = 0; i < 5; i++) states.add(1, 3, i * 10, i * 10 + 9, i * 10, 1000 + i);
  return states;
}

describe('the sequence rules', () => {
  it('take the next batch, and refuse a gap', () => {
    const states = withFiveBatches();
    expect(states.check(1, 3, 50, 59)).toBe('append');
    expect(states.check(1, 3, 60, 69)).toBe('out-of-order');
  });

  it('know each of the last five batches again, with its offset and time', () => {
    const states = withFiveBatches();
    for (let i = 0; i < 5; i++) {
      expect(states.check(1, 3, i * 10, i * 10 + 9)).toBe('duplicate');
      expect([states.duplicateOffset, states.duplicateTimestamp]).toEqual([i * 10, 1000 + i]);
    }
    states.add(1, 3, 50, 59, 50, 1005);
    expect(states.check(1, 3, 0, 9)).toBe('out-of-order');
  });

  it('do not take a part of a batch for the batch', () => {
    expect(withFiveBatches().check(1, 3, 40, 44)).toBe('out-of-order');
  });

  it('fence an older epoch, and let a newer one start at 0 only', () => {
    const states = withFiveBatches();
    expect(states.check(1, 2, 50, 59)).toBe('old-epoch');
    expect(states.check(1, 4, 50, 59)).toBe('out-of-order');
    expect(states.check(1, 4, 0, 9)).toBe('append');
    states.add(1, 4, 0, 9, 50, 0);
    expect(states.check(1, 4, 10, 19)).toBe('append');
    expect(states.check(1, 3, 40, 49)).toBe('old-epoch');
  });

  it('let an unknown producer start anywhere (KIP-360)', () => {
    expect(withFiveBatches().check(2, 0, 12_345, 12_350)).toBe('append');
  });

  it('go on at 0 past 2^31 - 1', () => {
    expect(sequenceAfter(2_147_483_647, 1)).toBe(0);
    expect(sequenceAfter(2_147_483_640, 9)).toBe(1);
    const states = new ProducerStates();
    states.add(1, 0, 2_147_483_640, 1, 0, 0);
    expect(states.check(1, 0, 2, 9)).toBe('append');
    states.add(2, 0, 2_147_483_640, 2_147_483_647, 0, 0);
    expect(states.check(2, 0, 0, 3)).toBe('append');
  });
});
