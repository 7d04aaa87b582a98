import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../base/clock.js';
import { AbsentError, ConfigError } from '../../broker-errors.js';
import { tcpNetwork } from '../../network.js';
import { isOpen, literalSecret } from '../secrets/redact.js';
import { kerberosIdentity } from './kerberos-identity.js';
import { kerberosLogin } from './kerberos-login.js';
import { KerberosProcess, type GssContext } from './kerberos-process.js';
import { hasPrincipal, keytabPrincipals } from './keytab.js';
import { saslGssapi } from './sasl-gssapi.js';
import { readTicketCache, ticketCacheFile } from './ticket-cache.js';
import { renewalTimeMs } from './ticket-renewal.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-kerberos-unit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
};
const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64');

describe('the options of Krb5LoginModule', () => {
  const identity = (options: Record<string, string>, service?: string) =>
    kerberosIdentity(new Map(Object.entries(options)), service);

  it('say who logs in with what', () => {
    expect(identity({ useKeyTab: 'TRUE', keyTab: 'FILE:/k', principal: 'a@B' }, 'kafka')).toEqual({
      service: 'kafka',
      principal: 'a@B',
      credentials: { kind: 'keytab', path: '/k' },
    });
    expect(identity({ useTicketCache: 'true', serviceName: 'kafka' })).toEqual({
      service: 'kafka',
      principal: null,
      credentials: { kind: 'ticket-cache', name: null },
    });
  });

  it.each<[Record<string, string>, string | undefined, RegExp]>([
    [
      { useTicketCache: 'true' },
      undefined,
      /kerberos\.service\.name is not set, and sasl\.jaas\.config has no serviceN/,
    ],
    [
      { useTicketCache: 'true', serviceName: 'a' },
      'b',
      /service\.name is b, and serviceName in sasl\.jaas\.config is a/,
    ],
    [{ useKeyTab: 'true', principal: 'a' }, 'kafka', /useKeyTab=true and no keyTab/],
    [{ useKeyTab: 'true', keyTab: '/k' }, 'kafka', /useKeyTab=true and no principal/],
    [{ principal: 'a' }, 'kafka', /neither useKeyTab=true nor useTicketCache=true/],
  ])('are refused: %j, service %s', (options, service, words) => {
    expect(identity(options, service)).toMatchObject({
      message: expect.stringMatching(words) as string,
    });
  });

  it('are no secrets', () => {
    const jaas =
      'com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab="/k" ' +
      'principal="a@B";';
    expect(literalSecret('sasl.jaas.config', jaas)).toBeNull();
    expect(['storeKey', 'doNotPrompt', 'password'].map(isOpen)).toEqual([true, true, false]);
  });
});

