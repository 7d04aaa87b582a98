import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../broker-errors.js';
import { fileTokens } from '../oauth/oauth-token.js';
import { HIDDEN, literalSecret, redacted } from './redact.js';
import { isReference, mapReferencePaths, resolveReferences } from './secret-reference.js';
import { securityConfigOf } from '../security-config.js';
import { loadTls } from '../tls/tls-material.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-secret-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());
const file = (name: string, content: string) => {
  const full = path.join(folder, name);
  writeFileSync(full, content);
  return full;
};

describe('a reference', () => {
  it('stands for an environment variable, a whole file, or a key of properties', async () => {
    vi.stubEnv('KBENCH_TEST_SECRET', 'from env ${env:HOME}');
    const whole = file('pw', '  from file\n');
    const properties = file(
      'pw.properties',
      '# a comment\na\\=b = x\\ny\\u0041\npassword: one \\\n   two\n! end\nempty=\n',
    );
    const resolve = (text: string) => resolveReferences(text, 'x');
    // What it stands for is not looked through again.
    expect(await resolve('${env:KBENCH_TEST_SECRET}')).toBe('from env ${env:HOME}');
    expect(await resolve(`<\${file:${whole}}|\${file:${properties}:password}>`)).toBe(
      '<  from file|one two>',
    );
    expect(await resolve(`\${file:${properties}:a=b}`)).toBe('x\nyA');
    expect(await resolve(`\${file:${properties}:empty}`)).toBe('');
    expect(await resolve('no reference, ${vault:x}')).toBe('no reference, ${vault:x}');
  });

  it.each([
    [
      '${env:KBENCH_TEST_NOT_SET}',
      /ssl\.key\.password: \$\{env:KBENCH_TEST_NOT_SET\} .*variable KBENCH_TEST_NOT_SET is not set/,
    ],
    ['${file:/no/such/file}', /\$\{file:\/no\/such\/file\} cannot be read \(ENOENT\)/],
    [`\${file:${file('other.properties', 'a=hunter2')}:b}`, /the file has no key b/],
  ])('that cannot be resolved is told by its own text: %s', async (text, words) => {
    const attempt = resolveReferences(`hunter2${text}`, 'ssl.key.password');
    await expect(attempt).rejects.toBeInstanceOf(ConfigError);
    await expect(attempt).rejects.toThrow(words);
    await expect(attempt).rejects.not.toThrow(/hunter2/);
  });

  it('to no regular file is refused at once: a pipe, a device, a folder', async () => {
    const fifo = path.join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const each of [fifo, '/dev/zero', folder]) {
      await expect(resolveReferences(`\${file:${each}}`, 'x')).rejects.toThrow(
        /is refused: it is not a regular file/,
      );
    }
    for (const setting of ['ssl.truststore.location', 'ssl.keystore.location']) {
      await expect(loadTls(new Map([[setting, fifo]]))).rejects.toThrow(
        /is refused: it is not a regular file/,
      );
    }
    await expect(
      fileTokens(pathToFileURL(fifo), 'sub')(new AbortController().signal),
    ).rejects.toThrow(/not a regular file/);
  });

  it('is told from a text that holds more', () => {
    expect(isReference(' ${env:A} ')).toBe(true);
    expect(['${env:A}b', '${env:}', 'env:A', '${vault:a}'].filter(isReference)).toEqual([]);
  });

  it('has paths that can be made absolute', () => {
    const change = (relative: string) => `/base/${relative}`;
    expect(mapReferencePaths('a ${file:pw} ${file:x.properties:key} ${env:B}', change)).toBe(
      'a ${file:/base/pw} ${file:/base/x.properties:key} ${env:B}',
    );
  });
});

describe('what may be shown', () => {
  const jaas = (password: string) => `x.Y required username="alice" password="${password}";`;
  it('hides secrets, and shows references to them', () => {
    expect(redacted('ssl.key.password', 'hunter2')).toBe(HIDDEN);
    expect(redacted('ssl.key.password', '${env:A}')).toBe('${env:A}');
    expect(redacted('sasl.jaas.config', jaas('hunter2'))).toBe(HIDDEN);
    expect(redacted('sasl.jaas.config', jaas('${env:A}'))).toBe(jaas('${env:A}'));
    expect(redacted('sasl.jaas.config', 'hunter2')).toBe(HIDDEN);
    expect(redacted('sasl.oauthbearer.client.credentials.client.secret', 'x')).toBe(HIDDEN);
    expect(redacted('ssl.keystore.key', '-----BEGIN PRIVATE KEY-----')).toBe(HIDDEN);
    // Certificates are for everyone, although Java hides them too.
    expect(redacted('ssl.truststore.certificates', '-----BEGIN CERTIFICATE-----')).toContain(
      'BEGIN',
    );
    expect(redacted('sasl.mechanism', 'PLAIN')).toBe('PLAIN');
    expect(redacted('batch.size', '1')).toBe('1');
  });

  it('is not the settings of a producer’s configuration', () => {
    const config = securityConfigOf({ 'security.protocol': 'SSL', 'ssl.key.password': 'hunter2' });
    expect(config.given.get('ssl.key.password')).toBe('hunter2');
    expect(inspect(config, { showHidden: true, depth: 9 }) + JSON.stringify(config)).not.toContain(
      'hunter2',
    );
  });

  it('names which option of a JAAS text is the secret', () => {
    expect(literalSecret('sasl.jaas.config', jaas('x'))).toBe('password');
    expect(
      literalSecret('sasl.jaas.config', 'x.Y required clientId="a" clientSecret="b" scope="c";'),
    ).toBe('clientSecret');
    expect(
      literalSecret('sasl.jaas.config', 'x.Y required clientSecret="${env:A}" extension_a="b";'),
    ).toBeNull();
  });
});

describe('a file that holds nothing but a secret', () => {
  it.each([
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret\n\n', 'secret\n'],
    [' secret \t', ' secret \t'],
    ['secret \n', 'secret '],
    ['secret\r', 'secret\r'],
    ['\n', ''],
  ])('%j is %j: one newline at its end goes, and nothing else', async (content, secret) => {
    expect(await resolveReferences(`\${file:${file('exact', content)}}`, 'x')).toBe(secret);
  });
});
