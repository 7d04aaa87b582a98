import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../base/clock.js';
import { OAuthLogin, refreshTimeMs } from './oauth-login.js';
import { endpointTokens, readJwt, unsecuredTokens } from './oauth-token.js';
import { SaslError } from '../sasl/sasl-exchange.js';
import { saslOAuthBearer } from '../sasl/sasl-oauthbearer.js';
import { saslPlain } from '../sasl/sasl-plain.js';

const HOUR = 3_600_000;
const { signal } = new AbortController();
const rules = { windowFactor: 0.8, windowJitter: 0.05, minPeriodSeconds: 60, bufferSeconds: 300 };
const token = (issuedMs: number | null, expiresMs: number) => ({
  value: 'a.b.c',
  issuedMs,
  expiresMs,
});
const jwt = (claims: object) =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

describe('the time of the next login (ExpiringCredentialRefreshingLogin)', () => {
  it.each([
    ['80 % of the life', token(0, HOUR), 0, 0, 0.8 * HOUR],
    ['up to 85 % by jitter', token(0, HOUR), 0, 1, 0.85 * HOUR],
    [
      'counted from now where the token does not tell its start',
      token(null, HOUR),
      HOUR / 2,
      0,
      0.9 * HOUR,
    ],
    ['before the buffer at the end', token(0, 20 * 60_000), 0, 1, 15 * 60_000],
    ['after the least period', token(0, HOUR), 0.79 * HOUR, 0, 0.79 * HOUR + 60_000],
    ['within a life too short for both', token(0, 100_000), 0, 0, 80_000],
    ['soon again once it has expired', token(0, 1000), 5000, 0, 15_000],
  ])('%s', (_, issued, nowMs, random, expected) => {
    expect(refreshTimeMs(issued, nowMs, rules, () => random)).toBe(expected);
  });
});

describe('a login', () => {
  it('gets the next token ahead of the end, tries again, and ends with close', async () => {
    let nowMs = 1_000_000;
    const timers: { atMs: number; run: () => void }[] = [];
    const clock = {
      ...systemClock,
      epoch: () => nowMs,
      schedule: (delayMs: number, run: () => void) => {
        const timer = { atMs: nowMs + delayMs, run };
        timers.push(timer);
        return { cancel: () => void timers.splice(timers.indexOf(timer), 1) };
      },
    };
    const next = async () => {
      const timer = timers.shift()!;
      nowMs = timer.atMs;
      timer.run();
      await new Promise((resolve) => setImmediate(resolve));
    };
    let asked = 0;
    const source = () =>
      ++asked === 2
        ? Promise.reject(new SaslError('down'))
        : Promise.resolve({ value: `t${asked}`, issuedMs: nowMs, expiresMs: nowMs + HOUR });
    const login = new OAuthLogin(source, rules, clock, () => 0);
    expect(login.token).toBeNull();
    await login.login();
    expect(login.token?.value).toBe('t1');
    await next();
    expect([nowMs, login.token?.value]).toEqual([1_000_000 + 0.8 * HOUR, 't1']);
    await next();
    expect([nowMs, login.token?.value]).toEqual([1_000_000 + 0.8 * HOUR + 10_000, 't3']);
    expect(timers).toHaveLength(1);
    login.close();
    expect(timers).toHaveLength(0);
  });

  it('tells, once the token has ended, why there is no other', async () => {
    let nowMs = 0;
    const timers: (() => void)[] = [];
    const schedule = (_: number, run: () => void) => (
      timers.push(run),
      { cancel: () => undefined }
    );
    const clock = { ...systemClock, epoch: () => nowMs, schedule };
    const answers = [Promise.resolve(token(0, HOUR)), Promise.reject(new SaslError('exit code 3'))];
    answers[1].catch(() => undefined);
    const login = new OAuthLogin(
      () => answers.shift()!,
      rules,
      clock,
      () => 0,
    );
    await login.login();
    nowMs = 0.8 * HOUR;
    timers.shift()!();
    await new Promise((resolve) => setImmediate(resolve));
    expect(login.token?.value).toBe('a.b.c');
    nowMs = HOUR + 1;
    expect(() => login.token).toThrow(
      'the token has expired, and no new one could be had: exit code 3',
    );
    const message = saslOAuthBearer(() => login.token, {})
      .begin('broker')
      .respond(null);
    await expect(message).rejects.toBeInstanceOf(SaslError);
    login.close();
  });
});

