// How long the end of a log is waited for, with a member gone and without.
import { expect, it } from 'vitest';
import { awaitReceived } from './await-received.js';
import type { StreamMeter } from './stream-meter.js';

/** Reads the last record after so long; never: null. */
function meterThatMovesAfter(ms: number | null): StreamMeter {
  const startMs = performance.now();
  const behind = (): number => (ms !== null && performance.now() - startMs > ms ? 0 : 1);
  return { behind } as unknown as StreamMeter;
}

async function waited(movesAfterMs: number | null, vacantMs: number, stopsAfterMs = Infinity) {
  const startMs = performance.now();
  await awaitReceived({
    ...{ meters: [meterThatMovesAfter(movesAfterMs)], ends: { stable: [1], latest: [1] } },
    ...{ measuredMs: 1000, silenceMs: 100, vacantMs, failure: new Promise<never>(() => undefined) },
    stopped: () => performance.now() - startMs > stopsAfterMs,
  });
  return performance.now() - startMs;
}

it('is given up after silence, and that begins once a killed member has been missed', async () => {
  expect(await waited(null, 0)).toBeLessThan(900);
  expect(await waited(null, 800)).toBeGreaterThan(850);
  const took = await waited(500, 2000);
  expect(took).toBeGreaterThan(450);
  expect(took).toBeLessThan(1900);
});

it('is given up soon where the user stops the run', async () => {
  expect(await waited(null, 60_000, 10)).toBeLessThan(5000);
});
