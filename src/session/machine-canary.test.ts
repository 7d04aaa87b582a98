import { expect, it } from 'vitest';
import { canarySchema } from '../contract/run-result.js';
import { openMachineCanary } from './machine-canary.js';

it('the canary of a sweep measures as often as asked, and is gone once closed', async () => {
  const troubles: string[] = [];
  const canary = await openMachineCanary((text) => troubles.push(text));
  for (let time = 0; time < 2; time++) {
    const measured = canarySchema.parse(await canary!.measure());
    expect(measured.cpuMs).toBeGreaterThan(1);
    expect(measured.sinkRecordsPerSecond).toBeGreaterThan(1000);
  }
  await canary!.close();
  expect(await canary!.measure()).toBeNull();
  expect(troubles).toEqual([]);
});