describe('SASL/GSSAPI (RFC 4752)', () => {
  const said: string[] = [];
  /** A context that is complete after the broker's token, and whose wrapping adds nothing. */
  const standIn = (offer: string, replies: Partial<GssContext> = {}): GssContext => ({
    begin: (service, principal) =>
      Promise.resolve(void said.push(`begin ${service} ${String(principal)}`)),
    step: (challenge) =>
      Promise.resolve(
        challenge === ''
          ? { response: base64(1, 2), complete: false, username: '' }
          : { response: '', complete: true, username: 'alice@B' },
      ),
    unwrap: () => Promise.resolve(offer),
    wrap: (given, user) => (said.push(`wrap ${given} ${user}`), Promise.resolve(base64(9))),
    end: () => void said.push('end'),
    ...replies,
  });
  const exchange = (context: GssContext, host = 'Broker.Example.') =>
    saslGssapi({
      service: 'kafka',
      principal: 'alice',
      context: () => Promise.resolve(context),
      hostName: () => Promise.resolve('by-address'),
    }).begin(host);

  it('authenticates both sides, chooses no security layer, and names the user', async () => {
    said.length = 0;
    const bytes = exchange(standIn(base64(1, 1, 0, 0)));
    expect(await bytes.respond(null)).toEqual(Buffer.from([1, 2]));
    expect(await bytes.respond(Buffer.from([7]))).toEqual(Buffer.alloc(0));
    expect(await bytes.respond(Buffer.from([8]))).toEqual(Buffer.from([9]));
    expect(await bytes.respond(Buffer.alloc(0))).toBeNull();
    await expect(bytes.respond(Buffer.alloc(0))).rejects.toThrow(/goes on after the exchange/);
    // The package reads eight bytes of an offer that has four.
    const padded = base64(1, 1, 0, 0, 0, 0, 0, 0);
    expect(said).toEqual([
      'begin kafka@broker.example alice',
      `wrap ${padded} alice@B`,
      'end',
      'end',
    ]);
  });

  it('asks for a ticket to the name of an address', async () => {
    said.length = 0;
    await exchange(standIn(''), '10.0.0.1').respond(null);
    expect(said).toEqual(['begin kafka@by-address alice']);
  });

  it.each<[string, string, RegExp]>([
    ['integrity alone', base64(2, 0, 0, 0), /wants a security layer/],
    ['too little', base64(1, 0, 0), /malformed/],
    ['nothing', '', /malformed/],
    ['too much', base64(1, 0, 0, 0, 0), /malformed/],
  ])('refuses an offer of %s', async (_, offer, words) => {
    const bytes = exchange(standIn(offer));
    await bytes.respond(null);
    await bytes.respond(Buffer.from([7]));
    await expect(bytes.respond(Buffer.from([8]))).rejects.toThrow(words);
  });

  it('believes nobody before the broker has proved who it is', async () => {
    const early = exchange(standIn(base64(1, 0, 0, 0)));
    await early.respond(null);
    await expect(early.respond(Buffer.alloc(0))).rejects.toThrow(/ended the exchange too early/);
    const endless = exchange(
      standIn('', {
        step: () => Promise.resolve({ response: base64(1), complete: false, username: '' }),
      }),
    );
    const go = async () => {
      for (let turn = 0; turn < 100; turn++)
        await endless.respond(turn === 0 ? null : Buffer.from([1]));
    };
    await expect(go()).rejects.toThrow(/does not end/);
  });
});

