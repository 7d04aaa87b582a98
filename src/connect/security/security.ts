// How one producer talks to its brokers: the network (TCP or TLS) and the SASL mechanism, from
// Java's settings. Made with the producer and loaded before it connects, since secrets, stores and
// the first token come from outside. Called by the producer and by kbench's probe and admin
// requests. Must never let a resolved secret out.
import type { Clock } from '../../base/clock.js';
import { AuthenticationError, ConfigError } from '../broker-errors.js';
import { resolving, type Network } from '../network.js';
import { kerberosLogin } from './kerberos/kerberos-login.js';
import { oauthBearer } from './oauth/oauth-bearer.js';
import { SaslError, type SaslLogin, type SaslMechanism } from './sasl/sasl-exchange.js';
import { saslPlain } from './sasl/sasl-plain.js';
import { saslScram } from './sasl/sasl-scram.js';
import { isOpen, secretsIn } from './secrets/redact.js';
import { noteSecret } from './secrets/secret-keeper.js';
import { isReference, resolveReferences } from './secrets/secret-reference.js';
import { readJaas, type SaslMechanismName, type SecurityConfig } from './security-config.js';
import { loadTls, type TlsMaterial } from './tls/tls-material.js';
import { tlsNetwork } from './tls/tls-network.js';

export interface Security {
  readonly network: Network;
  /** Whether the network speaks TLS. */
  readonly encrypted: boolean;
  /** Null without SASL, and before load(). */
  readonly sasl: SaslMechanism | null;
  /**
   * Resolves references, reads stores, gets the first token or ticket; once. Rejects with
   * ConfigError, or with AuthenticationError where none can be had.
   */
  load(): Promise<void>;
  /** Ends the renewal of tokens and tickets. */
  close(): void;
}

export interface SecurityContext {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: () => number;
  /** Folder that a module's relative path starts from; default: the working directory. */
  readonly modulesFrom?: string;
}

export function createSecurity(config: SecurityConfig, context: SecurityContext): Security {
  return config.protocol === 'PLAINTEXT'
    ? new Plaintext(context.network)
    : new LoadedSecurity(config, context);
}

class Plaintext implements Security {
  readonly sasl = null;
  readonly encrypted = false;
  constructor(readonly network: Network) {}
  load(): Promise<void> {
    return Promise.resolve();
  }
  close(): void {
    // there is nothing to renew
  }
}

class LoadedSecurity implements Security {
  readonly network: Network;
  readonly encrypted: boolean;
  sasl: SaslMechanism | null = null;
  private material: TlsMaterial | null = null;
  private login: SaslLogin | null = null;
  private loading: Promise<void> | null = null;
  private loaded = false;
  private closed = false;

  constructor(
    private readonly config: SecurityConfig,
    private readonly context: SecurityContext,
  ) {
    this.encrypted = config.protocol.endsWith('SSL');
    const network = this.encrypted
      ? tlsNetwork(context.network, () => this.material!)
      : context.network;
    this.network = {
      ...resolving(network),
      connect: (...to) => {
        if (!this.loaded)
          throw new Error('the producer’s secrets are not loaded: connect() comes first');
        return network.connect(...to);
      },
    };
  }

  load(): Promise<void> {
    this.loading ??= this.loadAll();
    return this.loading;
  }

  close(): void {
    this.closed = true;
    this.login?.close();
  }

  private async loadAll(): Promise<void> {
    const { mechanism } = this.config;
    const { settings, tls, options } = await readMaterial(this.config);
    this.material = tls;
    if (mechanism !== null) this.sasl = await this.mechanism(mechanism, options, settings);
    this.loaded = true;
  }

