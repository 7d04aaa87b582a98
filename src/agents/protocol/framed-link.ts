// One connection between coordinator and agent, as messages: frames in both directions over any
// duplex stream, TCP, TLS or in memory. It tells its end once, with the reason, and holds back no
// more than a bounded amount for a peer that does not read.
import type { Duplex } from 'node:stream';
import { FrameError, FrameReader, frameOf, MEMBER_BYTES } from './frames.js';

/** Written and not yet taken: a peer that reads nothing is no peer any more. */
const MAX_BACKLOG_BYTES = 4 * MEMBER_BYTES;

const LAST_WORDS_MS = 1_000;
const DRAINED_BYTES = 1024 * 1024;
const DRAIN_POLL_MS = 2;

export interface FramedLinkEvents {
  onMessage(message: unknown): void;
  /** Once; nothing comes after it. */
  onEnd(reason: string): void;
}

export class FramedLink {
  private readonly reader = new FrameReader();
  private events: FramedLinkEvents | null = null;
  private readonly early: unknown[] = [];
  private ended: string | null = null;

  constructor(private readonly stream: Duplex) {
    stream.on('data', (chunk: Buffer) => this.take(chunk));
    stream.on('error', (error: NodeJS.ErrnoException) => this.end(error.code ?? error.message));
    stream.on('end', () => this.end('the other side closed the connection'));
    stream.on('close', () => this.end('the connection was closed'));
  }

  /** From now on `events` hears what comes, and what has come already. */
  listen(events: FramedLinkEvents): void {
    this.events = events;
    for (const message of this.early.splice(0)) this.hand(message);
    if (this.ended !== null) events.onEnd(this.ended);
  }

  /** Who is there has proved it. */
  trust(): void {
    this.reader.trust();
  }

  /** What cannot be sent any more is left out: `onEnd` tells. */
  send(message: unknown): void {
    if (this.ended !== null || !this.stream.writable) return;
    this.stream.write(frameOf(message));
    if (this.stream.writableLength > MAX_BACKLOG_BYTES) this.close('it reads nothing any more');
  }

  /** Resolves once little is left to be taken by the other side, or it is over. */
  async drained(): Promise<void> {
    while (this.ended === null && this.stream.writableLength > DRAINED_BYTES)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
  }

  /** `last` is still sent, if the other side takes it. */
  close(reason: string, last?: unknown): void {
    if (this.ended !== null) return;
    if (last === undefined) this.stream.destroy();
    else {
      this.stream.end(frameOf(last));
      // One that does not read must not keep the process.
      setTimeout(() => this.stream.destroy(), LAST_WORDS_MS).unref();
    }
    this.end(reason);
  }

  private take(chunk: Buffer): void {
    if (this.ended !== null) return;
    this.reader.add(chunk);
    try {
      for (;;) {
        const next = this.reader.next();
        if (next === null) return;
        this.hand(next.message);
        if (this.isOver()) return;
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.close(error.message);
    }
  }

  /** Apart, as a message's listener may have closed it. */
  private isOver(): boolean {
    return this.ended !== null;
  }

  private hand(message: unknown): void {
    if (this.events === null) this.early.push(message);
    else this.events.onMessage(message);
  }

  private end(reason: string): void {
    if (this.ended !== null) return;
    this.ended = reason;
    this.events?.onEnd(reason);
  }
}
