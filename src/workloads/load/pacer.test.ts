import { describe, expect, it } from 'vitest';
import { SleepingPacer, createPacer } from './pacer.js';

/** How long one pause lasts, in ms. */
function pause(waitMs: number, gapMs: number, quiet: boolean): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) =>
    new SleepingPacer().pause(waitMs, gapMs, quiet, () => resolve(performance.now() - start)),
  );
}

async function least(waitMs: number, gapMs: number, quiet: boolean): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 20; i++) times.push(await pause(waitMs, gapMs, quiet));
  return Math.min(...times);
}

describe('pacer', () => {
  it('comes back before a distant due time, to meet it finely', async () => {
    expect(await least(20, 20, false)).toBeLessThan(20);
    expect(await least(20, 20, false)).toBeGreaterThan(15);
  });

  it('sleeps a near wait at once when nothing is expected, else in steps', async () => {
    expect(await least(1, 1, true)).toBeGreaterThan(0.9);
    expect(await least(1, 1, false)).toBeLessThan(0.6);
  });

  it('sleeps a quantum where due times lie closer than a sleep is exact', async () => {
    expect(await least(0.01, 0.01, false)).toBeGreaterThan(0.05);
  });

  it('does not sleep past a due time that it could meet by spinning', async () => {
    expect(await least(0.03, 1, true)).toBeLessThan(0.05);
  });

  it('never sleeps when told to spin', async () => {
    const pacer = createPacer('spin');
    const start = performance.now();
    for (let i = 0; i < 100; i++)
      await new Promise<void>((resolve) => pacer.pause(100, 100, true, resolve));
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
