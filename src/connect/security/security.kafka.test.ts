import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import { kafkaAdmin } from '../../session/topics/kafka-admin.js';
import { openAccess } from '../../targets/external/access.js';
import { consumeRecords, runKafkaTool } from '../../testing/kafka/kafka-tools.js';
import { runToEnd } from '../../targets/kafka/processes/child-process.js';
import { probe } from '../../targets/external/probe.js';
import { makeAuthority } from './tls/make-certificates.js';
import { filesBelow, runKbench } from '../../testing/kbench-command.js';
import { describeWithKafkaJars, testedVersions } from '../../testing/kafka/kafka-fixture.js';
import { serveTokens, unsecuredToken, type TokenServer } from '../../testing/kafka/oauth-server.js';
import {
  PASSWORD,
  REAUTHENTICATE_MS,
  SCRAM_PASSWORD,
  startSecureKafka,
  USER,
  type ListenerName,
  type SecureKafka,
} from '../../testing/kafka/secure-kafka.js';
import { produce, produceFor } from '../../testing/kafka/produce-numbered.js';
import { CoreProducer } from '../../producer-core/parts.js';
import { AuthenticationError } from '../broker-errors.js';

const MODULES = 'org.apache.kafka.common.security';
const folder = mkdtempSync(path.join(tmpdir(), 'kbench-security-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string): string => {
  const full = path.join(folder, name);
  writeFileSync(full, content, { mode: 0o600 });
  return full;
};
/** As users have it: the secret in a file of its own. */
const passwordFile = file('password', `${PASSWORD}\n`);
const scramFile = file('scram-password', SCRAM_PASSWORD);

const plain = (password = `\${file:${passwordFile}}`) => ({
  'sasl.mechanism': 'PLAIN',
  'sasl.jaas.config':
    `${MODULES}.plain.PlainLoginModule required username="${USER}" ` + `password="${password}";`,
});
const scram = (bits: 256 | 512, password = `\${file:${scramFile}}`) => ({
  'sasl.mechanism': `SCRAM-SHA-${bits}`,
  'sasl.jaas.config':
    `${MODULES}.scram.ScramLoginModule required username="${USER}" ` + `password="${password}";`,
});

const oauth = (url: string, secretFile = file('client-secret', 'client-s3cret')) => ({
  'sasl.mechanism': 'OAUTHBEARER',
  'sasl.oauthbearer.token.endpoint.url': url,
  'sasl.oauthbearer.client.credentials.client.id': 'kbench',
  'sasl.oauthbearer.client.credentials.client.secret': `\${file:${secretFile}}`,
});

/**
 * Makes a token of `seconds`, as a module by its default export, and printed when run as a program.
 */
const tokenMaker = (seconds: number): string =>
  file(
    `tokens-${seconds}.mjs`,
    `const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
     const make = () => {
       const iat = Math.floor(Date.now() / 1000);
       return part({ alg: 'none' }) + '.' + part({ sub: '${USER}', iat, \
exp: iat + ${seconds} }) + '.';
     };
     export default () => ({ token: make(), lifetimeMs: ${seconds * 1000}, \
extensions: { traceId: 'x' } });
     if (process.argv[2] === 'print') console.log(make());`,
  );
const commandOf = (...argv: string[]) => `command:${JSON.stringify(argv)}`;
const tokenCommand = (maker: string) => ({
  'sasl.mechanism': 'OAUTHBEARER',
  'sasl.login.callback.handler.class': commandOf(process.execPath, maker, 'print'),
});

for (const version of testedVersions) {
  await describeWithKafkaJars(
    `Apache Kafka ${version} with security`,
    () => {
      let kafka: SecureKafka;
      let tokens: TokenServer;
      let trust: Record<string, string>;
      beforeAll(async () => {
        kafka = await startSecureKafka(version, path.join(folder, version));
        tokens = await serveTokens(300);
        trust = { 'ssl.truststore.location': file('ca.pem', kafka.authority.certificate) };
      });
      afterAll(async () => {
        tokens?.close();
        await kafka?.cluster.close();
      });

      /** Every way in that must work, by the topic that is written to. */
      const ways = (): Record<string, readonly [ListenerName, Record<string, string>]> => {
        const keystore = file('client.pem', kafka.client.key + kafka.client.certificate);
        const tls = { 'security.protocol': 'SSL', ...trust };
        const sasl = { 'security.protocol': 'SASL_PLAINTEXT' };
        const both = { 'security.protocol': 'SASL_SSL', ...trust };
        const tokenFile = file('token.jwt', unsecuredToken(300));
        return {
          'way-tls': ['TLS', tls],
          'way-tls12': ['TLS', { ...tls, 'ssl.enabled.protocols': 'TLSv1.2' }],
          'way-mtls': ['MTLS', { ...tls, 'ssl.keystore.location': keystore }],
          'way-other-name': ['OTHERNAME', { ...tls, 'ssl.endpoint.identification.algorithm': '' }],
          'way-plain': ['SASL', { ...sasl, ...plain() }],
          'way-scram-256': ['SASL', { ...sasl, ...scram(256) }],
          'way-scram-512-tls': ['SASLTLS', { ...both, ...scram(512) }],
          'way-oauth': ['SASLTLS', { ...both, ...oauth(tokens.url) }],
          'way-oauth-file': ['SASL', { ...sasl, ...oauth(`file://${tokenFile}`) }],
          'way-token-command': ['SASL', { ...sasl, ...tokenCommand(tokenMaker(300)) }],
          'way-token-module': [
            'SASLTLS',
            {
              ...both,
              'sasl.mechanism': 'OAUTHBEARER',
              'sasl.login.callback.handler.class': tokenMaker(300),
            },
          ],
          'way-oauth-unsecured': [
            'SASL',
            {
              ...sasl,
              'sasl.mechanism': 'OAUTHBEARER',
              'sasl.jaas.config':
                `${MODULES}.oauthbearer.OAuthBearerLoginModule required ` +
                `unsecuredLoginStringClaim_sub="${USER}";`,
            },
          ],
        };
      };

      const access = (settings: Record<string, string>) => openAccess(settings);
      const producerFor = (listener: ListenerName, settings: Record<string, string>, hooks = {}) =>
        new CoreProducer({
          settings: {
            'bootstrap.servers': kafka.address(listener),
            'max.block.ms': 20_000,
            ...settings,
          },
          hooks: { onBatchDone: () => undefined, ...hooks },
        });

      /**
       * `topic:partition:records` of every topic of the pattern, sorted: one tool for all, as each
       * takes seconds.
       */
      const countRecords = async (pattern: string) => {
        const { stdout } = await runKafkaTool(
          'org.apache.kafka.tools.GetOffsetShell',
          ['--bootstrap-server', kafka.cluster.bootstrap[0], '--topic-partitions', pattern],
          { timeoutMs: 60_000, version },
        );
        return stdout.trim().split('\n').sort();
      };

      it('takes records by every mechanism, which Java’s GetOffsetShell then counts', async () => {
        const failed: string[] = [];
        for (const [topic, [listener, settings]] of Object.entries(ways())) {
          try {
            const opened = await access(settings);
            expect(await kafkaAdmin([kafka.address(listener)], opened).create(topic, fresh)).toBe(
              true,
            );
            opened.close();
            expect(await produce(producerFor(listener, settings), topic, 500)).toBe(500);
          } catch (error) {
            failed.push(`${topic}: ${String(error)}`);
          }
        }
        expect(failed).toEqual([]);
        const counted = await countRecords('way-.*');
        expect(counted).toEqual(
          Object.keys(ways())
            .map((topic) => `${topic}:0:500`)
            .sort(),
        );
      });

      const refused: readonly [
        what: string,
        () => readonly [ListenerName, Record<string, string>],
        words: RegExp,
      ][] = [
        [
          'an authority that is not trusted',
          () => [
            'TLS',
            {
              'security.protocol': 'SSL',
              'ssl.truststore.certificates': makeAuthority('other').certificate,
            },
          ],
          /authority that is not trusted.*ssl\.truststore\.location/,
        ],
        [
          'a host name that the certificate lacks',
          () => ['OTHERNAME', { 'security.protocol': 'SSL', ...trust }],
          /not for the host 127\.0\.0\.1: it names broker\.example/,
        ],
        [
          'no client certificate',
          () => ['MTLS', { 'security.protocol': 'SSL', ...trust }],
          /wants a certificate of this client/,
        ],
        [
          'a client certificate of a stranger',
          () => {
            const stranger = makeAuthority('other').issue({ name: 'mallory' });
            const keystore = file('mallory.pem', stranger.key + stranger.certificate);
            return [
              'MTLS',
              { 'security.protocol': 'SSL', ...trust, 'ssl.keystore.location': keystore },
            ];
          },
          /refuses this client’s certificate/,
        ],
        [
          'a wrong password (PLAIN)',
          () => ['SASL', { 'security.protocol': 'SASL_PLAINTEXT', ...plain('wr0ng-secret') }],
          /Authentication failed: Invalid username or password/,
        ],
        [
          'a wrong password (SCRAM)',
          () => [
            'SASLTLS',
            { 'security.protocol': 'SASL_SSL', ...trust, ...scram(256, 'wr0ng-secret') },
          ],
          /Authentication failed .* due to invalid credentials with SASL mechanism SCRAM-SHA-256/,
        ],
        [
          'a mechanism that the broker does not offer',
          () => ['SHORTTLS', { 'security.protocol': 'SASL_SSL', ...trust, ...plain() }],
          /does not offer SASL mechanism PLAIN, only SCRAM-SHA-256/,
        ],
        [
          'a token that has expired',
          () => {
            const tokenFile = file('old.jwt', unsecuredToken(-60));
            return [
              'SASL',
              { 'security.protocol': 'SASL_PLAINTEXT', ...oauth(`file://${tokenFile}`) },
            ];
          },
          /invalid_token|expired/i,
        ],
        [
          'a client secret that the token endpoint does not know',
          () => {
            const secret = file('bad-secret', 'wr0ng-secret');
            return [
              'SASL',
              { 'security.protocol': 'SASL_PLAINTEXT', ...oauth(tokens.url, secret) },
            ];
          },
          /token endpoint http.*status 401: invalid_client: who are you\?/,
        ],
        [
          'a token command that fails',
          () => {
            const settings = {
              ...tokenCommand(file('fails.mjs', 'console.error("no session"); process.exit(4);')),
            };
            return ['SASL', { 'security.protocol': 'SASL_PLAINTEXT', ...settings }];
          },
          /no OAuth token: tokenCommand .* ended with exit code 4: no session/,
        ],
        [
          'SASL on a listener without',
          () => ['TLS', { 'security.protocol': 'SASL_SSL', ...trust, ...plain() }],
          /this listener does without SASL/,
        ],
      ];
      it.each(refused)('tells %s, at once and without a secret', async (_, way, words) => {
        const [listener, settings] = way();
        const producer = producerFor(listener, settings);
        const startMs = performance.now();
        const error = await producer.connect().then(
          () => null,
          (reason: unknown) => reason,
        );
        await producer.close(0);
        expect(error).toBeInstanceOf(AuthenticationError);
        expect((error as AuthenticationError).retriable).toBe(false);
        expect((error as Error).message).toMatch(words);
        expect(performance.now() - startMs).toBeLessThan(10_000);
        const told = [(error as Error).message];
        const opened = await access(settings).catch(
          (reason: unknown) => void told.push(String(reason)),
        );
        if (opened) {
          const outcome = await probe(kafka.address(listener), 5_000, opened);
          opened.close();
          expect(outcome.ok ? 'ok' : outcome.failure.message).toMatch(words);
          if (!outcome.ok) told.push(outcome.failure.message);
        }
        expect(told.join()).not.toMatch(/wr0ng-secret|Passw0rd|client-s3cret|eyJ/);
      });

      it.each<[string, ListenerName | null, Record<string, string>, string, RegExp]>([
        [
          'TLS to a plaintext port',
          null,
          { 'security.protocol': 'SSL' },
          'plaintext',
          /without TLS/,
        ],
        ['plaintext to a TLS port', 'TLS', {}, 'tls', /speaks TLS/],
        ['plaintext to a SASL port', 'SASL', {}, 'needs-authentication', /as a SASL listener does/],
        [
          'SASL without TLS to a TLS port',
          'SASLTLS',
          { 'security.protocol': 'SASL_PLAINTEXT', ...plain() },
          'tls',
          /TLS/,
        ],
      ])('a probe tells %s', async (_, listener, settings, kind, words) => {
        const opened = await access(settings);
        const address = listener === null ? kafka.cluster.bootstrap[0] : kafka.address(listener);
        const outcome = await probe(address, 2_000, opened);
        opened.close();
        expect(outcome.ok ? 'ok' : outcome.failure).toMatchObject({
          kind,
          message: expect.stringMatching(words) as string,
        });
      });

      it('renews its session under load, and loses, doubles or disorders nothing', async () => {
        // Renewed at 8 s. A token's last second would be too short: brokers refuse two
        // authentications within one.
        const short = await serveTokens(10);
        const ways: Record<string, readonly [ListenerName, Record<string, string>]> = {
          'renew-plain': ['SHORT', { 'security.protocol': 'SASL_PLAINTEXT', ...plain() }],
          'renew-scram': ['SHORTTLS', { 'security.protocol': 'SASL_SSL', ...trust, ...scram(256) }],
          'renew-oauth': [
            'SHORT',
            {
              'security.protocol': 'SASL_PLAINTEXT',
              ...oauth(short.url),
              'sasl.login.refresh.min.period.seconds': '0',
              'sasl.login.refresh.buffer.seconds': '0',
            },
          ],
          'renew-token-command': [
            'SHORT',
            {
              'security.protocol': 'SASL_PLAINTEXT',
              ...tokenCommand(tokenMaker(10)),
              'sasl.login.refresh.min.period.seconds': '0',
              'sasl.login.refresh.buffer.seconds': '0',
            },
          ],
        };
        const sent = await Promise.all(
          Object.entries(ways).map(async ([topic, [listener, settings]]) => {
            const opened = await access(settings);
            await kafkaAdmin([kafka.address(listener)], opened).create(topic, fresh);
            opened.close();
            const producer = producerFor(listener, { ...settings, acks: 'all', 'linger.ms': '0' });
            const result = await produceFor(producer, topic, 5 * REAUTHENTICATE_MS);
            return [topic, result] as const;
          }),
        );
        short.close();
        expect(short.given()).toBeGreaterThan(2);
        expect(await countRecords('renew-.*')).toEqual(
          sent.map(([topic, { records }]) => `${topic}:0:${records}`).sort(),
        );
        for (const [topic, { records, connections }] of sent) {
          // One to the bootstrap address and one to the broker; without renewal the broker would
          // have closed the latter with each session's end. One more is for a machine that stood
          // still for so long that a request came too late.
          expect(connections).toBeLessThanOrEqual(3);
          const read = await consumeRecords(kafka.cluster.bootstrap[0], topic, records, {
            timeoutMs: 60_000,
            version,
          });
          expect(read.findIndex(({ value }, i) => value?.readUInt32BE(0) !== i)).toBe(-1);
        }
      });

      it('reads a trust store of Java’s keytool', async () => {
        const store = path.join(folder, `trust-${version}.p12`);
        const certificate = trust['ssl.truststore.location'];
        const made = await runToEnd(
          process.env['JAVA_HOME']
            ? path.join(process.env['JAVA_HOME'], 'bin', 'keytool')
            : 'keytool',
          [
            ...['-importcert', '-noprompt', '-alias', 'ca', '-file', certificate],
            ...['-keystore', store, '-storetype', 'PKCS12', '-storepass', 'changeit'],
          ],
          { timeoutMs: 60_000 },
        );
        expect(made.code).toBe(0);
        const settings = { 'security.protocol': 'SSL', 'ssl.truststore.location': store };
        const opened = await access({ ...settings, 'ssl.truststore.password': 'changeit' });
        expect((await probe(kafka.address('TLS'), 5_000, opened)).ok).toBe(true);
        await expect(
          access({ ...settings, 'ssl.truststore.password': 'wrong-one' }),
        ).rejects.toThrow(/trust-.*\.p12 cannot be read: its password is wrong/);
      });

      it('runs a whole sweep over SASL_SSL, and leaves no secret anywhere', async () => {
        const yaml = `name: secured
target:
  bootstrap: ["${kafka.address('SASLTLS')}"]
  security:
    security.protocol: SASL_SSL
    ssl.truststore.location: ./ca.pem
    sasl.mechanism: SCRAM-SHA-512
    sasl.jaas.config: ${MODULES}.scram.ScramLoginModule required username="${USER}" \
password="\${env:KBENCH_TEST_PASSWORD}";
workload: {records: 5000, warmup: {records: 500}, workers: 2}
sweep: {linger.ms: [0ms, 5ms]}
repeats: 1
`;
        const out = path.join(folder, `results-${version}`);
        const run = await runKbench(
          folder,
          ['run', file('secured.yaml', yaml), '--out', out, '--json'],
          {
            KBENCH_TEST_PASSWORD: SCRAM_PASSWORD,
          },
        );
        expect(run).toMatchObject({ code: 0 });
        const results = path.join(out, 'secured');
        const files = filesBelow(results);
        const runs = files.filter((name) => path.basename(path.dirname(name)) === 'runs');
        expect(runs).toHaveLength(2);
        for (const name of runs) {
          const result = JSON.parse(readFileSync(name, 'utf8')) as RunResult;
          expect(result).toMatchObject({
            status: 'completed',
            measurement: { records: { acked: 5000, failed: 0 } },
          });
        }
        const environment = files.find((name) => name.endsWith('environment.json'))!;
        expect(readFileSync(environment, 'utf8')).toContain('"SASL_SSL (SCRAM-SHA-512)"');
        const again = ['run', path.join(folder, 'secured.yaml'), '--out', out, '--quiet'];
        const wrong = await runKbench(folder, again, { KBENCH_TEST_PASSWORD: 'wr0ng-secret' });
        expect(wrong.code).toBe(107);
        expect(wrong.stderr).toContain('authentication failed at the bootstrap address:');
        expect(wrong.stderr).toContain('invalid credentials with SASL mechanism SCRAM-SHA-512');
        const unset = await runKbench(folder, again, {});
        expect(unset.code).toBe(104);
        expect(unset.stderr).toContain('${env:KBENCH_TEST_PASSWORD} cannot be resolved');
        const texts = filesBelow(results).map((name) => readFileSync(name, 'latin1'));
        texts.push(JSON.stringify([run, wrong, unset]));
        for (const secret of [SCRAM_PASSWORD, 'wr0ng-secret']) {
          const forms = [
            secret,
            Buffer.from(secret).toString('base64'),
            Buffer.from(secret).toString('hex'),
          ];
          for (const form of forms) expect(texts.findIndex((text) => text.includes(form))).toBe(-1);
        }
      });
    },
    version,
  );
}

const fresh = { kind: 'fresh', partitions: 1, replicationFactor: 1, config: {} } as const;
