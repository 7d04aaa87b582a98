// Keeps an OAUTHBEARER token fresh, by the rules of Java's ExpiringCredentialRefreshingLogin: one
// login before the first connection, then one ahead of each expiry. Made by security.ts; its timer
// ends with close(). A login that fails later is tried again; connections go on with the token
// there is.
import type { Clock, TimerHandle } from '../../../base/clock.js';
import type { OAuthToken, TokenSource } from './oauth-token.js';
import { SaslError } from '../sasl/sasl-exchange.js';

export interface RefreshRules {
  /** sasl.login.refresh.*, of the token's lifetime: 0.5 to 1, and 0 to 0.25. */
  readonly windowFactor: number;
  readonly windowJitter: number;
  readonly minPeriodSeconds: number;
  readonly bufferSeconds: number;
}

/** Java's wait after a login that failed, or while the token has expired. */
const RETRY_MS = 10_000;
/** setTimeout takes no more. */
const MAX_TIMER_MS = 2_147_483_647;

export class OAuthLogin {
  private current: OAuthToken | null = null;
  private timer: TimerHandle | null = null;
  /** Why the last renewal failed; null where it did not. */
  private failure: string | null = null;
  private readonly closing = new AbortController();

  constructor(
    private readonly source: TokenSource,
    private readonly rules: RefreshRules,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** The first login. Rejects with SaslError. */
  async login(): Promise<void> {
    this.current = await this.source(this.closing.signal);
    // Java starts no refresh of a token that has expired already: the clocks differ.
    if (this.clock.epoch() <= this.current.expiresMs) this.schedule();
  }

  /**
   * The newest token; null before the first login. Throws SaslError where it has ended and no other
   * could be had.
   */
  get token(): OAuthToken | null {
    if (
      this.current !== null &&
      this.failure !== null &&
      this.clock.epoch() > this.current.expiresMs
    )
      throw new SaslError(`the token has expired, and no new one could be had: ${this.failure}`);
    return this.current;
  }

  /** Breaks off a login that is under way, too. */
  close(): void {
    this.closing.abort();
    this.timer?.cancel();
  }

  private schedule(): void {
    if (this.closing.signal.aborted || this.current === null) return;
    const nowMs = this.clock.epoch();
    this.refreshIn(refreshTimeMs(this.current, nowMs, this.rules, this.random) - nowMs);
  }

  private refreshIn(delayMs: number): void {
    if (delayMs > MAX_TIMER_MS)
      this.timer = this.clock.schedule(MAX_TIMER_MS, () => this.schedule());
    else this.timer = this.clock.schedule(Math.max(0, delayMs), () => void this.refresh());
  }

  private async refresh(): Promise<void> {
    try {
      this.current = await this.source(this.closing.signal);
      this.failure = null;
      this.schedule();
    } catch (error) {
      // Told by the connections' own errors, should the old token expire before there is another.
      this.failure = error instanceof SaslError ? error.message : 'its source failed';
      if (!this.closing.signal.aborted) this.refreshIn(RETRY_MS);
    }
  }
}

/** Wall-clock time of the next login: ExpiringCredentialRefreshingLogin.refreshMs. */
export function refreshTimeMs(
  { expiresMs, issuedMs }: OAuthToken,
  nowMs: number,
  rules: RefreshRules,
  random: () => number,
): number {
  if (nowMs > expiresMs) return nowMs + RETRY_MS;
  const share = rules.windowFactor + rules.windowJitter * random();
  const minPeriodMs = rules.minPeriodSeconds * 1000;
  const bufferMs = rules.bufferSeconds * 1000;
  // A short life has no room for the two.
  if (nowMs + minPeriodMs + bufferMs > expiresMs)
    return nowMs + Math.trunc((expiresMs - nowMs) * share);
  const startMs = issuedMs ?? nowMs;
  const proposedMs = startMs + Math.trunc((expiresMs - startMs) * share);
  if (proposedMs > expiresMs - bufferMs) return expiresMs - bufferMs;
  return Math.max(proposedMs, nowMs + minPeriodMs);
}
