// The options of Java's Krb5LoginModule, and sasl.kerberos.service.name -> who logs in to Kerberos,
// with what, and to which service. Pure; asked when settings are checked (security-config.ts) and
// when they are used (kerberos-login.ts).

export interface KerberosIdentity {
  /** The first part of the brokers' principals: `kafka` of kafka/host@REALM. */
  readonly service: string;
  /** Null: the one that the ticket cache is of. */
  readonly principal: string | null;
  readonly credentials:
    | { readonly kind: 'keytab'; readonly path: string }
    /** Null: the one of the environment (KRB5CCNAME). */
    | { readonly kind: 'ticket-cache'; readonly name: string | null };
}

interface Problem {
  readonly setting: string;
  readonly message: string;
  readonly remedy: string;
}

export const SERVICE_NAME = 'sasl.kerberos.service.name';
export const KRB5_LOGIN_MODULE = 'com.sun.security.auth.module.Krb5LoginModule';
/**
 * None of its options is a secret. Some do nothing here: there is no prompt, and tickets are kept
 * in memory alone.
 */
export const KRB5_OPTIONS: readonly string[] = [
  ...['useKeyTab', 'keyTab', 'principal', 'useTicketCache', 'ticketCache', 'serviceName'],
  ...['storeKey', 'doNotPrompt', 'refreshKrb5Config', 'renewTGT', 'isInitiator', 'debug'],
  ...['useFirstPass', 'tryFirstPass', 'storePass', 'clearPass'],
];
/** Those that hold paths. */
export const KRB5_PATHS: readonly string[] = ['keyTab', 'ticketCache'];

export const KRB5_EXAMPLE =
  `${KRB5_LOGIN_MODULE} required useKeyTab=true keyTab="/etc/kbench.keytab" ` +
  `principal="kbench@EXAMPLE.COM"; or ${KRB5_LOGIN_MODULE} required useTicketCache=true; ` +
  '(after kinit)';

/** `service`: sasl.kerberos.service.name. */
export function kerberosIdentity(
  options: ReadonlyMap<string, string>,
  service: string | undefined,
): KerberosIdentity | Problem {
  const text = (name: string) => options.get(name)?.trim() || null;
  const isTrue = (name: string) => text(name)?.toLowerCase() === 'true';
  const refuse = (
    message: string,
    remedy = `write ${KRB5_EXAMPLE}`,
    setting = 'sasl.jaas.config',
  ) => ({
    setting,
    message: `${setting} ${message}`,
    remedy,
  });
  const named = service?.trim() || null;
  const inJaas = text('serviceName');
  if (named !== null && inJaas !== null && named !== inJaas)
    return refuse(
      `is ${named}, and serviceName in sasl.jaas.config is ${inJaas}`,
      'keep one',
      SERVICE_NAME,
    );
  const serviceName = named ?? inJaas;
  if (serviceName === null) {
    const remedy =
      'set it to the first part of the brokers’ principals: kafka, where they are kafka/host@REALM';
    return refuse('is not set, and sasl.jaas.config has no serviceName', remedy, SERVICE_NAME);
  }
  const principal = text('principal');
  if (isTrue('useKeyTab')) {
    const path = text('keyTab');
    if (path === null) return refuse('has useKeyTab=true and no keyTab');
    if (principal === null) return refuse('has useKeyTab=true and no principal');
    return {
      service: serviceName,
      principal,
      credentials: { kind: 'keytab', path: path.replace(/^FILE:/, '') },
    };
  }
  if (!isTrue('useTicketCache'))
    return refuse(
      'has neither useKeyTab=true nor useTicketCache=true, and kbench asks nobody for a password',
    );
  return {
    service: serviceName,
    principal,
    credentials: { kind: 'ticket-cache', name: text('ticketCache') },
  };
}

export const isProblem = (read: KerberosIdentity | Problem): read is Problem => 'message' in read;
