// Java's sasl.oauthbearer.* and sasl.login.* settings, and the options of OAuthBearerLoginModule ->
// where tokens come from (endpoint, file, the user's module or command, made here), how they are
// kept fresh, and the mechanism that sends them. Called by security.ts with secrets resolved.
import type { Clock } from '../../../base/clock.js';
import { SECURITY_BY_NAME } from '../config-table-security.js';
import { ConfigError } from '../../broker-errors.js';
import { OAuthLogin } from './oauth-login.js';
import { endpointTokens, fileTokens, unsecuredTokens, type TokenSource } from './oauth-token.js';
import type { SaslLogin } from '../sasl/sasl-exchange.js';
import { saslOAuthBearer } from '../sasl/sasl-oauthbearer.js';
import { commandTokens } from './token-command.js';
import { extensionProblem } from './token-extensions.js';
import { TOKEN_HANDLER, tokenHandlerOf } from './token-handler.js';
import { moduleTokens, type ModuleTokens } from './token-module.js';

type Texts = ReadonlyMap<string, string>;

const URL_SETTING = 'sasl.oauthbearer.token.endpoint.url';
const CLIENT = 'sasl.oauthbearer.client.credentials.client';
/** Java's OAuthBearerUnsecuredLoginCallbackHandler. */
const UNSECURED_LIFETIME_SECONDS = 3_600;
const RESERVED_CLAIMS = ['iat', 'exp'];

export interface LoginContext {
  readonly clock: Clock;
  readonly random: () => number;
  /** Folder that a module's relative path starts from. */
  readonly modulesFrom: string;
}

/** As far as it goes without asking anyone for a token. Rejects with ConfigError. */
export async function oauthBearer(
  settings: Texts,
  options: Texts,
  context: LoginContext,
): Promise<SaslLogin> {
  const number = (name: string) =>
    Number(settings.get(name) ?? SECURITY_BY_NAME.get(name)!.default);
  const tokens = await sourceOf(settings, options, number, context.modulesFrom);
  const rules = {
    windowFactor: number('sasl.login.refresh.window.factor'),
    windowJitter: number('sasl.login.refresh.window.jitter'),
    minPeriodSeconds: number('sasl.login.refresh.min.period.seconds'),
    bufferSeconds: number('sasl.login.refresh.buffer.seconds'),
  };
  const login = new OAuthLogin(tokens.source, rules, context.clock, context.random);
  return {
    mechanism: saslOAuthBearer(
      () => login.token,
      extensionsOf(options, tokens.unsecured ? 'unsecuredLoginExtension_' : 'extension_'),
    ),
    login: () => login.login(),
    close: () => {
      login.close();
      tokens.close();
    },
  };
}

interface Source extends ModuleTokens {
  readonly unsecured: boolean;
}

async function sourceOf(
  settings: Texts,
  options: Texts,
  number: (name: string) => number,
  modulesFrom: string,
): Promise<Source> {
  const handler = tokenHandlerOf(settings.get(TOKEN_HANDLER));
  const subClaim = settings.get('sasl.oauthbearer.sub.claim.name') ?? 'sub';
  const nothing = () => undefined;
  if (handler?.kind === 'module') {
    const tokens = await moduleTokens(handler.path, modulesFrom, { settings, options }, subClaim);
    return { ...tokens, unsecured: false };
  }
  if (handler?.kind === 'command')
    return { source: commandTokens(handler.command, subClaim), close: nothing, unsecured: false };
  const unsecured = !settings.has(URL_SETTING);
  const source = unsecured
    ? unsecuredSource(options)
    : tokenSource(settings, options, number, subClaim);
  return { source, close: nothing, unsecured };
}

function tokenSource(
  settings: Texts,
  options: Texts,
  number: (name: string) => number,
  subClaim: string,
): TokenSource {
  let url: URL;
  try {
    url = new URL(settings.get(URL_SETTING)!);
  } catch {
    throw new ConfigError(URL_SETTING, `${URL_SETTING} is not a URL`);
  }
  if (url.protocol === 'file:') return fileTokens(url, subClaim);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new ConfigError(
      URL_SETTING,
      `${URL_SETTING}: ${url.protocol} is not https:, http: or file:`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(
      URL_SETTING,
      `${URL_SETTING} holds credentials; set ${CLIENT}.id and ${CLIENT}.secret instead`,
    );
  }
  // Settings come before the options of the login module, which Java has deprecated (ConfigOrJaas).
  const needed = (setting: string, option: string): string => {
    const value = (settings.get(setting) ?? options.get(option) ?? '').trim();
    if (value === '')
      throw new ConfigError(setting, `${setting} is not set, and the token endpoint needs it`);
    return value;
  };
  const scope = (settings.get('sasl.oauthbearer.scope') ?? options.get('scope') ?? '').trim();
  const limit = (name: string) => (settings.has(name) ? number(name) : null);
  return endpointTokens({
    url,
    clientId: needed(`${CLIENT}.id`, 'clientId'),
    clientSecret: needed(`${CLIENT}.secret`, 'clientSecret'),
    scope: scope === '' ? null : scope,
    urlEncode: settings.get('sasl.oauthbearer.header.urlencode')?.trim().toLowerCase() === 'true',
    connectTimeoutMs: limit('sasl.login.connect.timeout.ms'),
    readTimeoutMs: limit('sasl.login.read.timeout.ms'),
    retryBackoffMs: number('sasl.login.retry.backoff.ms'),
    retryBackoffMaxMs: number('sasl.login.retry.backoff.max.ms'),
    subClaim,
  });
}

function unsecuredSource(options: Texts): TokenSource {
  const refuse = (why: string) => new ConfigError('sasl.jaas.config', `sasl.jaas.config: ${why}`);
  const claims: Record<string, unknown> = {};
  for (const [name, value] of options) {
    const match = /^unsecuredLogin(String|Number|List)Claim_(.+)$/.exec(name);
    if (match === null) continue;
    const [, kind, claim] = match as unknown as [string, string, string];
    if (RESERVED_CLAIMS.includes(claim)) throw refuse(`the claim ${claim} cannot be set`);
    claims[claim] =
      kind === 'Number'
        ? Number(value)
        : kind === 'List'
          ? value.slice(1).split(value.slice(0, 1))
          : value;
  }
  const principal = options.get('unsecuredLoginPrincipalClaimName') ?? 'sub';
  if (typeof claims[principal] !== 'string' || claims[principal] === '') {
    throw refuse(
      `unsecuredLoginStringClaim_${principal} is not set, so the token would have no principal`,
    );
  }
  const lifetime = Number(
    options.get('unsecuredLoginLifetimeSeconds') ?? UNSECURED_LIFETIME_SECONDS,
  );
  if (!Number.isFinite(lifetime)) throw refuse('unsecuredLoginLifetimeSeconds is not a number');
  return unsecuredTokens(claims, lifetime);
}

/** RFC 7628's further key/value pairs. */
function extensionsOf(options: Texts, prefix: string): Record<string, string> {
  const extensions: Record<string, string> = {};
  for (const [name, value] of options) {
    if (!name.startsWith(prefix)) continue;
    const key = name.slice(prefix.length);
    if (extensionProblem(key, value)) {
      throw new ConfigError(
        'sasl.jaas.config',
        `sasl.jaas.config: the extension ${key} is not letters and printable text`,
      );
    }
    extensions[key] = value;
  }
  return extensions;
}