describe('a ticket cache', () => {
  const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);
  const u32 = (value: number) =>
    Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
  const text = (value: string) => Buffer.concat([u32(value.length), Buffer.from(value)]);
  const principal = (realm: string, ...parts: string[]) =>
    Buffer.concat([u32(1), u32(parts.length), text(realm), ...parts.map(text)]);
  const credential = (server: Buffer, [start, end, renew]: readonly number[], renewable: boolean) =>
    Buffer.concat([
      ...[principal('B.C', 'alice'), server, u16(18), text('k'.repeat(32))],
      ...[
        u32(50),
        u32(start),
        u32(end),
        u32(renew),
        Buffer.from([0]),
        u32(renewable ? 0x00800000 : 0),
      ],
      ...[u32(1), u16(2), text('1234'), u32(0), text('the ticket'), text('')],
    ]);
  const head = Buffer.concat([u16(0x0504), u16(12), Buffer.alloc(12), principal('B.C', 'alice')]);
  const tgt = principal('B.C', 'krbtgt', 'B.C');

  it('tells whose it is, and when its ticket-granting ticket ends', async () => {
    const other = credential(principal('B.C', 'kafka', 'h'), [7, 8, 9], true);
    const config = credential(
      principal('X-CACHECONF:', 'krb5_ccache_conf_data', 'pa_type'),
      [0, 0, 0],
      false,
    );
    const cache = file(
      'full',
      Buffer.concat([head, config, credential(tgt, [100, 200, 900], true), other]),
    );
    expect(await readTicketCache(cache)).toEqual({
      principal: 'alice@B.C',
      ticket: { startMs: 100_000, endMs: 200_000, renewTillMs: 900_000 },
    });
    const fixed = file('fixed', Buffer.concat([head, credential(tgt, [0, 200, 0], false)]));
    expect((await readTicketCache(fixed)).ticket).toEqual({
      startMs: 50_000,
      endMs: 200_000,
      renewTillMs: null,
    });
    expect((await readTicketCache(file('empty', head))).ticket).toBeNull();
  });

  it('that is cut or none is refused', async () => {
    const whole = Buffer.concat([head, credential(tgt, [100, 200, 900], true)]);
    for (let length = 0; length < whole.length; length++) {
      if (length === head.length) continue;
      await expect(readTicketCache(file('cut', whole.subarray(0, length)))).rejects.toThrow(
        /ticket cache/,
      );
    }
    const huge = Buffer.concat([head, Buffer.alloc(40, 0xff)]);
    await expect(readTicketCache(file('huge', huge))).rejects.toThrow(/ticket cache/);
  });

  it('is found by its name', async () => {
    file('primary', 'tktabc\n');
    expect(await ticketCacheFile('FILE:/a b')).toBe('/a b');
    expect(await ticketCacheFile('/plain')).toBe('/plain');
    expect(await ticketCacheFile(`DIR:${folder}`)).toBe(`${folder}/tktabc`);
    expect(await ticketCacheFile('DIR::/d/tkt')).toBe('/d/tkt');
    expect(await ticketCacheFile('DIR:/none')).toBe('/none/tkt');
    expect(await ticketCacheFile('KEYRING:persistent:0')).toBeNull();
    expect(await ticketCacheFile('KCM:')).toBeNull();
    expect(await ticketCacheFile('')).toMatch(/^\/tmp\/krb5cc_\d+$/);
  });

  const HOUR = 3_600_000;
  const ticket = (startMs: number, endMs: number, renewTillMs: number | null) => ({
    startMs,
    endMs,
    renewTillMs,
  });
  it.each([
    ['after 80 % of its life', ticket(0, HOUR, 9 * HOUR), 0, 0, 0.8 * HOUR],
    ['later by the jitter', ticket(0, HOUR, 9 * HOUR), 0, 1, 0.85 * HOUR],
    [
      'not within a minute',
      ticket(0, HOUR, 9 * HOUR),
      0.79 * HOUR + 30_000,
      0,
      0.79 * HOUR + 90_000,
    ],
    [
      'at once where it ends within a minute',
      ticket(0, HOUR, 9 * HOUR),
      HOUR - 59_000,
      0,
      HOUR - 59_000,
    ],
    ['never once it has ended', ticket(0, HOUR, 9 * HOUR), HOUR + 1, 0, null],
    ['never where it would not live longer', ticket(0, HOUR, HOUR), 0, 0, null],
    ['never where it cannot be', ticket(0, HOUR, null), 0, 0, null],
  ])('is renewed %s (KerberosLogin)', (_, of, nowMs, random, expected) => {
    const rules = { windowFactor: 0.8, windowJitter: 0.05, minMs: 60_000 };
    expect(renewalTimeMs(of, nowMs, rules, () => random)).toBe(expected);
  });

  it('and a keytab tell whose keys they hold', async () => {
    const entry = Buffer.concat([
      u16(2),
      u16(3),
      Buffer.from('B.C'),
      u16(5),
      Buffer.from('kafka'),
      u16(1),
      Buffer.from('h'),
    ]);
    const hole = Buffer.concat([u32(-3 >>> 0), Buffer.from('xxx')]);
    const keytab = file(
      'k',
      Buffer.concat([u16(0x0502), hole, u32(entry.length), entry, u32(entry.length), entry]),
    );
    const found = await keytabPrincipals(keytab);
    expect(found).toEqual(['kafka/h@B.C']);
    expect(
      ['kafka/h', 'kafka/h@B.C', 'kafka/h@X', 'h'].map((name) => hasPrincipal(found, name)),
    ).toEqual([...[true, true, false, false]]);
    await expect(keytabPrincipals(file('n', 'x'))).rejects.toThrow(/no keytab/);
    const broken = Buffer.concat([u16(0x0502), u32(4), u16(9), u16(99)]);
    await expect(keytabPrincipals(file('b', broken))).rejects.toThrow(/broken keytab/);
  });
});

