// Java's sasl.kerberos.* settings and the options of Krb5LoginModule -> a process with the tickets,
// and the mechanism that shows them to brokers. Called by security.ts. With a keytab the Kerberos
// library logs in by itself, at the first authentication after half of a ticket's life; a ticket
// cache is renewed by TicketRenewal.
import { SECURITY_BY_NAME } from '../config-table-security.js';
import { AbsentError, ConfigError } from '../../broker-errors.js';
import { UnreadableFile } from '../secrets/read-regular-file.js';
import { SaslError, type SaslLogin } from '../sasl/sasl-exchange.js';
import { hasPrincipal, keytabPrincipals } from './keytab.js';
import { findKerberosPackage, PACKAGE } from './kerberos-package.js';
import {
  kerberosIdentity,
  isProblem,
  SERVICE_NAME,
  type KerberosIdentity,
} from './kerberos-identity.js';
import { KerberosProcess } from './kerberos-process.js';
import { saslGssapi } from './sasl-gssapi.js';
import { readTicketCache, ticketCacheFile, type TicketCache } from './ticket-cache.js';
import { TicketRenewal } from './ticket-renewal.js';
import type { Clock } from '../../../base/clock.js';
import type { Network } from '../../network.js';

type Texts = ReadonlyMap<string, string>;

export interface KerberosContext {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: () => number;
}

const JAAS = 'sasl.jaas.config';

/** As far as it goes without asking a KDC. Rejects with ConfigError. */
export async function kerberosLogin(
  settings: Texts,
  options: Texts,
  context: KerberosContext,
): Promise<SaslLogin> {
  const identity = kerberosIdentity(options, settings.get(SERVICE_NAME));
  if (isProblem(identity))
    throw new ConfigError(identity.setting, `${identity.message}; ${identity.remedy}`);
  const { tickets, packageFile } = await whatIsNeeded(identity);
  const start = () => KerberosProcess.start(packageFile, tickets.env);
  let process: KerberosProcess;
  try {
    process = await start();
  } catch (error) {
    if (!(error instanceof SaslError)) throw error;
    const remedy =
      `run \`npm rebuild ${PACKAGE}\` (it needs a compiler and Kerberos’ ` + 'development files)';
    throw new AbsentError(
      'sasl.mechanism',
      `the npm package ${PACKAGE} cannot be used: ${error.message}; ${remedy}`,
    );
  }
  return new KerberosLogin(
    identity,
    tickets,
    process,
    start,
    renewalOf(settings, tickets, context),
    context,
  );
}

/**
 * First what is wrong everywhere is told, then all that is only not on this machine: the package,
 * and with it the tickets, which are of no use without it.
 */
async function whatIsNeeded(
  identity: KerberosIdentity,
): Promise<{ readonly tickets: Tickets; readonly packageFile: string }> {
  const tickets = await ticketsOf(identity).catch((error: unknown) => {
    if (error instanceof AbsentError) return error;
    throw error;
  });
  let packageFile: string;
  try {
    packageFile = findKerberosPackage();
  } catch (error) {
    if (!(error instanceof AbsentError) || !(tickets instanceof AbsentError)) throw error;
    throw new AbsentError(error.setting, `${error.message}; and ${tickets.message}`);
  }
  if (tickets instanceof AbsentError) throw tickets;
  return { tickets, packageFile };
}

class KerberosLogin implements SaslLogin {
  readonly mechanism;
  private closed = false;

  constructor(
    private readonly identity: KerberosIdentity,
    private readonly tickets: Tickets,
    private process: KerberosProcess,
    private readonly start: () => Promise<KerberosProcess>,
    private readonly renewal: TicketRenewal | null,
    { network }: KerberosContext,
  ) {
    this.mechanism = saslGssapi({
      service: identity.service,
      principal: tickets.principal,
      context: async () => (await this.running()).context(),
      hostName: (address) => network.canonicalName?.(address) ?? Promise.resolve(address),
    });
  }

