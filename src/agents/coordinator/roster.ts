// The agents that are there: lets in who holds the token, is of this version and has a name of its
// own, up to as many as were asked for; tells the others why not. Called by the coordinator with
// each connection; runs take their agents from here.
import { RunError, StoppedError } from '../../base/errors.js';
import { sameHost, type HostIdentity } from '../../base/process-identity.js';
import { FrameError } from '../protocol/frames.js';
import type { FramedLink } from '../protocol/framed-link.js';
import { PROTOCOL, readHello, type Hello, type ToAgent } from '../protocol/messages.js';
import { isProof, newNonce, proofOf } from '../protocol/proof.js';
import { Member, type MemberLimits } from './member.js';
import type { Outsiders } from './outsiders.js';

/** From the connection to a hello that holds. */
const HELLO_LIMIT_MS = 10_000;
/** An agent of a name that is there already: the other one has so long to show that it lives. */
const LIVES_MS = 2_000;
/** Connections that have not proved anything yet; more are closed at once. */
const MOST_UNPROVED = 2_000;

export interface RosterOptions extends MemberLimits {
  readonly token: string | null;
  /** Agents that are let in. */
  readonly most: number;
  readonly version: string;
  /** Set where the target is reached on this machine alone. */
  readonly onlyHost?: { readonly host: HostIdentity; readonly why: string };
  /** Milliseconds on the clock that starts are agreed on. */
  readonly now: () => number;
  /** One line each: who came, who was refused, who went. */
  readonly tell: (line: string) => void;
  /** Hears of who connects and is no agent. */
  readonly outsiders?: Outsiders;
  readonly helloLimitMs?: number;
}

interface Refusal {
  readonly message: string;
  readonly remedy?: string;
}

export class Roster {
  private readonly members = new Map<string, Member>();
  private readonly waiting = new Set<() => void>();
  /** The last refusal by name: an agent that does not come may be among them. */
  private readonly refusals = new Map<string, string>();
  /** Connections of which nobody knows yet who it is. */
  private unproved = 0;
  private closed = false;

  constructor(private readonly options: RosterOptions) {}

  get names(): readonly string[] {
    return [...this.members.keys()].sort(byNumber);
  }

  /** Never rejects: whoever is no agent of ours is closed. `from` is for what is told. */
  async greet(link: FramedLink, from: string): Promise<void> {
    if (this.closed || this.unproved >= MOST_UNPROVED) {
      link.close('too many connections');
      if (!this.closed) this.options.outsiders?.heard(from, 'it was one of too many');
      return;
    }
    this.unproved++;
    const nonce = newNonce();
    let member: Member | null = null;
    let ended: string | null = null;
    const hello = await new Promise<unknown>((resolve) => {
      const limitMs = this.options.helloLimitMs ?? HELLO_LIMIT_MS;
      const timer = setTimeout(() => resolve(null), limitMs);
      const settle = (value: unknown): void => {
        clearTimeout(timer);
        resolve(value);
      };
      link.listen({
        onMessage: (message) => (member === null ? settle(message) : member.take(message)),
        onEnd: (reason) => {
          ended = reason;
          settle(null);
          member?.drop(reason);
        },
      });
      link.send({ kind: 'challenge', nonce } satisfies ToAgent);
    });
    this.unproved--;
    const read = hello === null ? (ended ?? 'it said nothing') : readOrWhy(hello);
    if (typeof read === 'string') {
      link.close('it did not say who it is');
      if (!this.closed) this.options.outsiders?.heard(from, read);
      return;
    }
    const refusal = this.refusalOf(read, nonce) ?? (await this.makeRoom(read));
    if (refusal !== null) {
      this.refuse(link, read, refusal, from);
      return;
    }
    if (ended === null) member = this.admit(link, read, nonce, from);
  }

