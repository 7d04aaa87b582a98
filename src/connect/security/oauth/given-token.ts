// What a user's module or command gave -> a token of which it is known when it ends. Called by
// token-module and token-command. Never quotes what was given: any part of it may be the token.
import { readJwt, type OAuthToken } from './oauth-token.js';
import { SaslError } from '../sasl/sasl-exchange.js';
import { noteSecret } from '../secrets/secret-keeper.js';
import { extensionProblem } from './token-extensions.js';

/** Below this a number is no date in ms (it would be of 1973), but a time from now. */
const FIRST_DATE_MS = 1e11;
/** RFC 6750: what may stand behind `Bearer`. */
const BEARER = /^[A-Za-z0-9._~+/-]+=*$/;

const TOKEN_NAMES = ['token', 'access_token', 'accessToken', 'value', 'id_token'];

type Fields = Readonly<Record<string, unknown>>;

/**
 * When it ends, in ms since 1970, by each name under which people give it. Null: that is no time.
 */
const EXPIRY: Readonly<Record<string, (value: unknown, nowMs: number) => number | null>> = {
  // Java's OAuthBearerToken.lifetimeMs is a date.
  lifetimeMs: (value, nowMs) => dateOrMs(value, nowMs),
  expiryTime: (value, nowMs) => dateOrMs(value, nowMs),
  expires_in: (value, nowMs) => scaled(value, 1000, nowMs),
  expiresIn: (value, nowMs) => scaled(value, 1000, nowMs),
  expires_on: (value) => scaled(value, 1000, 0),
  exp: (value) => scaled(value, 1000, 0),
  expires: anyDate,
  expires_at: anyDate,
  expiresAt: anyDate,
  expiration: anyDate,
  expirationTimestamp: anyDate,
};

/** `subClaim` is asked for where the token itself must tell its end. Throws SaslError. */
export function readGivenToken(given: unknown, nowMs: number, subClaim: string): OAuthToken {
  return stillValid(tokenOf(given, nowMs, subClaim), nowMs);
}

function tokenOf(given: unknown, nowMs: number, subClaim: string): OAuthToken {
  if (typeof given === 'string') return ofText(given.trim(), null, undefined, subClaim);
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new SaslError(`it gave ${kindOf(given)}, not a token`);
  const fields = given as Fields;
  const name = TOKEN_NAMES.find((each) => fields[each] !== undefined);
  const token = name === undefined ? undefined : fields[name];
  if (typeof token === 'string') noteSecret(token.trim());
  if (name === undefined) throw new SaslError('what it gave has no `token`');
  if (typeof token !== 'string')
    throw new SaslError(`its \`${name}\` is ${kindOf(token)}, not text`);
  return ofText(token.trim(), expiryOf(fields, nowMs), fields['extensions'], subClaim);
}

/** The broker would refuse it too, but does not say why. */
function stillValid(token: OAuthToken, nowMs: number): OAuthToken {
  const { expiresMs } = token;
  if (expiresMs > nowMs) return token;
  const end = new Date(Math.max(0, expiresMs)).toISOString();
  throw new SaslError(
    `the token it gave has expired (${end}), ${Math.ceil((nowMs - expiresMs) / 1000)} ` +
      's ago by this machine’s clock: see that it asks for a new one each time, ' +
      'and that the clock is right',
  );
}

function ofText(
  value: string,
  expiresMs: number | null,
  extensions: unknown,
  subClaim: string,
): OAuthToken {
  noteSecret(value);
  if (value === '') throw new SaslError('the token it gave is empty');
  if (!BEARER.test(value)) {
    throw new SaslError(
      'what it gave is no token: a bearer token has neither spaces nor line breaks nor quotes',
    );
  }
  const more = { extensions: readExtensions(extensions) };
  if (expiresMs !== null) return { value, expiresMs, issuedMs: null, ...more };
  if (value.split('.').length !== 3) {
    throw new SaslError(
      'the token is no JWT, and nothing else says when it ends: ' +
        'give it as {token, expires_in} (seconds) or ' +
        '{token, lifetimeMs}',
    );
  }
  return { ...readJwt(value, subClaim), ...more };
}

/** Null where no field tells. */
function expiryOf(fields: Fields, nowMs: number): number | null {
  for (const [name, read] of Object.entries(EXPIRY)) {
    if (fields[name] === undefined || fields[name] === null) continue;
    const ms = read(fields[name], nowMs);
    if (ms === null || !Number.isFinite(ms) || ms < 0)
      throw new SaslError(`its \`${name}\` is no time`);
    return ms;
  }
  return null;
}

function dateOrMs(value: unknown, nowMs: number): number | null {
  if (value instanceof Date) return value.getTime();
  const ms = scaled(value, 1, 0);
  return ms === null || ms >= FIRST_DATE_MS ? ms : nowMs + ms;
}

/** A date as a Date, as text (ISO 8601), or as seconds or milliseconds since 1970. */
function anyDate(value: unknown): number | null {
  if (value instanceof Date) return value.getTime();
  const number = scaled(value, 1, 0);
  if (number !== null) return number >= FIRST_DATE_MS ? number : number * 1000;
  return typeof value === 'string' ? Date.parse(value) : null;
}

/** A number, or the text of one; null where it is none. */
function scaled(value: unknown, unitMs: number, fromMs: number): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? fromMs + number * unitMs : null;
}

function readExtensions(given: unknown): Readonly<Record<string, string>> {
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object') throw new SaslError('its `extensions` are no object of texts');
  const extensions: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string' || extensionProblem(name, value))
      throw new SaslError(
        `its extension \`${name.slice(0, 40)}\` is not letters and printable text`,
      );
    extensions[name] = value;
  }
  return extensions;
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'nothing';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
