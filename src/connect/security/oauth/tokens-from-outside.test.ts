import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../base/clock.js';
import { AbsentError, ConfigError } from '../../broker-errors.js';
import { readGivenToken } from './given-token.js';
import { oauthBearer } from './oauth-bearer.js';
import { findProgram, runProgram } from './run-program.js';
import { keepSecrets } from '../secrets/secret-keeper.js';
import { commandHandler, TOKEN_HANDLER } from './token-handler.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-tokens-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOW = 1_800_000_000_000;
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: object = { sub: 'alice', exp: NOW / 1000 + 60, iat: NOW / 1000 }) =>
  `${part({ alg: 'none' })}.${part(claims)}.c2ln`;
const file = (name: string, text: string, mode = 0o644): string => {
  const full = path.join(folder, name);
  writeFileSync(full, text);
  chmodSync(full, mode);
  return full;
};
const { signal } = new AbortController();
const context = { clock: systemClock, random: () => 0, modulesFrom: folder };

/** The first message to the broker after a login, or why there is none. */
async function firstMessage(
  handler: string,
  options: Readonly<Record<string, string>> = {},
): Promise<string> {
  const settings = new Map([[TOKEN_HANDLER, handler]]);
  const bearer = await oauthBearer(settings, new Map(Object.entries(options)), context);
  try {
    await bearer.login();
    const message = await bearer.mechanism.begin('broker').respond(null);
    return message!.toString().replaceAll('\u0001', '|');
  } finally {
    bearer.close();
  }
}
/** A process that has ended may wait for somebody to take note. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
const failureOf = (handler: string) =>
  firstMessage(handler).then(
    () => 'no failure',
    (error: unknown) => (error as Error).message,
  );

describe('when a token ends', () => {
  const opaque = 'ya29.opaque_token~1==';
  it.each<[string, unknown, number]>([
    ['its own claim', jwt(), NOW + 60_000],
    ['its own claim, of a token alone in an object', { token: jwt() }, NOW + 60_000],
    ['lifetimeMs, a date as Java has it', { token: opaque, lifetimeMs: NOW + 5 }, NOW + 5],
    ['lifetimeMs, too small for a date', { token: opaque, lifetimeMs: 900_000 }, NOW + 900_000],
    ['the MSK signer’s expiryTime', { token: opaque, expiryTime: NOW + 7 }, NOW + 7],
    ['a token endpoint’s expires_in', { access_token: opaque, expires_in: 3599 }, NOW + 3_599_000],
    ['expires_in as text', { access_token: opaque, expires_in: '60' }, NOW + 60_000],
    [
      'the Azure tool’s expires_on',
      { accessToken: opaque, expires_on: NOW / 1000 + 9 },
      NOW + 9000,
    ],
    ['a date as text', { token: opaque, expires: '2027-01-15T08:00:30Z' }, NOW + 30_000],
    ['a Date', { value: opaque, expires: new Date(NOW + 1) }, NOW + 1],
    [
      'seconds or milliseconds since 1970',
      { token: opaque, expiresAt: NOW / 1000 + 1 },
      NOW + 1000,
    ],
    [
      'what is said beside a JWT before what is said in it',
      { token: jwt(), expires_in: 1 },
      NOW + 1000,
    ],
  ])('is known from %s', (_, given, expiresMs) => {
    expect(readGivenToken(given, NOW, 'sub').expiresMs).toBe(expiresMs);
  });

  it.each<[unknown, RegExp]>([
    [undefined, /gave nothing, not a token/],
    [42, /gave a number/],
    [[jwt()], /gave a list/],
    [{ tokn: jwt() }, /has no `token`/],
    [{ token: 7 }, /`token` is a number/],
    ['', /token it gave is empty/],
    [`${jwt()}\n${jwt()}`, /no token: .*line breaks/],
    [opaque, /no JWT, and nothing else says when it ends.*expires_in/],
    [{ token: opaque, expires: 'tomorrow' }, /`expires` is no time/],
    [{ token: opaque, expires_in: -2e12 }, /`expires_in` is no time/],
    [{ token: opaque, expires_in: 0 }, /has expired .*, 0 s ago by this machine’s clock/],
    [jwt({ sub: 'alice', exp: NOW / 1000 - 90 }), /has expired \(2027-01-15T07:58:30.000Z\), 90 s/],
    [jwt({ sub: 'alice', exp: -1e300 }), /has expired|claim/],
    [{ token: opaque, lifetimeMs: 1, extensions: { 'a b': 'x' } }, /extension `a b`/],
    [{ token: opaque, lifetimeMs: 1, extensions: 'x' }, /`extensions` are no object/],
  ])('or it is refused without being shown: %j', (given, words) => {
    expect(() => readGivenToken(given, NOW, 'sub')).toThrow(words);
    expect(() => readGivenToken(given, NOW, 'sub')).not.toThrow(/ya29|eyJ/);
  });
});

describe('tokenCommand', () => {
  const node = (script: string, ...args: string[]) =>
    commandHandler({ program: process.execPath, args: ['-e', script, ...args], folder });
  afterEach(() => keepSecrets({ note: () => undefined, without: (text) => text }));

  it('sends what the program printed, as text or as JSON, with its extensions', async () => {
    const token = jwt();
    expect(await firstMessage(node(`console.log(process.argv[1])`, token))).toBe(
      `n,,|auth=Bearer ${token}||`,
    );
    const json = JSON.stringify({
      token: 'opaque',
      expires_in: 60,
      extensions: { logicalCluster: 'lkc-1' },
    });
    expect(
      await firstMessage(node(`console.log(process.argv[1])`, json), { extension_traceId: '7' }),
    ).toBe('n,,|auth=Bearer opaque|traceId=7|logicalCluster=lkc-1||');
  });

  it('is run without a shell, in the sweep’s folder, with the environment there is', async () => {
    process.env['KBENCH_TEST_TOKEN'] = jwt();
    const script = file(
      'token.sh',
      '#!/bin/sh\n[ "$1" = "a b;*" ] && [ -f token.sh ] && echo "$KBENCH_TEST_TOKEN"\n',
      0o755,
    );
    const relative = { program: './token.sh', args: ['a b;*'], folder };
    expect(await firstMessage(commandHandler(relative))).toContain(jwt());
    expect(await firstMessage(commandHandler({ ...relative, program: script }))).toContain(jwt());
    delete process.env['KBENCH_TEST_TOKEN'];
  });

  it.each<[string, string, RegExp]>([
    [
      'exit code and stderr',
      'console.error("login\\nexpired"); process.exit(3)',
      /ended with exit code 3: login \| expired$/,
    ],
    [
      'a signal',
      'process.kill(process.pid, "SIGTERM"); setInterval(() => 0, 1e3)',
      /was ended by SIGTERM$/,
    ],
    ['that nothing was printed', '', /printed nothing on stdout$/],
    ['broken JSON', 'console.log("{token:")', /begins as JSON does, and is none$/],
    ['usage text', 'console.log("Usage: get-token X")', /is no token/],
    [
      'too much',
      'process.stdout.write("x".repeat(2e6)); setInterval(() => 0, 1e3)',
      /printed more than 1 MiB/,
    ],
    [
      'the end of a long stderr',
      'console.error("x".repeat(9e3) + "the END"); process.exit(1)',
      /: \.\.\.x+the END$/,
    ],
  ])('tells %s', async (_, script, words) => {
    expect(await failureOf(node(script))).toMatch(words);
  });

  it('hides in stderr what stdout held, and what looks like a token', async () => {
    const secrets = new Set<string>();
    const without = (text: string) =>
      [...secrets].reduce((rest, secret) => rest.replaceAll(secret, '[hidden]'), text);
    keepSecrets({ note: (secret) => secrets.add(secret), without });
    const script =
      'console.log("opaque-token-0123456789"); console.error("GET ' +
      `opaque-token-0123456789 ${jwt()}"); process.exit(1)`;
    expect(await failureOf(node(script))).toMatch(/exit code 1: GET \[hidden\] \[hidden\]$/);
    await firstMessage(
      node('console.log(JSON.stringify({ token: "s3cret-of-json", expires_in: 9 }))'),
    );
    expect(secrets).toContain('s3cret-of-json');
  });

  it('is refused before anything runs where the program is not there', async () => {
    for (const program of ['kbench-no-such-program', './nowhere.sh', file('not-executable', 'x')]) {
      await expect(
        firstMessage(commandHandler({ program, args: [], folder })),
      ).rejects.toBeInstanceOf(AbsentError);
    }
    expect(findProgram('sh', null)).toMatch(/\/sh$/);
  });

  it('ends with what it started at the limit, or when it is broken off', async () => {
    const pidFile = path.join(folder, 'pid');
    const run = {
      program: 'sh',
      args: ['-c', `sleep 60 & echo $! > ${pidFile}; wait`],
      folder,
      signal,
    };
    expect((await runProgram({ ...run, limitMs: 700 })).failure).toBe('did not end within 0.7 s');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false);
    const closing = new AbortController();
    setTimeout(() => closing.abort(), 50);
    const failure = (await runProgram({ ...run, limitMs: 60_000, signal: closing.signal })).failure;
    expect(failure).toBe('was broken off');
    expect((await runProgram({ ...run, limitMs: 60_000, signal: closing.signal })).failure).toBe(
      'was broken off',
    );
  });

  it('does not wait for what holds its output open behind it', async () => {
    const run = {
      program: 'sh',
      args: ['-c', 'sleep 5 & echo a'],
      folder,
      signal,
      limitMs: 60_000,
    };
    expect(await runProgram(run)).toEqual({ stdout: 'a\n', failure: null });
  });
});

describe('a module of one’s own', () => {
  it.each<[string, string]>([
    ['a function', `export default async () => '${jwt()}';`],
    ['an object', `export default { token: () => ({ token: '${jwt()}' }) };`],
    [
      'a class',
      `export default class { async token() { return { token: '${jwt()}', ` +
        "principal: 'alice' }; } }",
    ],
  ])('gives tokens as %s', async (what, text) => {
    expect(await firstMessage(file(`${what.replace(/\W/g, '-')}.mjs`, text))).toBe(
      `n,,|auth=Bearer ${jwt()}||`,
    );
  });

  it('is told the settings and the login module’s options, and closed at the end', async () => {
    const text = `export default class {
      token({ settings, options, signal }) {
        return { token: [options.scope, Object.keys(settings).length, signal.aborted].join('.'), \
lifetimeMs: 60_000 };
      }
      close() { globalThis.kbenchTokensClosed = true; }
    }`;
    expect(await firstMessage(file('told.mjs', text), { scope: 'kafka' })).toBe(
      'n,,|auth=Bearer kafka.1.false||',
    );
    expect(globalThis).toHaveProperty('kbenchTokensClosed', true);
  });

  it('that fails is told, without a stack', async () => {
    const broken = file('broken.mjs', 'export default () => { throw new Error("no session") };');
    expect(await failureOf(broken)).toBe(`${TOKEN_HANDLER} ${broken}: threw: no session`);
    const evil = file('evil.mjs', 'export default () => { throw { toString() { throw 1; } }; };');
    expect(await failureOf(evil)).toMatch(/evil\.mjs: threw: an object without words$/);
    const quoting = file(
      'quoting.mjs',
      `export default () => { throw new Error('no ${jwt()} here'); };`,
    );
    expect(await failureOf(quoting)).toMatch(/quoting\.mjs: threw: no \[hidden\] here$/);
    const silly = file('silly.mjs', 'export default () => ({ tokn: 1 });');
    expect(await failureOf(silly)).toBe(`${TOKEN_HANDLER} ${silly}: what it gave has no \`token\``);
    const unfit = await firstMessage(file('unfit.mjs', 'export default 5;')).catch(
      (error: unknown) => error,
    );
    expect(unfit).toBeInstanceOf(ConfigError);
    expect((unfit as Error).message).toMatch(
      /does not export a token provider; .*class with token/,
    );
  });

  it('is the example for Amazon MSK, with the signer’s own names', async () => {
    const signer = path.join(folder, 'node_modules', 'aws-msk-iam-sasl-signer-js');
    mkdirSync(signer, { recursive: true });
    writeFileSync(
      path.join(signer, 'index.js'),
      "exports.generateAuthToken = async ({ region }) => ({ token: 'for-' + region, " +
        'expiryTime: Date.now() + 9e5 });',
    );
    const example = path.join(folder, 'msk-iam.mjs');
    copyFileSync('examples/modules/msk-iam.mjs', example);
    process.env['AWS_REGION'] = 'eu-west-1';
    expect(await firstMessage(example)).toBe('n,,|auth=Bearer for-eu-west-1||');
    delete process.env['AWS_REGION'];
  });

  it('that needs a package says which, as something that this machine lacks', async () => {
    const module = file(
      'needs.mjs',
      "import 'kbench-no-such-package/sub';\nexport default () => '';",
    );
    const error = await firstMessage(module).catch((reason: unknown) => reason);
    expect((error as Error).message).toMatch(
      /needs the npm package kbench-no-such-package; run `npm install kbench-no/,
    );
    expect(error).toBeInstanceOf(AbsentError);
  });
});
