// The step between connect and ready: SASL where it is configured, then ApiVersions; and SASL anew
// on the same connection before the session that the broker granted ends (KIP-368). Owned by a
// Connection, which lends it its FIFO; knows what the broker can do. Requests and their order are
// those of org.apache.kafka.common.security.authenticator.SaslClientAuthenticator and of
// NetworkClient behind it.
import {
  apiVersionsRequest,
  apiVersionsResponse,
  saslAuthenticateRequest,
  saslAuthenticateResponse,
  type SaslAuthenticateResponse,
  saslHandshakeRequest,
  saslHandshakeResponse,
} from '../wire/apis/index.js';
import {
  type Decoded,
  decodeResponse,
  type Message,
  WireError,
  type WireReader,
} from '../wire/index.js';
import type { Clock } from '../base/clock.js';
import { AuthenticationError, brokerError, type ProducerError } from './broker-errors.js';
import { ERROR, errorCodeFrom, errorRow, type ErrorCode } from '../wire/error-codes.js';
import { withoutSecrets } from './security/secrets/secret-keeper.js';
import { SaslError, type SaslExchange, type SaslMechanism } from './security/sasl/sasl-exchange.js';
import type { ApiKey } from '../wire/api-keys.js';

/** What a Connection lends to its handshake. */
export interface HandshakeLink {
  /** `host:port`, for messages. */
  address(): string;
  /** Differs from one attempt to connect to the next. */
  attempt(): number;
  /** Sends one request as the last of the FIFO, within request.timeout.ms. */
  ask<Q>(
    request: Message<Q>,
    version: number,
    body: Q,
    answered: (reader: WireReader) => void,
  ): void;
  enter(state: 'negotiating' | 'authenticating'): void;
  /** Requests may flow, for the first time or again. */
  done(throttleMs: number): void;
  fail(error: ProducerError): void;
}

export interface HandshakeContext {
  readonly clock: Clock;
  readonly random: () => number;
  /** Null without SASL. */
  readonly sasl: () => SaslMechanism | null;
  /**
   * Which node of which cluster it should be, for the broker to check (KIP-1242); null: not known,
   * or not to be told. Left out: never.
   */
  readonly expected?: () => { readonly clusterId: string; readonly nodeId: number } | null;
}

/** Before this version of ApiVersions the broker itself holds a throttled client back. */
const CLIENT_THROTTLES_FROM = 2;
const CLIENT_SOFTWARE_NAME = 'kbench';
const CLIENT_SOFTWARE_VERSION = '0.1.0';
/**
 * A session is renewed after so much of its life, at random so that not all connections do it at
 * once.
 */
const RENEW_AFTER_SHARE = 0.85;
const RENEW_JITTER_SHARE = 0.1;

export class Handshake {
  /**
   * Features that the cluster has finalized (KIP-584), by name: the highest version level. Of the
   * epoch below; -1n: not told.
   */
  readonly features = new Map<string, number>();
  featuresEpoch = -1n;
  /** Clock time from which on nothing may be sent but a new authentication; Infinity: never. */
  renewAtMs = Infinity;
  private readonly versions = new Map<number, readonly [low: number, high: number]>();
  /** Not the connection's first authentication. */
  private renewing = false;
  /**
   * Of SaslHandshake and SaslAuthenticate, as told before the first authentication; -1: the broker
   * has none.
   */
  private saslVersions: readonly [handshake: number, authenticate: number] = [-1, -1];

  constructor(
    private readonly link: HandshakeLink,
    private readonly context: HandshakeContext,
  ) {}

