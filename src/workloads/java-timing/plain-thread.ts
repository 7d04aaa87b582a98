// `workload.timing: none`: one thread appends what is due and sends it, and nothing is told of
// another. What falls due while it sends waits, and linger.ms counts from the append.
import type { ApplicationThread } from './application-thread.js';

export class PlainThread implements ApplicationThread {
  readonly most = 0;

  senderFirst(): boolean {
    return false;
  }

  caughtUp(nowMs: number): number {
    return nowMs;
  }

  looked(): void {}

  dueBy(nowMs: number): number {
    return nowMs;
  }

  handedOverMs(_intendedMs: number, nowMs: number): number {
    return nowMs;
  }

  wasFreeUntil(): void {}

  look(): number {
    return -Infinity;
  }
}
