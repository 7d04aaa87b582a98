// Tokens from a user's own module: `sasl.login.callback.handler.class` as a path. Called by
// oauth-bearer; each producer loads the module and asks it for itself.
import { ConfigError } from '../../broker-errors.js';
import type { TokenProvider } from './token-provider.js';
import { loadModule, thrownText } from '../../user-module.js';
import { readGivenToken } from './given-token.js';
import type { TokenSource } from './oauth-token.js';
import { SaslError } from '../sasl/sasl-exchange.js';
import { withoutTokens } from '../secrets/secret-keeper.js';
import { TOKEN_HANDLER } from './token-handler.js';

const LIMIT_MS = 30_000;
const MAX_REASON_CHARACTERS = 300;

export interface ModuleTokens {
  readonly source: TokenSource;
  close(): void;
}

/** What the module is told of the settings. */
export interface TokenContext {
  readonly settings: ReadonlyMap<string, string>;
  /** Of the login module in sasl.jaas.config. */
  readonly options: ReadonlyMap<string, string>;
}

/** Loads the module; asks it for nothing. Throws ConfigError. */
export async function moduleTokens(
  path: string,
  folder: string,
  { settings, options }: TokenContext,
  subClaim: string,
): Promise<ModuleTokens> {
  const wanted = { setting: TOKEN_HANDLER, kind: 'token provider', methods: ['token'] } as const;
  const provider = await loadModule<TokenProvider>(path, folder, wanted);
  if (typeof provider.token !== 'function')
    throw new ConfigError(TOKEN_HANDLER, `${TOKEN_HANDLER}: ${path} has no token()`);
  const context = { settings: Object.fromEntries(settings), options: Object.fromEntries(options) };
  const source: TokenSource = async (signal) => {
    try {
      const given = await within(signal, (own) => provider.token({ ...context, signal: own }));
      return readGivenToken(given, Date.now(), subClaim);
    } catch (error) {
      const own = error instanceof SaslError ? error.message : `threw: ${wordsOf(error)}`;
      throw new SaslError(`${TOKEN_HANDLER} ${path}: ${own}`);
    }
  };
  return { source, close: () => closeQuietly(provider) };
}

/**
 * The module's answer, within the limit and until `signal` is aborted; its own signal says so too.
 */
async function within(signal: AbortSignal, ask: (own: AbortSignal) => unknown): Promise<unknown> {
  const own = new AbortController();
  let stop: () => void = () => undefined;
  let timer: NodeJS.Timeout | undefined;
  const given = new Promise<never>((_, reject) => {
    const end = (why: string) => () => {
      reject(new SaslError(why));
      own.abort();
    };
    stop = end('it was broken off');
    timer = setTimeout(end(`it gave no token within ${LIMIT_MS / 1000} s`), LIMIT_MS);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([given, Promise.resolve(ask(own.signal))]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

const wordsOf = (error: unknown) =>
  withoutTokens(thrownText(error)).slice(0, MAX_REASON_CHARACTERS);

function closeQuietly(provider: TokenProvider): void {
  try {
    provider.close?.();
  } catch {
    // nothing depends on it any more
  }
}
