// Where an OAUTHBEARER token comes from, and what is known of it: the token endpoint (OAuth 2.0
// client credentials, RFC 6749 section 4.4, as Java's ClientCredentialsJwtRetriever), a file
// (FileJwtRetriever), or made here without a signature (for brokers with Java's unsecured
// validator). Called by oauth-login. Neither tokens nor the client secret ever stand in an error.
import http from 'node:http';
import https from 'node:https';
import { fileURLToPath } from 'node:url';
import { dnsAnswers } from '../../dns-answers.js';
import { readRegularFile, UnreadableFile } from '../secrets/read-regular-file.js';
import { noteSecret, withoutSecrets } from '../secrets/secret-keeper.js';
import { SaslError } from '../sasl/sasl-exchange.js';

export interface OAuthToken {
  /** The JWT as it goes to the broker. */
  readonly value: string;
  /** Wall-clock times in ms. */
  readonly expiresMs: number;
  readonly issuedMs: number | null;
  /** That go to the broker with it. */
  readonly extensions?: Readonly<Record<string, string>>;
}

/**
 * Gives a token that may be new or not. Rejects with SaslError, at the latest when `signal` is
 * aborted.
 */
export type TokenSource = (signal: AbortSignal) => Promise<OAuthToken>;

export interface EndpointOptions {
  readonly url: URL;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | null;
  /** sasl.oauthbearer.header.urlencode. */
  readonly urlEncode: boolean;
  readonly connectTimeoutMs: number | null;
  readonly readTimeoutMs: number | null;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  /** Names of the claims that hold subject and scope. */
  readonly subClaim: string;
}

/**
 * Where the settings do not say: Java waits for ever then. And all of one request, as an answer may
 * come byte by byte, so that no single byte is late.
 */
const DEFAULT_CONNECT_MS = 10_000;
const DEFAULT_READ_MS = 10_000;
const REQUEST_MS = 30_000;

/** Of an answer. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Of an endpoint's own error text. */
const MAX_REASON_CHARACTERS = 300;
/** As HttpJwtRetriever: another try would be answered the same. */
const UNRETRYABLE_STATUS = new Set([
  400, 401, 402, 403, 404, 405, 406, 407, 409, 410, 411, 413, 414, 415, 501, 505,
]);

class UnretryableError extends SaslError {}

/** Asks the endpoint, again after failures until retryBackoffMaxMs have passed (Java's Retry). */
export function endpointTokens(options: EndpointOptions): TokenSource {
  return async (signal) => {
    const endMs = performance.now() + options.retryBackoffMaxMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return readJwt(tokenOf(await post(options, signal)), options.subClaim);
      } catch (error) {
        if (!(error instanceof SaslError) || error instanceof UnretryableError || signal.aborted)
          throw error;
        const waitMs = Math.min(options.retryBackoffMs * 2 ** attempt, endMs - performance.now());
        if (waitMs <= 0) throw error;
        await pause(waitMs, signal);
      }
    }
  };
}

/** Ends early, in silence, when the signal is aborted: the next request then fails. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** Reads the file anew each time, so that whoever renews the token can put the next one there. */
export function fileTokens(url: URL, subClaim: string): TokenSource {
  return async () => {
    try {
      return readJwt((await readRegularFile(fileURLToPath(url))).toString('utf8').trim(), subClaim);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      throw new SaslError(`the token file ${url.pathname} ${error.message}`);
    }
  };
}

/**
 * A JWT without a signature, as OAuthBearerUnsecuredLoginCallbackHandler makes: `claims` besides
 * iat and exp.
 */
export function unsecuredTokens(
  claims: Readonly<Record<string, unknown>>,
  lifetimeSeconds: number,
): TokenSource {
  return () => {
    const issuedMs = Date.now();
    const expiresMs = issuedMs + lifetimeSeconds * 1000;
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const body = { exp: expiresMs / 1000, iat: issuedMs / 1000, ...claims };
    return Promise.resolve({
      value: `${part({ alg: 'none' })}.${part(body)}.`,
      expiresMs,
      issuedMs,
    });
  };
}

