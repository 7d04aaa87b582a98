import { afterEach, describe, expect, it } from 'vitest';
import { cpuLoopMs, loopResidue } from './canary-work.js';
import { openCanaryThread, type CanaryThread } from './canary.js';

let thread: CanaryThread | null = null;
afterEach(() => thread?.close());

describe('the canary', () => {
  it('tells once why it cannot measure, and gives null from then on', async () => {
    const troubles: string[] = [];
    thread = openCanaryThread({ bootstrap: ['no-port'] }, (why) => troubles.push(why));
    expect(await thread.measure()).toBeNull();
    expect(await thread.measure()).toBeNull();
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain('no-port');
  });

  it('does arithmetic that no compiler can leave out', () => {
    const before = loopResidue();
    expect(cpuLoopMs()).toBeGreaterThan(1);
    expect(loopResidue()).not.toBe(before);
  });
});
