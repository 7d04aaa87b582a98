// The relay in front of one broker: listens, ties each client to a connection of its own to the
// broker, and does to their bytes what it was told. Made by relay-thread.ts.
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExactTimer } from './exact-timer.js';
import { NO_EFFECT, type LinkEffect } from './link-effect.js';
import { Pipe, Throttle, type Direction } from './pipe.js';

/** A port that was given up for a while may be somebody's for a moment. */
const LISTEN_TRIES = 50;
const LISTEN_PAUSE_MS = 100;

interface Tie {
  readonly near: net.Socket;
  readonly far: net.Socket;
  readonly pipes: readonly Pipe[];
}

export class Link {
  private server: net.Server | null = null;
  private port = 0;
  private target: { readonly host: string; readonly port: number } | null = null;
  private effect = NO_EFFECT;
  private readonly ties = new Set<Tie>();
  private readonly requests = new Throttle();
  private readonly answers = new Throttle();

  constructor(
    private readonly host: string,
    private readonly timer: ExactTimer,
  ) {}

  /** Takes a free port the first time, and that one ever after. */
  async listen(): Promise<number> {
    if (this.server !== null) return this.port;
    for (let left = LISTEN_TRIES; ; left--) {
      try {
        this.server = await listening(this.host, this.port, (near) => this.accept(near));
        this.port = (this.server.address() as net.AddressInfo).port;
        return this.port;
      } catch (error) {
        if (left === 0 || this.port === 0) throw error;
        await sleep(LISTEN_PAUSE_MS);
      }
    }
  }

  aim(host: string, port: number): void {
    this.target = { host, port };
  }

  /** Resolves when it is in force. */
  async apply(effect: LinkEffect): Promise<void> {
    this.effect = effect;
    if (effect.bytesPerSecond === null) {
      this.requests.reset();
      this.answers.reset();
    }
    if (effect.reset) {
      const closing = this.refuse();
      for (const tie of [...this.ties]) this.reset(tie);
      await closing;
    } else await this.listen();
    for (const { pipes } of this.ties) for (const pipe of pipes) pipe.changed();
  }

  async close(): Promise<void> {
    const closing = this.refuse();
    for (const tie of [...this.ties]) this.reset(tie);
    await closing;
  }

  private refuse(): Promise<void> {
    const { server } = this;
    this.server = null;
    return new Promise((resolve) => (server === null ? resolve() : server.close(() => resolve())));
  }

  private accept(near: net.Socket): void {
    if (this.target === null || this.effect.reset) {
      near.resetAndDestroy();
      return;
    }
    const far = net.connect({ ...this.target, noDelay: true, allowHalfOpen: true });
    const { timer } = this;
    const tie: Tie = {
      near,
      far,
      pipes: [
        new Pipe(near, far, () => this.requestsNow, this.requests, timer),
        new Pipe(far, near, () => this.answersNow, this.answers, timer),
      ],
    };
    this.ties.add(tie);
    for (const socket of [near, far]) {
      socket.on('error', () => this.reset(tie));
      socket.on('close', () => {
        if (near.destroyed && far.destroyed) this.forget(tie);
      });
    }
  }

  private get requestsNow(): Direction {
    return { ...this.effect, blocked: this.effect.cut };
  }

  private get answersNow(): Direction {
    return { ...this.effect, blocked: this.effect.cut || this.effect.halfOpen };
  }

  /** One end broke off, or both are to. */
  private reset(tie: Tie): void {
    this.forget(tie);
    for (const socket of [tie.near, tie.far]) {
      // Not during its shutdown: that leaves a request that never ends, and the thread with it
      // (Node 20.20).
      if (socket.writableEnded) socket.destroy();
      else if (!socket.destroyed) socket.resetAndDestroy();
    }
  }

  private forget(tie: Tie): void {
    this.ties.delete(tie);
    for (const pipe of tie.pipes) pipe.close();
  }
}

function listening(
  host: string,
  port: number,
  accept: (near: net.Socket) => void,
): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer({ noDelay: true, allowHalfOpen: true }, accept);
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject);
      server.on('error', () => undefined); // of one connection that could not be taken
      resolve(server);
    });
  });
}
