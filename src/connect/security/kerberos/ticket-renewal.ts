// When the ticket of a ticket cache is renewed, and by what: `kinit -R`, as Java's KerberosLogin
// does. Made by kerberos-login for caches in files; ends with close(). Tickets from a keytab are
// not its affair: the Kerberos library gets new ones by itself.
import type { Clock, TimerHandle } from '../../../base/clock.js';
import { runProgram } from '../oauth/run-program.js';
import { readTicketCache, type Ticket } from './ticket-cache.js';

export interface RenewalRules {
  /** sasl.kerberos.ticket.renew.*: of the ticket's life. */
  readonly windowFactor: number;
  readonly windowJitter: number;
  /** sasl.kerberos.min.time.before.relogin. */
  readonly minMs: number;
  /** sasl.kerberos.kinit.cmd. */
  readonly kinit: string;
}

const KINIT_LIMIT_MS = 30_000;
/** Java's wait before it tries once more. */
const RETRY_MS = 10_000;
/** setTimeout takes no more. */
const MAX_TIMER_MS = 2_147_483_647;

export class TicketRenewal {
  private timer: TimerHandle | null = null;
  private readonly closing = new AbortController();

  constructor(
    /** Of the cache: its file, and its name for kinit. */
    private readonly cache: { readonly file: string; readonly name: string },
    private readonly rules: RenewalRules,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  async start(): Promise<void> {
    this.plan(await this.read());
  }

  close(): void {
    this.closing.abort();
    this.timer?.cancel();
  }

  private plan(ticket: Ticket | null): void {
    const atMs =
      ticket === null ? null : renewalTimeMs(ticket, this.clock.epoch(), this.rules, this.random);
    if (ticket !== null && atMs !== null) this.wait(atMs, ticket.endMs);
  }

  private wait(atMs: number, endMs: number): void {
    if (this.closing.signal.aborted) return;
    const ms = atMs - this.clock.epoch();
    const far = ms > MAX_TIMER_MS;
    this.timer = this.clock.schedule(far ? MAX_TIMER_MS : Math.max(0, ms), () => {
      if (far) this.wait(atMs, endMs);
      else void this.renew(endMs, true);
    });
  }

  private async renew(endMs: number, again: boolean): Promise<void> {
    // Another worker may have done so.
    let ticket = await this.read();
    if (ticket === null || ticket.endMs <= endMs) {
      const env = { KRB5CCNAME: this.cache.name };
      const run = {
        program: this.rules.kinit,
        args: ['-R'],
        folder: null,
        limitMs: KINIT_LIMIT_MS,
        env,
      };
      const { failure } = await runProgram({ ...run, signal: this.closing.signal });
      if (this.closing.signal.aborted) return;
      ticket = await this.read();
      if (failure !== null || ticket === null || ticket.endMs <= endMs) {
        // The old ticket serves until it ends; then the connections' own errors tell.
        if (again) this.timer = this.clock.schedule(RETRY_MS, () => void this.renew(endMs, false));
        return;
      }
    }
    this.plan(ticket);
  }

  private async read(): Promise<Ticket | null> {
    try {
      return (await readTicketCache(this.cache.file)).ticket;
    } catch {
      return null; // being written, or gone
    }
  }
}

/**
 * Wall-clock time of the next renewal, by the rules of KerberosLogin's refresh thread (which gives
 * up a ticket that ends within minMs; here it is renewed at once). Null: none would help.
 */
export function renewalTimeMs(
  { startMs, endMs, renewTillMs }: Ticket,
  nowMs: number,
  rules: Pick<RenewalRules, 'windowFactor' | 'windowJitter' | 'minMs'>,
  random: () => number,
): number | null {
  // The ticket has ended, or would not live any longer for being renewed.
  if (nowMs > endMs || renewTillMs === null || renewTillMs <= endMs) return null;
  const share = rules.windowFactor + rules.windowJitter * random();
  const proposedMs = startMs + Math.trunc((endMs - startMs) * share);
  if (proposedMs > endMs || rules.minMs > endMs - nowMs) return nowMs;
  return Math.max(proposedMs, nowMs + rules.minMs);
}