describe('a token endpoint', () => {
  const servers: http.Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  interface Seen {
    readonly authorization: string;
    readonly body: string;
  }
  async function serve(answer: (asked: number) => readonly [status: number, body: string] | null) {
    const seen: Seen[] = [];
    const server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (data: Buffer) => (body += data.toString()));
      request.on('end', () => {
        seen.push({ authorization: request.headers.authorization ?? '', body });
        const told = answer(seen.length);
        if (told !== null) response.writeHead(told[0]).end(told[1]);
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/token`);
    const options = {
      ...{
        url,
        clientId: 'my id',
        clientSecret: 'hunter:2%',
        scope: 'a b',
        urlEncode: false,
        subClaim: 'sub',
      },
      ...{ connectTimeoutMs: 1000, readTimeoutMs: 200, retryBackoffMs: 5, retryBackoffMaxMs: 60 },
    };
    return { seen, options };
  }
  const good = JSON.stringify({
    access_token: jwt({ sub: 'alice', exp: 2_000_000_000, iat: 1_999_999_000 }),
  });

  it('is asked as RFC 6749 section 4.4 says, and as Java encodes', async () => {
    const { seen, options } = await serve(() => [200, good]);
    const { expiresMs, issuedMs } = await endpointTokens(options)(signal);
    expect([expiresMs, issuedMs]).toEqual([2_000_000_000_000, 1_999_999_000_000]);
    await endpointTokens({ ...options, urlEncode: true, scope: null })(signal);
    const credentials = seen.map(({ authorization }) =>
      Buffer.from(authorization.slice(6), 'base64').toString(),
    );
    expect(credentials).toEqual(['my id:hunter:2%', 'my+id:hunter%3A2%25']);
    expect(seen.map(({ body }) => body)).toEqual([
      'grant_type=client_credentials&scope=a b',
      'grant_type=client_credentials',
    ]);
  });

  it('is asked again where that may help, and not where it cannot', async () => {
    const flaky = await serve((asked) => (asked < 3 ? [503, 'busy'] : [200, good]));
    await endpointTokens({ ...flaky.options, retryBackoffMaxMs: 20_000 })(signal);
    expect(flaky.seen).toHaveLength(3);
    const refusing = await serve(() => [
      401,
      JSON.stringify({ error: 'invalid_client', secret: 'hunter2' }),
    ]);
    await expect(endpointTokens(refusing.options)(signal)).rejects.toThrow(
      /HTTP status 401: invalid_client$/,
    );
    expect(refusing.seen).toHaveLength(1);
    const down = await serve(() => [503, '']);
    await expect(
      endpointTokens({ ...down.options, retryBackoffMaxMs: 400 })(signal),
    ).rejects.toThrow(/HTTP status 503$/);
    expect(down.seen.length).toBeGreaterThan(1);
  });

  it('that hangs, or answers nonsense, is told', async () => {
    const mute = await serve(() => null);
    await expect(endpointTokens({ ...mute.options, retryBackoffMaxMs: 0 })(signal)).rejects.toThrow(
      /no answer within 200 ms/,
    );
    const closing = new AbortController();
    const broken = endpointTokens({ ...mute.options, readTimeoutMs: null })(closing.signal);
    setTimeout(() => closing.abort(), 20);
    await expect(broken).rejects.toBeInstanceOf(SaslError);
    const silly = await serve(() => [200, '<html>']);
    await expect(endpointTokens(silly.options)(signal)).rejects.toThrow(/no access_token/);
    await expect(
      endpointTokens({
        ...silly.options,
        url: new URL('http://127.0.0.1:1/x'),
        retryBackoffMaxMs: 0,
      })(signal),
    ).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('a token', () => {
  it.each([
    ['not a token', /no JWT/],
    ['a.b', /no JWT/],
    ['a.b\n.c', /no JWT/],
    [jwt({ sub: 'x' }), /no expiry/],
    [jwt({ exp: 1 }), /no subject/],
    [jwt({ exp: 1, sub: ' ' }), /no subject/],
    [`e30.${Buffer.from('[').toString('base64url')}.x`, /not JSON/],
  ])('is refused without being shown: %s', (value, words) => {
    expect(() => readJwt(value)).toThrow(words);
    expect(() => readJwt(value)).not.toThrow(value);
  });

  it('without a signature is made as Java’s unsecured login does', async () => {
    const { value, expiresMs, issuedMs } = await unsecuredTokens(
      { sub: 'alice', groups: ['a'] },
      60,
    )(signal);
    expect(expiresMs - issuedMs!).toBe(60_000);
    expect(readJwt(value).expiresMs).toBe(expiresMs);
    expect(value.endsWith('.')).toBe(true);
    expect(JSON.parse(Buffer.from(value.split('.')[0], 'base64url').toString())).toEqual({
      alg: 'none',
    });
  });
});

describe('OAUTHBEARER and PLAIN', () => {
  it('send the messages of RFC 7628 and RFC 4616', async () => {
    const bearer = saslOAuthBearer(() => token(0, 1), { traceId: '123' }).begin('broker');
    expect((await bearer.respond(null))?.toString()).toBe(
      'n,,\u0001auth=Bearer a.b.c\u0001traceId=123\u0001\u0001',
    );
    expect(await bearer.respond(Buffer.alloc(0))).toBeNull();
    const refused = saslOAuthBearer(() => token(0, 1), {}).begin('broker');
    await refused.respond(null);
    expect(await refused.respond(Buffer.from('{"status":"invalid_token"}'))).toEqual(
      Buffer.from([1]),
    );
    await expect(
      saslOAuthBearer(() => null, {})
        .begin('broker')
        .respond(null),
    ).rejects.toBeInstanceOf(SaslError);
    const plain = saslPlain('alice', 'pw').begin('broker');
    expect((await plain.respond(null))?.toString()).toBe('\0alice\0pw');
    expect(await plain.respond(Buffer.alloc(0))).toBeNull();
  });
});