  async login(): Promise<void> {
    // Naming a principal gets its ticket; else the cache is looked into with the first broker.
    if (this.tickets.principal !== null) {
      const context = (await this.running()).context();
      try {
        await context.begin(`${this.identity.service}@localhost`, this.tickets.principal);
      } finally {
        context.end();
      }
    }
    await this.renewal?.start();
  }

  close(): void {
    this.closed = true;
    this.renewal?.close();
    this.process.close();
  }

  /** Another one, where the last has fallen or took too long. */
  private async running(): Promise<KerberosProcess> {
    if (this.closed) throw new SaslError('it was closed');
    if (this.process.running) return this.process;
    const next = await this.start();
    if (this.closed || this.process.running) next.close();
    else this.process = next;
    return this.process;
  }
}

interface Tickets {
  /** For the process: where the Kerberos library gets its tickets. */
  readonly env: Readonly<Record<string, string>>;
  readonly principal: string | null;
  /** Null: of a keytab, or not in a file. */
  readonly cache: { readonly file: string; readonly name: string } | null;
}

async function ticketsOf({ credentials, principal }: KerberosIdentity): Promise<Tickets> {
  if (credentials.kind === 'keytab') {
    const { path } = credentials;
    const found = await readOrRefuse(`the keytab ${path}`, () => keytabPrincipals(path));
    if (!hasPrincipal(found, principal ?? '')) {
      const those =
        found.length === 0
          ? 'it holds none at all'
          : `it holds keys of ${found.slice(0, 5).join(', ')}`;
      throw new ConfigError(
        JAAS,
        `${JAAS}: the keytab ${path} has no key of ${principal ?? 'anyone'}; ${those}`,
      );
    }
    // Tickets of its own, in memory alone.
    const env = { KRB5_CLIENT_KTNAME: `FILE:${path}`, KRB5CCNAME: 'MEMORY:kbench' };
    return { env, principal, cache: null };
  }
  const name = credentials.name ?? process.env['KRB5CCNAME'];
  const file = await ticketCacheFile(name);
  const env: Record<string, string> = name === undefined || name === '' ? {} : { KRB5CCNAME: name };
  if (file === null) return { env, principal, cache: null };
  const cache = await readOrRefuse(
    `the ticket cache ${file}`,
    () => readTicketCache(file),
    '; run kinit',
  );
  refuseEnded(cache, file);
  return {
    env,
    principal: principal ?? cache.principal,
    cache: { file, name: name ?? `FILE:${file}` },
  };
}

function refuseEnded({ principal, ticket }: TicketCache, file: string): void {
  const why = ticket === null ? 'holds no ticket-granting ticket' : 'holds a ticket that has ended';
  if (ticket === null || ticket.endMs < Date.now())
    throw new AbsentError(
      JAAS,
      `${JAAS}: the ticket cache ${file} (of ${principal}) ${why}; run kinit`,
    );
}

async function readOrRefuse<T>(what: string, read: () => Promise<T>, remedy = ''): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw new (error.absent ? AbsentError : ConfigError)(
      JAAS,
      `${JAAS}: ${what} ${error.message}${remedy}`,
    );
  }
}

function renewalOf(
  settings: Texts,
  { cache }: Tickets,
  { clock, random }: KerberosContext,
): TicketRenewal | null {
  if (cache === null) return null;
  const text = (name: string) => settings.get(name) ?? String(SECURITY_BY_NAME.get(name)!.default);
  const rules = {
    windowFactor: Number(text('sasl.kerberos.ticket.renew.window.factor')),
    windowJitter: Number(text('sasl.kerberos.ticket.renew.jitter')),
    minMs: Number(text('sasl.kerberos.min.time.before.relogin')),
    kinit: text('sasl.kerberos.kinit.cmd'),
  };
  return new TicketRenewal(cache, rules, clock, random);
}
