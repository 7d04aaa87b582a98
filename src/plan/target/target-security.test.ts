import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../base/errors.js';
import { formatProblems } from '../../base/format-error.js';
import { planSweep, type LoadOptions } from '../load-sweep.js';
import { describeTarget, shownTarget } from '../text/plan-text.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-target-security-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="alice"';
const SECRET = 'hunter2-Secret';

function sweepOf(security: string, target = 'bootstrap: ["a:1"]'): string {
  return `target:\n  ${target}\n  security:\n${security.replaceAll(/^/gm, '    ')}\n`;
}

const target = (text: string, options: LoadOptions = {}) =>
  planSweep('/sweeps/my.yaml', text, options).target;

/** All that the user is shown. */
function refusal(text: string, options: LoadOptions = {}): string {
  const file = path.join(folder, 'sweep.yaml');
  writeFileSync(file, text);
  try {
    planSweep(file, text, options);
  } catch (error) {
    if (error instanceof ConfigurationError) return formatProblems(error).replaceAll(file, 'F');
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('target.security', () => {
  it('holds Java’s settings, with paths from the file’s folder and references as they are', () => {
    const text = sweepOf(
      [
        'security.protocol: SASL_SSL',
        'ssl.truststore.location: ./ca.pem',
        'ssl.truststore.password: ${env:TRUST}',
        'sasl.mechanism: SCRAM-SHA-512',
        `sasl.jaas.config: ${SCRAM} password="\${file:secrets/pw}";`,
        'sasl.login.connect.timeout.ms: 5s',
      ].join('\n'),
    );
    expect(target(text)).toEqual({
      kind: 'external',
      bootstrap: ['a:1'],
      security: {
        'security.protocol': 'SASL_SSL',
        'ssl.truststore.location': '/sweeps/ca.pem',
        'ssl.truststore.password': '${env:TRUST}',
        'sasl.mechanism': 'SCRAM-SHA-512',
        'sasl.jaas.config': `${SCRAM} password="\${file:/sweeps/secrets/pw}";`,
        'sasl.login.connect.timeout.ms': '5000',
      },
    });
    expect(target(text, { modulesFrom: '/elsewhere' })).toMatchObject({
      security: { 'ssl.truststore.location': '/elsewhere/ca.pem' },
    });
    expect(JSON.stringify(planSweep('/x.yaml', text).plan)).not.toContain('sasl');
    expect(describeTarget(target(text))).toBe('a:1, SASL_SSL (SCRAM-SHA-512)');
    expect(shownTarget(target(text))).toEqual(target(text));
    const leaked = {
      kind: 'external',
      bootstrap: [],
      security: { 'ssl.key.password': SECRET },
    } as const;
    expect(shownTarget(leaked)).toMatchObject({ security: { 'ssl.key.password': '[hidden]' } });
  });

  it('takes tokens from a module or a command, with paths from the file’s folder', () => {
    const bearer = 'security.protocol: SASL_SSL\nsasl.mechanism: OAUTHBEARER\n';
    const handlerOf = (line: string, options: LoadOptions = {}) => {
      const { target } = planSweep('/sweeps/my.yaml', sweepOf(bearer + line), options);
      return (target as { security: Record<string, string> }).security[
        'sasl.login.callback.handler.class'
      ];
    };
    const run = (...argv: string[]) => `command:${JSON.stringify({ run: argv, in: '/sweeps' })}`;
    expect(handlerOf('tokenCommand: [get-token, --for, 010, "a b"]')).toBe(
      run('get-token', '--for', '010', 'a b'),
    );
    expect(handlerOf('tokenCommand: [./get.sh, ./x]')).toBe(run('/sweeps/get.sh', './x'));
    const overrides = ['target.security.tokenCommand=[get-token, b]'];
    expect(handlerOf('tokenCommand: [get-token, a]', { overrides })).toBe(run('get-token', 'b'));
    writeFileSync(path.join(folder, 'token.mjs'), '');
    expect(
      handlerOf('sasl.login.callback.handler.class: ./token.mjs', { modulesFrom: folder }),
    ).toBe(path.join(folder, 'token.mjs'));
  });

  it('finds keytabs and ticket caches beside the file, and takes none for a secret', () => {
    const module = 'com.sun.security.auth.module.Krb5LoginModule required';
    const jaasOf = (options: string) =>
      target(
        sweepOf(
          [
            'security.protocol: SASL_PLAINTEXT',
            'sasl.kerberos.service.name: kafka',
            `sasl.jaas.config: '${module} ${options};'`,
          ].join('\n'),
        ),
      ) as { security: Record<string, string> };
    const read = (options: string) =>
      jaasOf(options)
        .security['sasl.jaas.config'].slice(module.length + 1)
        .replace(';', '');
    const rest = 'useKeyTab=true storeKey=true principal="a@B.C"';
    expect(read(`keyTab="./a.keytab" ${rest}`)).toBe(`keyTab="/sweeps/a.keytab" ${rest}`);
    expect(read(`keyTab = "FILE:a b.keytab" ${rest}`)).toBe(
      `keyTab = "FILE:/sweeps/a b.keytab" ${rest}`,
    );
    expect(read(`keyTab="/etc/a.keytab" ${rest}`)).toBe(`keyTab="/etc/a.keytab" ${rest}`);
    expect(read(`keyTab="\${env:KEYTAB}" ${rest}`)).toBe(`keyTab="\${env:KEYTAB}" ${rest}`);
    expect(read('useTicketCache=true ticketCache="KCM:"')).toBe(
      'useTicketCache=true ticketCache="KCM:"',
    );
    expect(describeTarget(jaasOf('useTicketCache=true') as never)).toBe(
      'a:1, SASL_PLAINTEXT (GSSAPI)',
    );
  });

  it.each([
    [
      'tokenCommand: get-token',
      /tokenCommand is no list of a program and its arguments\n {2}-> write e\.g\./,
    ],
    ['tokenCommand: []', /is no list/],
    ['tokenCommand: [get-token, [a]]', /is no list/],
    ['tokenCommand: [get-token, null]', /is no list/],
    [
      'tokenCommand: [get-token, "${env:PW}"]',
      /holds a reference to a secret.*\n {2}-> let the program read it/,
    ],
    ['tokenCommand: [get-token, "-p=${file:./pw}"]', /holds a reference to a secret/],
    ['tokenCommand: [get, --client-secret, hunter2x]', /holds a secret in its arguments/],
    ['tokenCommand: [get, --password=hunter2x]', /holds a secret in its arguments/],
    ['tokenCommand: [sh, -c, "curl -d client_secret=hunter2x h"]', /holds a secret in its arg/],
    [
      'tokenCommand: [a]\nsasl.login.callback.handler.class: ./sweep.yaml',
      /both tokenCommand and sasl\.login/,
    ],
    [
      'sasl.login.callback.handler.class: ./nowhere.mjs',
      /there is no .*nowhere\.mjs\n {2}-> correct the path/,
    ],
    ['sasl.login.callback.handler.class: com.acme.X', /class of Java's/],
    [
      'tokenComand: [a]',
      /unknown key target\.security\.tokenComand\n {2}-> did you mean tokenCommand/,
    ],
  ])('refuses %j once, with its line', (line, words) => {
    const told = refusal(
      sweepOf(`security.protocol: SASL_SSL\nsasl.mechanism: OAUTHBEARER\n${line}`),
    );
    expect(told).toMatch(words);
    expect(told.match(/^F:\d/gm)).toHaveLength(1);
    expect(told).not.toContain('hunter2x');
  });

  it.each([
    '[aws, secretsmanager, get-secret-value, --secret-id, a/b]',
    '[sh, -c, "curl -d client_secret=$SECRET h"]',
    '[get, --password-file, ./pw, --client-secret, $SECRET, --password-stdin]',
    '[get, --token-type=jwt, --api-key-from=env]',
  ])('takes tokenCommand: %s, which holds no secret', (line) => {
    const bearer = 'security.protocol: SASL_SSL\nsasl.mechanism: OAUTHBEARER\n';
    expect(() =>
      planSweep('/sweeps/my.yaml', sweepOf(`${bearer}tokenCommand: ${line}`)),
    ).not.toThrow();
  });

  it('stays in force with --bootstrap, and takes --set by bare names and by path', () => {
    const text = sweepOf('security.protocol: SSL');
    expect(target(text, { bootstrap: 'b:2' })).toEqual({
      kind: 'external',
      bootstrap: ['b:2'],
      security: { 'security.protocol': 'SSL' },
    });
    const overrides = [
      'security.protocol=SASL_SSL',
      'target.security.sasl.mechanism=PLAIN',
      'sasl.jaas.config="${env:KAFKA_JAAS}"',
    ];
    expect(target(text, { overrides })).toMatchObject({
      bootstrap: ['a:1'],
      security: {
        'security.protocol': 'SASL_SSL',
        'sasl.mechanism': 'PLAIN',
        'sasl.jaas.config': '${env:KAFKA_JAAS}',
      },
    });
  });

  it.each([
    [
      'sasl.jaas.config',
      `sasl.jaas.config: ${SCRAM} password="${SECRET}";`,
      /its password.*\n {2}-> write password="\$\{env:NAME\}"/s,
    ],
    ['text that is no JAAS', `sasl.jaas.config: ${SECRET}`, /\$\{env:NAME\}/],
    ['a folded text', `sasl.jaas.config: >-\n  ${SCRAM}\n  password="${SECRET}";`, /its password/],
    [
      'a JAAS text without its semicolon',
      `sasl.jaas.config: ${SCRAM} password="\${env:NAME}"`,
      /sasl\.jaas\.config cannot be read: it does not end with a semicolon/,
    ],
    [
      'a JAAS text without quotes',
      `sasl.jaas.config: ${SCRAM} password=\${env:NAME};`,
      /sasl\.jaas\.config cannot be read: .*quotes/,
    ],
    [
      'a store’s password',
      `ssl.keystore.password: ${SECRET}`,
      /ssl\.keystore\.password is a secret.*\$\{file:PATH\}/s,
    ],
    [
      'a key',
      `ssl.keystore.key: |\n  -----BEGIN PRIVATE KEY-----\n  ${SECRET}`,
      /ssl\.keystore\.key is a secret/,
    ],
    [
      'a client secret',
      `sasl.oauthbearer.client.credentials.client.secret: ${SECRET}`,
      /client\.secret is a secret/,
    ],
    [
      'a list where a password stands',
      `ssl.key.password: [${SECRET}]`,
      /a list stands where one value/,
    ],
  ])('refuses %s, with the line and without the secret', (_, line, words) => {
    const told = refusal(
      sweepOf(`security.protocol: SASL_SSL\nsasl.mechanism: SCRAM-SHA-512\n${line}`),
    );
    expect(told).toMatch(words);
    expect(told).toMatch(/F:[67]/);
    expect(told).not.toContain(SECRET);
  });

  it.each([
    `ssl.key.password=${SECRET}`,
    `target.security.ssl.key.password=${SECRET}`,
    `producer.ssl.key.password=${SECRET}`,
    `sweep.ssl.key.password=[${SECRET}]`,
    `sasl.jaas.config='${SCRAM} password="${SECRET}";'`,
    `sasl.jaas.config="${SECRET}`,
  ])('refuses a secret on the command line without showing it: --set %s', (assignment) => {
    const told = refusal(sweepOf('security.protocol: SSL'), { overrides: [assignment] });
    expect(told).toMatch(
      /--set [\w.]+=\[hidden\]: .*(?:is a secret|holds a secret|cannot be read)/,
    );
    expect(told).not.toContain(SECRET);
  });

  it.each([
    [
      `producer: {sasl.jaas.config: ${SECRET}}`,
      /sasl\.jaas\.config does not belong here\n.*target: \{bootstrap: \[\.\.\.\], security/,
    ],
    [`sweep: {ssl.key.password: [${SECRET}]}`, /does not belong here/],
    [`points: [{sasl.jaas.config: ${SECRET}}]`, /does not belong here/],
    [`exclude: [{ssl.key.password: ${SECRET}}]`, /does not belong here/],
    [`ssl.key.password: ${SECRET}`, /it belongs under target\.security:/],
    [`security: {ssl.key.password: ${SECRET}}`, /it belongs under target:/],
    [
      `target: {embedded: {}, security: {ssl.key.password: ${SECRET}}}`,
      /for clusters that target\.bootstrap names/,
    ],
  ])('is the only place for it: %j', (text, words) => {
    const told = refusal(text);
    expect(told).toMatch(words);
    expect(told).not.toContain(SECRET);
  });

  it.each([
    [
      'security.protokoll: SSL',
      /unknown key target\.security\.security\.protokoll\n {2}-> did you mean security\.protocol/,
    ],
    ['linger.ms: 5ms', /linger\.ms is no security setting/],
    ['sasl.mechanism: PLAIN', /has no security\.protocol/],
    ['security.protocol: SASL_SSL', /Java's default is GSSAPI/],
    ['security.protocol: SSL\nssl.truststore.type: BKS', /BKS is not a type of store/],
    ['security.protocol: SSL\nssl.provider: x', /class of Java's/],
    ['security.protocol: TLS', /one of PLAINTEXT, SSL/],
    ['- security.protocol', /is not a mapping/],
  ])('is checked as Java’s producer would: %j', (security, words) => {
    expect(refusal(sweepOf(security))).toMatch(words);
  });
});
