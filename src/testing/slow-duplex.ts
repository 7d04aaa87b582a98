// Two ends of a connection in memory, each way with its delay, that can be cut without a word: for
// tests of what happens when machines are far, or gone. Test-only.
import { Duplex } from 'node:stream';

export interface SlowPair {
  readonly near: Duplex;
  readonly far: Duplex;
  /** Nothing arrives any more, on either side, and nobody is told: half-open. */
  cut(): void;
}

class End extends Duplex {
  peer: End | null = null;

  constructor(
    private readonly delayMs: () => number,
    private readonly isCut: () => boolean,
  ) {
    super();
  }

  override _read(): void {
    // pushed as it comes
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.later(() => this.peer?.push(chunk));
    done();
  }

  override _final(done: () => void): void {
    this.later(() => this.peer?.push(null));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.later(() => this.peer?.destroy());
    done(error);
  }

  private dueMs = 0;

  /** In order, whatever each one's delay. */
  private later(what: () => void): void {
    const delayMs = this.delayMs();
    const now = performance.now();
    this.dueMs = Math.max(this.dueMs, now + delayMs);
    const act = (): void => {
      if (!this.isCut() && this.peer?.destroyed === false) what();
    };
    if (delayMs === 0) setImmediate(act);
    else setTimeout(act, this.dueMs - now);
  }
}

/** `delayMs`: of each write, one way. */
export function slowPair(delayMs: () => number = () => 0): SlowPair {
  let cut = false;
  const isCut = (): boolean => cut;
  const [near, far] = [new End(delayMs, isCut), new End(delayMs, isCut)];
  near.peer = far;
  far.peer = near;
  return { near, far, cut: () => (cut = true) };
}