  /** Resolves with so many agents, by name; rejects once `limitMs` are over or the user stops. */
  async waitFor(count: number, limitMs: number, stop?: AbortSignal): Promise<readonly Member[]> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      if (stop?.aborted === true) throw new StoppedError('stopped: waiting for agents');
      if (this.members.size >= count) {
        return this.names.slice(0, count).map((name) => this.members.get(name)!);
      }
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) throw this.missing(count, limitMs);
      await this.change(leftMs, stop);
    }
  }

  /** Tells all agents that there is nothing more to do. */
  close(message: string): void {
    this.closed = true;
    this.options.outsiders?.close();
    for (const member of [...this.members.values()])
      member.drop('the sweep is over', { kind: 'goodbye', message });
  }

  private change(limitMs: number, stop?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        stop?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      this.waiting.add(done);
      stop?.addEventListener('abort', done, { once: true });
    });
  }

  private missing(count: number, limitMs: number): RunError {
    const { names } = this;
    const there = names.length === 0 ? 'none came' : `there: ${names.join(', ')}`;
    const strange = this.options.outsiders?.sum() ?? null;
    const others = [...this.refusals.values(), ...(strange === null ? [] : [strange])];
    const refused = others.map((line) => `; ${line}`).join('');
    return new RunError(
      `${count - names.length} of ${count} agents are missing after ${limitMs / 1000} s ` +
        `(${there})${refused}`,
      'start `kbench agent HOST:PORT` on each machine, see its own message there, ' +
        'or wait longer with --agent-wait',
    );
  }

  private refusalOf(hello: Hello, nonce: string): Refusal | null {
    const { token, version, onlyHost } = this.options;
    const nonces = { coordinator: nonce, agent: hello.nonce };
    if (token !== null && !isProof(hello.proof, proofOf(token, 'agent', nonces))) {
      const message = hello.proof === undefined ? 'it has no token' : 'its token is another';
      return { message, remedy: 'give it the token by --token-file or KBENCH_AGENT_TOKEN' };
    }
    if (hello.kbench !== version || hello.protocol !== PROTOCOL) {
      return {
        message:
          `it is kbench ${hello.kbench} (protocol ${hello.protocol}), ` +
          `the coordinator is ${version} (protocol ${PROTOCOL})`,
        remedy: 'install the same version on both',
      };
    }
    if (onlyHost !== undefined && !sameHost(hello.host, onlyHost.host)) {
      return {
        message: `it is on another machine (${hello.host.host}): ${onlyHost.why}`,
        remedy: 'run it on the coordinator’s machine, or use target.bootstrap',
      };
    }
    return null;
  }

  /** A name that is there already, or one too many. */
  private async makeRoom(hello: Hello): Promise<Refusal | null> {
    const { name, instance } = hello;
    const other = this.members.get(name);
    if (other !== undefined) {
      if (other.hello.instance === instance) other.drop('it connected anew');
      else if ((await other.ping(LIVES_MS)) !== null) {
        const { host } = other.hello.host;
        const message = `an agent named ${name} is here already (on ${host})`;
        return { message, remedy: 'give each a name of its own with --name' };
      } else other.drop('another agent of its name has taken its place');
    }
    if (this.members.size < this.options.most) return null;
    return {
      message: `${this.options.most} agents were asked for, and are here: ` + this.names.join(', '),
      remedy: 'ask for more with --agents, or leave it out',
    };
  }

  private refuse(link: FramedLink, { name }: Hello, refusal: Refusal, from: string): void {
    const line = `agent ${name} (${from}) was refused: ${refusal.message}`;
    if (this.refusals.size < MOST_REFUSALS) this.refusals.set(name, line);
    this.options.tell(line);
    link.close(refusal.message, { kind: 'refused', ...refusal } satisfies ToAgent);
  }

  private admit(link: FramedLink, hello: Hello, nonce: string, from: string): Member {
    const { token, now, silentMs, clockLimitMs, tell } = this.options;
    const nonces = { coordinator: nonce, agent: hello.nonce };
    const gone = (member: Member, reason: string): void => {
      if (this.members.get(member.name) === member) this.members.delete(member.name);
      if (!this.closed) tell(`agent ${member.name} is gone: ${reason}`);
      this.changed();
    };
    const member = new Member(hello, link, now, gone, { silentMs, clockLimitMs });
    link.trust();
    this.members.set(hello.name, member);
    this.refusals.delete(hello.name);
    const proof = token === null ? {} : { proof: proofOf(token, 'coordinator', nonces) };
    member.send({ kind: 'welcome', ...proof });
    const { size } = this.members;
    tell(`agent ${hello.name} is here (${from}, ${size} of ${this.options.most})`);
    this.changed();
    return member;
  }

  private changed(): void {
    for (const wake of [...this.waiting]) wake();
  }
}

const MOST_REFUSALS = 10;

function readOrWhy(message: unknown): Hello | string {
  try {
    return readHello(message);
  } catch (error) {
    if (error instanceof FrameError) return error.message;
    throw error;
  }
}

/** `a-2` before `a-10`: shares go by this order. */
const byNumber = new Intl.Collator('en', { numeric: true }).compare;
