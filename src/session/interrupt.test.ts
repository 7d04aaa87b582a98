import { describe, expect, test, vi } from 'vitest';
import { listenForInterrupt } from './interrupt.js';

function listening() {
  const events: string[] = [];
  let signal = (): void => undefined;
  const interrupt = listenForInterrupt({
    answer: (by) => {
      signal = by;
      return () => void events.push('handed back');
    },
    end: () => void events.push('end'),
    onOverdue: () => void events.push('overdue'),
  });
  interrupt.signal.addEventListener('abort', () => events.push('first'));
  return { events, interrupt, send: () => signal() };
}

describe('the signals of a sweep', () => {
  test('abort the first time, end at once the second, and are handed back', () => {
    const { events, interrupt, send } = listening();
    send();
    expect(interrupt.signal.aborted).toBe(true);
    send();
    interrupt.release();
    expect(events).toEqual(['first', 'end', 'handed back']);
  });

  test('end the process 2 s after the first, and what a run under way may take', () => {
    vi.useFakeTimers();
    try {
      const { events, interrupt, send } = listening();
      const ended = interrupt.hold(5_000);
      send();
      vi.advanceTimersByTime(4_000);
      ended();
      vi.advanceTimersByTime(1_999);
      expect(events).toEqual(['first']);
      vi.advanceTimersByTime(1);
      expect(events).toEqual(['first', 'overdue', 'end']);
      interrupt.release();
    } finally {
      vi.useRealTimers();
    }
  });
});