describe('the process with the package', () => {
  const clientOf = (step: string) => `module.exports = {
    GSS_C_MUTUAL_FLAG: 2, GSS_C_SEQUENCE_FLAG: 8, GSS_C_INTEG_FLAG: 32, GSS_MECH_OID_KRB5: 9,
    initializeClient: async (service, options) => ({
      username: 'alice@B',
      contextComplete: true,
      step: async (challenge) => { ${step} },
      unwrap: async (text) => text + '1',
      wrap: async (text, { user }) => text + user,
    }),
  };`;

  it('answers for each context, and lives only as long as it is wanted', async () => {
    const tell = clientOf(
      'return JSON.stringify({ challenge, service, options, own: process.env.KRB5CCNAME })',
    );
    const running = await KerberosProcess.start(file('stand-in.cjs', tell), {
      KRB5CCNAME: 'MEMORY:x',
    });
    const context = running.context();
    await context.begin('kafka@h', 'alice');
    const step = await context.step('abc');
    expect(step).toMatchObject({ complete: true, username: 'alice@B' });
    expect(JSON.parse(step.response)).toEqual({
      challenge: 'abc',
      service: 'kafka@h',
      options: { principal: 'alice', flags: 42, mechOID: 9 },
      own: 'MEMORY:x',
    });
    expect(await context.unwrap('m')).toBe('m1');
    expect(await context.wrap('m', 'u')).toBe('mu');
    await expect(running.context().step('abc')).rejects.toThrow(/context has ended/);
    context.end();
    await expect(context.step('abc')).rejects.toThrow(/context has ended/);
    running.close();
    expect(running.running).toBe(false);
    await expect(context.step('abc')).rejects.toThrow(/it was closed/);
  });

  it('tells in short words what Kerberos says, and that it fell', async () => {
    const says =
      'Unspecified GSS failure.  Minor code may provide more information: Ticket expired';
    const failing = await KerberosProcess.start(
      file('says.cjs', clientOf(`throw new Error('${says}')`)),
      {},
    );
    const context = failing.context();
    await context.begin('kafka@h', null);
    await expect(context.step('')).rejects.toThrow(/^Ticket expired$/);
    failing.close();
    const falling = await KerberosProcess.start(file('falls.cjs', clientOf('process.abort()')), {});
    const other = falling.context();
    await other.begin('kafka@h', null);
    await expect(other.step('')).rejects.toThrow(/its process ended \(SIGABRT\)/);
    expect(falling.running).toBe(false);
  });

  it('does not start with a package that cannot be loaded', async () => {
    const broken = file('broken.cjs', "throw new Error('no libgssapi_krb5.so.2')");
    await expect(KerberosProcess.start(broken, {})).rejects.toThrow(/no libgssapi_krb5\.so\.2/);
  });

  it('ends with whoever started it, however that ended', async () => {
    const entry = path.resolve('dist/src/connect/security/kerberos/kerberos-child.js');
    const parent = fork(
      file(
        'parent.mjs',
        `import { fork } from 'node:child_process';
         const child = fork(process.argv[2], [process.argv[3]], { execArgv: [] });
         child.once('message', () => process.send(child.pid));`,
      ),
      [entry, file('hangs.cjs', clientOf('for (;;);'))],
      { execArgv: [] },
    );
    const pid = await new Promise<number>((resolve) => parent.once('message', resolve));
    parent.kill('SIGKILL');
    await expect
      .poll(
        () => {
          try {
            return process.kill(pid, 0);
          } catch {
            return false;
          }
        },
        { timeout: 10_000 },
      )
      .toBe(false);
  });
});

describe('where something is missing', () => {
  const login = (jaas: Record<string, string>) =>
    kerberosLogin(
      new Map([['sasl.kerberos.service.name', 'kafka']]),
      new Map(Object.entries(jaas)),
      {
        network: tcpNetwork,
        clock: systemClock,
        random: Math.random,
      },
    );

  it('the package is named, with the remedy', async () => {
    const cwd = process.cwd();
    process.chdir(folder);
    try {
      const entry = Buffer.from('0001 0001 42 0001 61'.replaceAll(' ', ''), 'hex');
      const keytab = file(
        'a.keytab',
        Buffer.concat([Buffer.from([5, 2, 0, 0, 0, entry.length]), entry]),
      );
      const error = await login({ useKeyTab: 'true', keyTab: keytab, principal: 'a' }).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(AbsentError);
      expect((error as Error).message).toMatch(
        /needs the npm package kerberos, .*run `npm install kerberos`/,
      );
    } finally {
      process.chdir(cwd);
    }
  });

  it('the JAAS option is', async () => {
    const error = await login({}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).not.toBeInstanceOf(AbsentError);
  });
});