async function post(options: EndpointOptions, signal: AbortSignal): Promise<string> {
  const { url } = options;
  const where = `the token endpoint ${url.origin}${url.pathname}`;
  await dnsAnswers(url.hostname).catch((error: unknown) => {
    throw new SaslError(
      `${where} cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  return exchange(options, where, signal);
}

/** The client's credentials and scope, as they go over the wire. */
function tokenRequest({ clientId, clientSecret, scope, urlEncode }: EndpointOptions): {
  readonly authorization: string;
  readonly body: string;
} {
  const encode = (text: string) =>
    urlEncode ? encodeURIComponent(text).replaceAll('%20', '+') : text;
  const credentials = Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`);
  return {
    authorization: `Basic ${credentials.toString('base64')}`,
    body: `grant_type=client_credentials${scope === null ? '' : `&scope=${encode(scope)}`}`,
  };
}

/** One request and its whole answer, each part of it within its time. */
function exchange(options: EndpointOptions, where: string, signal: AbortSignal): Promise<string> {
  const { url } = options;
  const connectMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_MS;
  const readMs = options.readTimeoutMs ?? DEFAULT_READ_MS;
  const { authorization, body } = tokenRequest(options);
  const isTls = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const request = (isTls ? https : http).request(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: {
        accept: 'application/json',
        authorization,
        'cache-control': 'no-cache',
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
      },
    });
    const fail = (error: SaslError) => {
      clearTimeout(connecting);
      clearTimeout(whole);
      request.destroy();
      reject(error);
    };
    const late = (what: string) => fail(new SaslError(`${where}: ${what}`));
    const connecting = setTimeout(() => {
      late(`no connection within ${connectMs} ms (sasl.login.connect.timeout.ms)`);
    }, connectMs);
    const whole = setTimeout(() => {
      late(`no whole answer within ${REQUEST_MS / 1000} s`);
    }, REQUEST_MS);
    request.on('socket', (socket) => {
      socket.once(isTls ? 'secureConnect' : 'connect', () => {
        clearTimeout(connecting);
        socket.setTimeout(readMs, () => {
          late(`no answer within ${readMs} ms (sasl.login.read.timeout.ms)`);
        });
      });
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      fail(new SaslError(`${where} cannot be reached: ${error.code ?? error.message}`));
    });
    request.on('response', (response) => {
      readAnswer(response, where, fail, (text) => {
        clearTimeout(whole);
        resolve(text);
      });
    });
    request.end(body);
  });
}

/** The body of an answer that holds a token; what else an endpoint says is a failure. */
function readAnswer(
  response: http.IncomingMessage,
  where: string,
  fail: (error: SaslError) => void,
  done: (text: string) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      fail(new UnretryableError(`${where} gave an answer of more than 1 MiB`));
    else chunks.push(chunk);
  });
  response.on('error', (error) =>
    fail(new SaslError(`${where}: the answer broke off (${error.message})`)),
  );
  response.on('end', () => {
    const text = Buffer.concat(chunks).toString('utf8');
    const status = response.statusCode ?? 0;
    if (status === 200 || status === 201) {
      done(text);
      return;
    }
    const Kind = UNRETRYABLE_STATUS.has(status) ? UnretryableError : SaslError;
    fail(new Kind(`${where} answered with HTTP status ${status}${reasonOf(text)}`));
  });
}

/**
 * RFC 6749 section 5.2: error and error_description should hold no secrets, and what an endpoint
 * writes there is its own affair.
 */
function reasonOf(body: string): string {
  const answer = parseObject(body);
  const reason = [answer?.['error'], answer?.['error_description']]
    .filter((part) => typeof part === 'string')
    .map(withoutSecrets)
    .join(': ');
  return reason === ''
    ? ''
    : `: ${reason.slice(0, MAX_REASON_CHARACTERS).replaceAll(/[^ -~]/g, '.')}`;
}

function tokenOf(body: string): string {
  const answer = parseObject(body);
  for (const name of ['access_token', 'id_token']) {
    const token = answer?.[name];
    if (typeof token === 'string' && token.trim() !== '') return token.trim();
  }
  throw new UnretryableError('the token endpoint’s answer has no access_token');
}

/**
 * What ClientJwtValidator wants of a token: three parts, a subject, an expiry. The signature is the
 * broker's business.
 */
export function readJwt(value: string, subClaim = 'sub'): OAuthToken {
  noteSecret(value);
  const parts = value.split('.');
  if (parts.length !== 3 || !/^[A-Za-z0-9._~+/-]+=*$/.test(value))
    throw new UnretryableError('the token is no JWT (three parts of base64url, with dots between)');
  const claims = parseObject(Buffer.from(parts[1], 'base64url').toString('utf8'));
  if (claims === null)
    throw new UnretryableError('the token is no JWT: its middle part is not JSON');
  const { exp, iat } = claims;
  if (typeof exp !== 'number' || exp < 0)
    throw new UnretryableError('the token has no expiry (claim exp)');
  const subject = claims[subClaim];
  if (typeof subject !== 'string' || subject.trim() === '')
    throw new UnretryableError(`the token has no subject (claim ${subClaim})`);
  return {
    value,
    expiresMs: exp * 1000,
    issuedMs: typeof iat === 'number' && iat >= 0 ? iat * 1000 : null,
  };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
