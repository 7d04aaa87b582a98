// What a user's module that gives OAuth tokens is. Types only.

/**
 * Gives OAuth tokens: a module that `sasl.login.callback.handler.class` names. A function stands
 * for `token`.
 */
export interface TokenProvider {
  /**
   * Called before the first connection, and again before the token ends. Must answer within 30 s;
   * `signal` says when nobody waits any more. Text is a JWT that tells its end itself.
   */
  token(request: TokenRequest): GivenToken | string | Promise<GivenToken | string>;
  close?(): void;
}

export interface TokenRequest {
  /** The producer's TLS and SASL settings, with the secrets in them. */
  readonly settings: Readonly<Record<string, string>>;
  /** Of the login module in sasl.jaas.config. */
  readonly options: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface GivenToken {
  readonly token: string;
  /**
   * When it ends: ms since 1970, as Java's OAuthBearerToken has it; a number too small for a date
   * is ms from now.
   */
  readonly lifetimeMs?: number;
  /** The same as OAuth 2.0's token endpoints say it: seconds from now. */
  readonly expires_in?: number;
  /** The same as a date, or as text (ISO 8601). */
  readonly expires?: Date | string | number;
  /** For reading alone: the broker takes it from the token. */
  readonly principal?: string;
  /** Sent along (KIP-342). */
  readonly extensions?: Readonly<Record<string, string>>;
}
