// One member of a consumer group, in a process of its own: started, asked for its clock, stopped or
// killed. Knows nothing of Kafka nor of what is measured. Made by group-consumer.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { MemberProgram } from '../../../contract/run-spec.js';
import { FrameParser, type FrameVisitor, type MemberEvent } from './member-frames.js';
import type { MemberOrder } from './member-frames.js';

export interface MemberListener extends Omit<FrameVisitor, 'onRubbish'> {
  /** It ended by itself; its last words, as far as there are any. */
  onDeath(why: string): void;
}

const PINGS = 8;
const STOP_MS = 5000;
/** A JVM compiles its source first, on a machine that is busy. */
const ANSWER_MS = 75_000;
const MAX_WORDS = 2000;

/** What a member's clock lacks of this process's, and how far that may be wrong. */
export interface MemberClock {
  readonly offsetMs: number;
  readonly errorMs: number;
}

/** Of this process's environment, which may hold secrets. */
const INHERITED = ['PATH', 'HOME', 'JAVA_HOME', 'TMPDIR', 'LANG'];

const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

export class GroupMember {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly ended: Promise<void>;
  private words = '';
  /** Its end was asked for. */
  private ending = false;
  private answered: (clockMs: number) => void = () => undefined;

  constructor(
    { command, args }: MemberProgram,
    order: MemberOrder,
    private readonly listener: MemberListener,
  ) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environment() });
    const parser = new FrameParser({
      onEvent: (event) => this.heard(event),
      onRecords: (head, bytes, at, count) => listener.onRecords(head, bytes, at, count),
      onRubbish: () => this.die('it wrote what is no frame'),
    });
    this.child.stdout.on('data', (piece: Buffer) => parser.push(piece));
    this.child.stderr.on('data', (piece: Buffer) => {
      this.words = (this.words + piece.toString()).slice(-MAX_WORDS);
    });
    this.child.stdin.on('error', () => undefined); // told by its end
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => {
        this.die(error.message);
        resolve();
      });
      this.child.on('exit', (code, signal) => {
        this.die(`it ended with ${signal ?? `code ${code ?? 0}`}`);
        resolve();
      });
    });
    this.child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  /** Into its group; until then it is ready and has no connection. */
  join(): void {
    this.child.stdin.write('join\n');
  }

  /** By the quickest of a few questions. `now`: of this process, in ms. */
  async clock(now: () => number): Promise<MemberClock> {
    let best: MemberClock = { offsetMs: 0, errorMs: Infinity };
    // One that hangs would keep the run waiting for ever.
    const timer = setTimeout(
      () => this.die(`it did not answer within ${ANSWER_MS / 1000} s`),
      ANSWER_MS,
    );
    for (let nonce = 0; nonce < PINGS; nonce++) {
      const before = now();
      const told = new Promise<number>((resolve) => (this.answered = resolve));
      this.child.stdin.write(`ping ${nonce}\n`);
      const clockMs = await Promise.race([told, this.ended.then(() => null)]);
      if (clockMs === null) break; // told by its death, or asked for
      const after = now();
      const errorMs = (after - before) / 2;
      if (errorMs < best.errorMs) best = { offsetMs: (before + after) / 2 - clockMs, errorMs };
    }
    clearTimeout(timer);
    if (best.errorMs === Infinity) return { offsetMs: 0, errorMs: 0 };
    // One machine, one monotonic clock: what lies within the error is none.
    return Math.abs(best.offsetMs) <= best.errorMs ? { ...best, offsetMs: 0 } : best;
  }

  /** It leaves its group, and is killed where that takes too long. */
  async stop(): Promise<void> {
    this.ending = true;
    this.child.stdin.write('stop\n');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    this.ending = true;
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private heard(event: MemberEvent): void {
    if (event.event === 'pong') this.answered(event.clockMs);
    else if (event.event === 'failed') this.die(event.message);
    else this.listener.onEvent(event);
  }

  private die(why: string): void {
    if (this.ending) return;
    this.ending = true;
    this.child.kill('SIGKILL');
    const words = this.words.trim();
    this.listener.onDeath(words === '' ? why : `${why}: ${words}`);
  }
}
