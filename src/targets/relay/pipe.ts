// One direction of one connection through a relay: takes bytes in, hands them on when they are due,
// in order. Where nothing is done to them they pass at once. Made by link.ts, which tells it what
// is to be done; it never decides about connections.
import type { Socket } from 'node:net';
import type { Due, ExactTimer } from './exact-timer.js';

/** What is under way in one direction of a link; shared by its connections. */
export interface Direction {
  readonly delayMs: number;
  readonly jitterMs: number;
  readonly bytesPerSecond: number | null;
  /** No byte passes; what is under way waits. */
  readonly blocked: boolean;
}

/** Of a link with a limit: until when it is busy with what was sent before. */
export class Throttle {
  private freeMs = 0;

  /** When `bytes` have passed that came at `nowMs`. */
  pass(bytes: number, bytesPerSecond: number, nowMs: number): number {
    this.freeMs = Math.max(this.freeMs, nowMs) + (bytes / bytesPerSecond) * 1000;
    return this.freeMs;
  }

  reset(): void {
    this.freeMs = 0;
  }
}

interface Piece {
  readonly dueMs: number;
  /** Null: the end of the stream. */
  readonly bytes: Buffer | null;
}

/** Under a limit bytes pass in pieces of this size, as packets would. */
const PIECE_BYTES = 16 * 1024;
/** Of one connection and direction; then its sender waits, as with a full window. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const MAX_THROTTLED_BYTES = 256 * 1024;

export class Pipe implements Due {
  private readonly pieces: Piece[] = [];
  private waitingBytes = 0;
  private lastDueMs = 0;
  private held = false;
  private closed = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly direction: () => Direction,
    private readonly throttle: Throttle,
    private readonly timer: ExactTimer,
  ) {
    from.on('data', (bytes: Buffer) => this.take(bytes));
    from.on('end', () => this.push(null, performance.now()));
    to.on('drain', () => this.breathe());
    this.breathe();
  }

  get dueMs(): number {
    return this.pieces.length === 0 || this.direction().blocked ? Infinity : this.pieces[0].dueMs;
  }

  run(nowMs: number): void {
    while (this.dueMs <= nowMs) this.pass(this.pieces.shift()!.bytes);
    this.breathe();
  }

  /** What is done to the bytes has changed. What is under way is late by no more than that. */
  changed(): void {
    if (this.closed) return;
    const { delayMs, jitterMs, bytesPerSecond } = this.direction();
    if (bytesPerSecond === null) {
      const latestMs = performance.now() + delayMs + jitterMs;
      this.lastDueMs = Math.min(this.lastDueMs, latestMs);
      for (const [at, piece] of this.pieces.entries()) {
        if (piece.dueMs > latestMs) this.pieces[at] = { ...piece, dueMs: latestMs };
      }
    }
    if (this.pieces.length > 0) this.timer.add(this);
    this.breathe();
  }

  close(): void {
    this.closed = true;
    this.pieces.length = 0;
    this.waitingBytes = 0;
    this.timer.remove(this);
  }

  private take(bytes: Buffer): void {
    if (this.closed) return;
    const { delayMs, jitterMs, bytesPerSecond, blocked } = this.direction();
    const now = performance.now();
    if (delayMs === 0 && jitterMs === 0 && bytesPerSecond === null && !blocked) {
      if (this.pieces.length === 0) this.pass(bytes);
      else this.push(bytes, now);
    } else if (bytesPerSecond === null) {
      this.push(bytes, now);
    } else {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        const piece = bytes.subarray(at, at + PIECE_BYTES);
        this.push(piece, this.throttle.pass(piece.length, bytesPerSecond, now));
      }
    }
    this.breathe();
  }

  /** Under way from `fromMs` on. */
  private push(bytes: Buffer | null, fromMs: number): void {
    if (this.closed) return;
    const { delayMs, jitterMs } = this.direction();
    const jitter = jitterMs === 0 ? 0 : (2 * Math.random() - 1) * jitterMs;
    this.lastDueMs = Math.max(this.lastDueMs, fromMs + delayMs + jitter);
    this.pieces.push({ dueMs: this.lastDueMs, bytes });
    this.waitingBytes += bytes?.length ?? 0;
    if (bytes === null && this.dueMs <= fromMs) this.run(fromMs);
    else this.timer.add(this);
  }

  private pass(bytes: Buffer | null): void {
    if (bytes === null) {
      this.to.end();
      return;
    }
    this.waitingBytes = Math.max(0, this.waitingBytes - bytes.length);
    this.to.write(bytes);
  }

  /** Reads on, or does not, as there is room for more. */
  private breathe(): void {
    const { blocked, bytesPerSecond, delayMs } = this.direction();
    const room =
      bytesPerSecond === null
        ? MAX_WAITING_BYTES
        : MAX_THROTTLED_BYTES + (bytesPerSecond * delayMs) / 1000;
    const hold = blocked || this.waitingBytes >= room || this.to.writableNeedDrain;
    if (hold === this.held) return;
    this.held = hold;
    if (hold) this.from.pause();
    else this.from.resume();
  }
}