  /** The socket is connected. */
  begin(): void {
    this.renewAtMs = Infinity;
    this.renewing = false;
    const sasl = this.context.sasl();
    if (sasl === null) {
      this.negotiate(apiVersionsRequest.versions[1]);
      return;
    }
    this.link.enter('authenticating');
    // Version 0, since brokers take a request that they cannot read for a Kerberos token. It tells
    // SASL's versions alone; features come later.
    this.link.ask(apiVersionsRequest, 0, {}, (reader) => {
      if (this.readApiVersions(reader, 0) === null) return;
      const [, latest] = saslHandshakeRequest.versions;
      this.saslVersions = [
        this.versionOf(saslHandshakeRequest.api, latest, latest),
        this.versionOf(saslAuthenticateRequest.api, ...saslAuthenticateRequest.versions),
      ];
      this.authenticate(sasl, () => this.negotiate(apiVersionsRequest.versions[1]));
    });
  }

  /** Authenticates anew; the answers of requests that are outstanding come before. */
  renew(): void {
    const sasl = this.context.sasl();
    if (sasl === null) throw new Error('a session without SASL is not renewed');
    this.renewAtMs = Infinity;
    this.renewing = true;
    this.link.enter('authenticating');
    this.authenticate(sasl, () => this.link.done(0));
  }

  /** The versions of an API that the broker has; undefined: it does not have it. */
  rangeOf(api: ApiKey): readonly [low: number, high: number] | undefined {
    return this.versions.get(api);
  }

  /** The highest version of an API that both sides have, or -1. */
  versionOf(api: ApiKey, low: number, high: number): number {
    const theirs = this.versions.get(api);
    if (theirs === undefined) return -1;
    const version = Math.min(high, theirs[1]);
    return version >= Math.max(low, theirs[0]) ? version : -1;
  }

  private negotiate(version: number): void {
    this.link.enter('negotiating');
    const body = {
      clientSoftwareName: CLIENT_SOFTWARE_NAME,
      clientSoftwareVersion: CLIENT_SOFTWARE_VERSION,
      ...this.context.expected?.(),
    };
    this.link.ask(apiVersionsRequest, version, body, (reader) => {
      const throttleMs = this.readApiVersions(reader, version);
      if (throttleMs !== null) this.link.done(version >= CLIENT_THROTTLES_FROM ? throttleMs : 0);
    });
  }

  /**
   * The throttle time; null where this was not the last word: an older version is asked for, or the
   * connection has failed.
   */
  private readApiVersions(reader: WireReader, version: number): number | null {
    if (reader.remaining < 2) throw new WireError('answered ApiVersions with an empty message');
    const errorCode = errorCodeFrom(reader.buffer.readInt16BE(reader.position));
    if (errorCode === ERROR.UNSUPPORTED_VERSION && version > 0) {
      this.negotiate(Math.max(0, Math.min(offeredApiVersions(reader), version - 1)));
      return null;
    }
    const answer = decodeResponse(apiVersionsResponse, version, reader);
    if (errorCode !== ERROR.NONE) {
      this.link.fail(brokerError(errorCode, this.link.address()));
      return null;
    }
    this.versions.clear();
    for (const { apiKey, minVersion, maxVersion } of answer.apiKeys)
      this.versions.set(apiKey, [minVersion, maxVersion]);
    this.features.clear();
    for (const { name, maxVersionLevel } of answer.finalizedFeatures)
      this.features.set(name, maxVersionLevel);
    this.featuresEpoch = answer.finalizedFeaturesEpoch;
    return answer.throttleTimeMs;
  }

  private authenticate(sasl: SaslMechanism, done: () => void): void {
    const [version, authenticateVersion] = this.saslVersions;
    if (version < 0 || authenticateVersion < 0) {
      this.refuse(
        'UNSUPPORTED_VERSION',
        'the broker has no SaslAuthenticate request (it is older than 1.0)',
      );
      return;
    }
    this.link.ask(saslHandshakeRequest, version, { mechanism: sasl.name }, (reader) => {
      const { errorCode, mechanisms } = decodeResponse(saslHandshakeResponse, version, reader);
      if (errorCode === ERROR.NONE)
        this.exchange(sasl.begin(hostOf(this.link.address())), null, authenticateVersion, 0, done);
      else
        this.refuse(
          errorRow(errorCode).name,
          whyNoMechanism(errorCode, sasl.name, mechanisms, this.renewing),
          errorCode,
        );
    });
  }

