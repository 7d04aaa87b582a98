// An agent that has proved who it is, as the coordinator sees it: its connection, its clock, and
// whether it still answers. Made by the roster; a run attaches itself for as long as it is under
// way.
import { printable } from '../../base/printable.js';
import { readClock, type ClockReading, type Ping } from '../protocol/clock-offset.js';
import { FrameError } from '../protocol/frames.js';
import type { FramedLink } from '../protocol/framed-link.js';
import { readFromAgent, type FromAgent, type Hello, type ToAgent } from '../protocol/messages.js';

const PING_EVERY_MS = 1_000;
/** Nothing was heard for so long: it is gone, or paused for longer than a run can stand. */
const SILENT_MS = 6_000;
/** Of which the one with the least round trip counts. */
const CLOCK_PINGS = 8;
const CLOCK_LIMIT_MS = 3_000;
/** Of why an agent goes. */
const MOST_CHARACTERS = 300;

/** What an agent says of a run. */
export type OfRun = Exclude<FromAgent, { kind: 'pong' | 'leaving' }>;

export interface MemberListener {
  onMessage(message: OfRun): void;
  /** Once; nothing comes after it. */
  onGone(reason: string): void;
}

/** Others in tests. */
export interface MemberLimits {
  readonly silentMs?: number | undefined;
  /** What it may take to tell its clock. */
  readonly clockLimitMs?: number | undefined;
}

interface Waiting {
  readonly sentMs: number;
  readonly answered: (ping: Ping) => void;
}

export class Member {
  readonly name: string;
  private listener: MemberListener | null = null;
  private heardMs: number;
  private nextId = 0;
  private readonly pings = new Map<number, Waiting>();
  private gone: string | null = null;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly silentMs: number;
  private readonly clockLimitMs: number;

  constructor(
    readonly hello: Hello,
    private readonly link: FramedLink,
    private readonly now: () => number,
    private readonly onGone: (member: Member, reason: string) => void,
    { silentMs = SILENT_MS, clockLimitMs = CLOCK_LIMIT_MS }: MemberLimits = {},
  ) {
    this.silentMs = silentMs;
    this.clockLimitMs = clockLimitMs;
    this.name = hello.name;
    this.heardMs = performance.now();
    const everyMs = Math.min(PING_EVERY_MS, silentMs / 3);
    this.heartbeat = setInterval(() => this.beat(), everyMs);
  }

  /** What the link hears once the agent is welcome. */
  take(message: unknown): void {
    if (this.gone !== null) return;
    this.heardMs = performance.now();
    try {
      const read = readFromAgent(message);
      if (read.kind === 'pong') this.pong(read.id, read.atMs);
      else if (read.kind === 'leaving') this.drop(printable(read.reason, MOST_CHARACTERS));
      else this.listener?.onMessage(read);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.drop(error.message);
    }
  }

  /** The connection has ended, or is ended now. */
  drop(reason: string, last?: ToAgent): void {
    if (this.gone !== null) return;
    this.gone = reason;
    clearInterval(this.heartbeat);
    this.pings.clear();
    this.link.close(reason, last);
    this.onGone(this, reason);
    this.listener?.onGone(reason);
  }

  send(message: ToAgent): void {
    this.link.send(message);
  }

  /** One listener at a time; gives what takes it away. */
  attach(listener: MemberListener): () => void {
    this.listener = listener;
    if (this.gone !== null) listener.onGone(this.gone);
    return () => {
      if (this.listener === listener) this.listener = null;
    };
  }

  /** Its clock now; null where it does not answer in time. */
  async readClock(): Promise<ClockReading | null> {
    const limitMs = performance.now() + this.clockLimitMs;
    const pings: Ping[] = [];
    while (pings.length < CLOCK_PINGS) {
      const ping = await this.ping(limitMs - performance.now());
      if (ping === null) break;
      pings.push(ping);
    }
    return readClock(pings);
  }

  /** Null where there is no answer within `limitMs`. */
  ping(limitMs: number): Promise<Ping | null> {
    if (this.gone !== null || limitMs <= 0) return Promise.resolve(null);
    return new Promise((resolve) => {
      const id = this.nextId++;
      const timer = setTimeout(() => {
        this.pings.delete(id);
        resolve(null);
      }, limitMs);
      const answered = (ping: Ping): void => {
        clearTimeout(timer);
        resolve(ping);
      };
      this.pings.set(id, { sentMs: this.now(), answered });
      this.send({ kind: 'ping', id });
    });
  }

  private pong(id: number, agentMs: number): void {
    const waiting = this.pings.get(id);
    if (waiting === undefined) return;
    this.pings.delete(id);
    waiting.answered({ sentMs: waiting.sentMs, receivedMs: this.now(), agentMs });
  }

  private beat(): void {
    const silentMs = performance.now() - this.heardMs;
    if (silentMs > this.silentMs) {
      this.drop(`it did not answer for ${Math.round(silentMs / 100) / 10} s`);
      return;
    }
    this.send({ kind: 'ping', id: this.nextId++ });
  }
}