  private async mechanism(
    name: SaslMechanismName,
    options: ReadonlyMap<string, string>,
    settings: ReadonlyMap<string, string>,
  ): Promise<SaslMechanism> {
    const username = options.get('username') ?? '';
    const password = options.get('password') ?? '';
    switch (name) {
      case 'PLAIN':
        return saslPlain(username, password);
      case 'SCRAM-SHA-256':
      case 'SCRAM-SHA-512': {
        const hash = name === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
        const byToken = options.get('tokenauth')?.toLowerCase() === 'true';
        return saslScram(
          hash,
          username,
          password,
          byToken ? { extensions: ['tokenauth=true'] } : {},
        );
      }
      case 'OAUTHBEARER':
        return this.loggedIn(
          await loginOf(name, settings, options, this.context),
          'no OAuth token',
        );
      case 'GSSAPI':
        return this.loggedIn(
          await loginOf(name, settings, options, this.context),
          'no Kerberos ticket',
        );
    }
  }

  private async loggedIn(login: SaslLogin, otherwise: string): Promise<SaslMechanism> {
    this.login = login;
    try {
      if (!this.closed) await login.login();
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      throw new AuthenticationError('SASL_AUTHENTICATION_FAILED', `${otherwise}: ${error.message}`);
    }
    if (this.closed) login.close();
    return login.mechanism;
  }
}

/** What asks someone else, a token endpoint or a KDC, but has not yet. Rejects with ConfigError. */
function loginOf(
  mechanism: 'OAUTHBEARER' | 'GSSAPI',
  settings: ReadonlyMap<string, string>,
  options: ReadonlyMap<string, string>,
  context: SecurityContext,
): Promise<SaslLogin> {
  if (mechanism === 'GSSAPI') return kerberosLogin(settings, options, context);
  const modulesFrom = context.modulesFrom ?? process.cwd();
  return oauthBearer(settings, options, { ...context, modulesFrom });
}

interface Material {
  /** With what the references stand for. */
  readonly settings: ReadonlyMap<string, string>;
  /** Null without TLS. */
  readonly tls: TlsMaterial | null;
  /** Of the login module; empty without SASL. */
  readonly options: ReadonlyMap<string, string>;
}

/** All of load() that asks nobody: references, stores, JAAS. Throws ConfigError. */
async function readMaterial({ protocol, mechanism, given }: SecurityConfig): Promise<Material> {
  const settings = new Map<string, string>();
  for (const [name, text] of given) {
    // In a JAAS text the references are its options' values: what they stand for may hold quotes.
    const whole = name !== 'sasl.jaas.config' || isReference(text);
    const resolved = whole ? await resolveReferences(text, name) : text;
    for (const secret of secretsIn(name, resolved, true)) noteSecret(secret);
    settings.set(name, resolved);
  }
  const tls = protocol.endsWith('SSL') ? await loadTls(settings) : null;
  if (mechanism === null) return { settings, tls, options: new Map() };
  const jaasText = given.get('sasl.jaas.config') ?? null;
  const resolved = jaasText !== null && isReference(jaasText);
  const options = await jaasOptions(settings.get('sasl.jaas.config'), mechanism, resolved);
  for (const [option, value] of options) if (!isOpen(option)) noteSecret(value);
  return { settings, tls, options };
}

/**
 * Whether load() would get as far as the network: for `kbench validate`. Rejects with ConfigError,
 * as load() does.
 */
export async function checkMaterial(
  config: SecurityConfig,
  context: SecurityContext,
): Promise<void> {
  if (config.protocol === 'PLAINTEXT') return;
  const { settings, options } = await readMaterial(config);
  const { mechanism } = config;
  if (mechanism === 'OAUTHBEARER' || mechanism === 'GSSAPI')
    (await loginOf(mechanism, settings, options, context)).close();
}

async function jaasOptions(
  text: string | undefined,
  mechanism: SaslMechanismName,
  resolved: boolean,
): Promise<ReadonlyMap<string, string>> {
  if (text === undefined) return new Map();
  const read = readJaas(text, mechanism);
  if ('problem' in read) {
    const { setting, message, remedy } = read.problem;
    throw new ConfigError(setting, `${message}; ${remedy}`);
  }
  if (resolved) return read.jaas.options;
  const options = new Map<string, string>();
  for (const [name, value] of read.jaas.options)
    options.set(name, await resolveReferences(value, 'sasl.jaas.config'));
  return options;
}