  /** Answers the broker's challenge, and so on until the mechanism has nothing left to say. */
  private exchange(
    exchange: SaslExchange,
    challenge: Buffer | null,
    version: number,
    lifetimeMs: number,
    done: () => void,
  ): void {
    const attempt = this.link.attempt();
    const answered = (reader: WireReader) => {
      const answer = decodeResponse(saslAuthenticateResponse, version, reader);
      if (answer.errorCode === ERROR.NONE) {
        const ms = Number(answer.sessionLifetimeMs);
        // The reader's bytes are used again before the mechanism has read them.
        this.exchange(
          exchange,
          Buffer.from(answer.authBytes),
          version,
          ms > 0 ? ms : lifetimeMs,
          done,
        );
      } else this.link.fail(this.authenticationFailure(answer));
    };
    exchange.respond(challenge).then(
      (message) => {
        if (attempt !== this.link.attempt()) return;
        if (message !== null) {
          this.link.ask(saslAuthenticateRequest, version, { authBytes: message }, answered);
          return;
        }
        if (lifetimeMs > 0) {
          const share = RENEW_AFTER_SHARE + RENEW_JITTER_SHARE * this.context.random();
          this.renewAtMs = this.context.clock.now() + Math.floor(lifetimeMs * share);
        }
        done();
      },
      (error: unknown) => {
        if (attempt !== this.link.attempt()) return;
        if (error instanceof SaslError) this.refuse('SASL_AUTHENTICATION_FAILED', error.message);
        // A bug; it must not leave the connection waiting, and its text may hold what it must not.
        else this.refuse('SASL_AUTHENTICATION_FAILED', 'the SASL mechanism failed');
      },
    );
  }

  private authenticationFailure({
    errorCode,
    errorMessage,
  }: Decoded<SaslAuthenticateResponse>): ProducerError {
    const { name, message, retriable } = errorRow(errorCode);
    if (retriable) return brokerError(errorCode, this.link.address(), errorMessage);
    return new AuthenticationError(
      name,
      `${this.link.address()}: ${errorMessage === null ? message : withoutSecrets(errorMessage)}`,
      errorCode,
    );
  }

  private refuse(kafkaName: string, why: string, code = -1): void {
    this.link.fail(new AuthenticationError(kafkaName, `${this.link.address()}: ${why}`, code));
  }
}

/** Of `host:port`, `[::1]:9092`. */
const hostOf = (address: string): string => address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');

function whyNoMechanism(
  code: ErrorCode,
  mechanism: string,
  offered: readonly string[],
  renewing: boolean,
): string {
  if (code === ERROR.ILLEGAL_SASL_STATE && renewing)
    return (
      'the broker refuses to renew the session (it does so less than a second ' +
      'after the last time)'
    );
  if (code === ERROR.ILLEGAL_SASL_STATE)
    return 'this listener does without SASL; set security.protocol to PLAINTEXT or SSL';
  if (code !== ERROR.UNSUPPORTED_SASL_MECHANISM) return errorRow(code).message;
  return (
    `the broker does not offer SASL mechanism ${mechanism}, ` +
    `only ${withoutSecrets(offered.join(', '))} (sasl.mechanism)`
  );
}

/**
 * A broker that does not know the version of ApiVersions answers in version 0, with the one that it
 * has (KIP-511); 0 where it does not tell.
 */
function offeredApiVersions(reader: WireReader): number {
  try {
    const { apiKeys } = decodeResponse(apiVersionsResponse, 0, reader);
    return apiKeys.find(({ apiKey }) => apiKey === apiVersionsRequest.api)?.maxVersion ?? 0;
  } catch (error) {
    // librdkafka's mock cluster garbles what follows the error code; the code alone says enough.
    if (error instanceof WireError) return 0;
    throw error;
  }
}
