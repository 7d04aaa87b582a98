import { describe, expect, it } from 'vitest';
import { SecondThread } from './second-thread.js';

const EVERY = 0.08;

describe('the thread that a Java application has beside its sender', () => {
  it('looks in a drain as often as its period allows, and finds what was due', () => {
    const second = new SecondThread(EVERY, () => 0);
    let looks = 0;
    for (let i = 0; i < 1000; i++) {
      const lookedMs = 100 + i * 1.0007;
      second.looked(lookedMs);
      const sinceMs = lookedMs + 0.06;
      const lookMs = second.look(sinceMs, sinceMs + 0.04);
      if (lookMs === -Infinity) continue;
      looks++;
      expect(lookMs - lookedMs).toBeCloseTo(EVERY, 9);
    }
    expect(looks / 1000).toBeCloseTo(0.5, 1);
  });

  it('looks once a period in a long drain, never at what is due later than now', () => {
    const second = new SecondThread(EVERY, () => 0);
    second.looked(100);
    let looks = 0;
    let last = 100;
    for (let nowMs = 100.06; nowMs < 102; nowMs += 0.01) {
      const lookMs = second.look(100.06, nowMs);
      if (lookMs === -Infinity) continue;
      looks++;
      expect(lookMs).toBeLessThanOrEqual(nowMs);
      expect(lookMs).toBeGreaterThan(last);
      last = lookMs;
    }
    expect(looks).toBeGreaterThanOrEqual(24);
    expect(looks).toBeLessThanOrEqual(25);
  });

  it('gets less time where our codec takes longer than Java’s', () => {
    let lag = 5;
    const second = new SecondThread(EVERY, () => lag);
    second.looked(100);
    lag += 0.5;
    expect(second.dueBy(101)).toBe(100.5);
    const looks = (slower: number) => {
      let found = 0;
      for (let i = 0; i < 1000; i++) {
        const lookedMs = 200 + i * 1.0007;
        second.looked(lookedMs);
        lag += slower;
        if (second.look(lookedMs, lookedMs + 0.06) > 0) found++;
      }
      return found / 1000;
    };
    expect(looks(0)).toBeCloseTo(0.75, 1);
    expect(looks(0.04)).toBeCloseTo(0.25, 1);
  });

  it('is seen in the middle of a look: what it had no time to hand over is not there yet', () => {
    const second = new SecondThread(EVERY, () => 0);
    const most = new Set<number>();
    for (let i = 0; i < 2000; i++) {
      second.looked(100 + i);
      const sinceMs = 100.03 + i * 1.00013;
      if (second.look(sinceMs, sinceMs + 0.01) > 0) most.add(second.most);
    }
    expect(Math.min(...most)).toBe(1);
    expect(Math.max(...most)).toBe(9);
  });

  it('after a drain hands over one look’s share at least, else what is due now', () => {
    const second = new SecondThread(EVERY, () => 0);
    second.wasFreeUntil(100);
    second.looked(100);
    expect(second.caughtUp(100.3)).toBe(100.3);
    second.look(100.05, 100.051);
    expect(second.caughtUp(100.06)).toBe(100.06);
    expect(second.caughtUp(100.1)).toBeCloseTo(100.08, 9);
    const later = second.caughtUp(100.5);
    expect(later).toBeGreaterThan(100.4);
    expect(later).toBeLessThanOrEqual(100.5);
  });

  it('hands over everything at once where there is no sleep between its looks', () => {
    const second = new SecondThread(0, () => 0);
    second.looked(100);
    expect(second.look(100.2, 100.3)).toBe(100.3);
    expect(second.caughtUp(100.4)).toBe(100.4);
  });
});
