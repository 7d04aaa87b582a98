import { describe, expect, it } from 'vitest';
import { EXIT, RunError, StoppedError } from './errors.js';
import { bounded, sleep } from './time-limit.js';

const never = () => new Promise<never>(() => undefined);

describe('a wait for the outside', () => {
  it('gives the value, or ends at its limit and says for what it waited', async () => {
    await expect(bounded('x', { limitMs: 1000 }, () => Promise.resolve(7))).resolves.toBe(7);
    await expect(bounded('asking', { limitMs: 5 }, never)).rejects.toThrow(
      /^asking took longer than 0.005 s$/,
    );
    await expect(bounded('asking', { limitMs: 5 }, never)).rejects.toBeInstanceOf(RunError);
  });

  it('ends with the first signal, and is not begun after it', async () => {
    const stop = new AbortController();
    const wait = bounded('asking', { limitMs: 60_000, stop: stop.signal }, never);
    const asleep = sleep(60_000, stop.signal);
    stop.abort();
    await expect(wait).rejects.toBeInstanceOf(StoppedError);
    await expect(asleep).rejects.toMatchObject({ exitCode: EXIT.stopped });
    let begun = false;
    const after = bounded('asking', { limitMs: 1, stop: stop.signal }, () => {
      begun = true;
      return never();
    });
    await expect(after).rejects.toBeInstanceOf(StoppedError);
    expect(begun).toBe(false);
  });

  it('leaves what cleans up its grace after a stop', async () => {
    const stop = AbortSignal.abort();
    const work = () => sleep(10).then(() => 'done');
    await expect(bounded('x', { limitMs: 60_000, stop, graceMs: 5_000 }, work)).resolves.toBe(
      'done',
    );
    await expect(bounded('x', { limitMs: 60_000, stop, graceMs: 5 }, never)).rejects.toBeInstanceOf(
      StoppedError,
    );
  });

  it('closes what comes too late', async () => {
    const closed: string[] = [];
    const late = (value: string) => closed.push(value);
    const work = () => sleep(20).then(() => 'cluster');
    await expect(bounded('x', { limitMs: 5, late }, work)).rejects.toThrow();
    await sleep(60);
    expect(closed).toEqual(['cluster']);
  });
});
