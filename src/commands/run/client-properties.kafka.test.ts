// One file of settings, as it is, in the hands of Java's own tool and of kbench: both get into the
// same secured broker by it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import { DEFAULT_KAFKA_VERSION } from '../../targets/kafka/kafka-rules.js';
import { runKafkaTool } from '../../testing/kafka/kafka-tools.js';
import { describeWithKafkaJars } from '../../testing/kafka/kafka-fixture.js';
import { filesBelow, runKbench } from '../../testing/kbench-command.js';
import {
  PASSWORD,
  startSecureKafka,
  USER,
  type SecureKafka,
} from '../../testing/kafka/secure-kafka.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-client-properties-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LIMIT = { timeoutMs: 60_000 };
const MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule';
/** For JAAS, then for a properties file. */
const QUOTED = PASSWORD.replaceAll(/["\\]/g, '\\$&').replaceAll('\\', '\\\\');

await describeWithKafkaJars('a client.properties', () => {
  let kafka: SecureKafka;
  beforeAll(async () => {
    kafka = await startSecureKafka(DEFAULT_KAFKA_VERSION, path.join(folder, 'broker'));
  });
  afterAll(() => kafka?.cluster.close());

  const write = (jaas: string, more = '') => {
    writeFileSync(path.join(folder, 'ca.pem'), kafka.authority.certificate);
    const text = `# For all clients.
bootstrap.servers = ${kafka.address('SASLTLS')}
security.protocol = SASL_SSL
sasl.mechanism: PLAIN
sasl.jaas.config = ${MODULE} required \\
    username="${USER}" \\
    ${jaas};
ssl.truststore.type=PEM
ssl.truststore.location=${path.join(folder, 'ca.pem')}
group.id = someone
linger.ms = 7
${more}`;
    writeFileSync(path.join(folder, 'client.properties'), text);
    writeFileSync(
      path.join(folder, 'sweep.yaml'),
      'target: {properties: client.properties}\nworkload: {records: 2000, warmup: none}\n' +
        'repeats: 1\n',
    );
  };

  const java = async () => {
    const file = path.join(folder, 'client.properties');
    const server = ['--bootstrap-server', kafka.address('SASLTLS'), '--command-config'];
    const create = ['--create', '--if-not-exists', '--topic', 'by-java'];
    const made = await runKafkaTool(
      'org.apache.kafka.tools.TopicCommand',
      [...create, ...server, file],
      LIMIT,
    );
    if (made.code !== 0) return made;
    const load = [
      '--topic',
      'by-java',
      '--num-records',
      '10',
      '--record-size',
      '10',
      '--throughput',
      '-1',
    ];
    return runKafkaTool(
      'org.apache.kafka.tools.ProducerPerformance',
      [...load, ...server, file],
      LIMIT,
    );
  };

  const kbench = () =>
    runKbench(folder, ['run', 'sweep.yaml', '--out', 'out', '--json', '--no-canary'], {});

  it('with the password in it lets both in, and kbench keeps no copy of it', async () => {
    write(`password="${QUOTED}"`);
    expect(await java()).toMatchObject({ code: 0 });
    const run = await kbench();
    expect(run).toMatchObject({ code: 0 });
    const files = filesBelow(path.join(folder, 'out'));
    const result = files.find((name) => name.endsWith('0001.json'))!;
    const { measurement } = JSON.parse(readFileSync(result, 'utf8')) as RunResult;
    expect(measurement?.records).toMatchObject({ acked: 2000, failed: 0 });
    const texts = [...files.map((name) => readFileSync(name, 'utf8')), run.stdout, run.stderr];
    const forms = [PASSWORD, QUOTED, JSON.stringify(PASSWORD).slice(1, -1), 'own-Passw0rd'];
    for (const form of forms) expect(texts.findIndex((text) => text.includes(form))).toBe(-1);
  });

  it('with references to config.providers lets both in', async () => {
    const provider = 'org.apache.kafka.common.config.provider.FileConfigProvider';
    const secrets = path.join(folder, 'secrets.properties');
    write(
      `password="\${vault:${secrets}:pw}"`,
      `config.providers=vault\nconfig.providers.vault.class=${provider}\n`,
    );
    writeFileSync(secrets, `pw=${QUOTED}\n`);
    expect(await java()).toMatchObject({ code: 0 });
    expect(await kbench()).toMatchObject({ code: 0 });
    writeFileSync(secrets, 'pw=wr0ng\n');
    const wrong = await kbench();
    expect(wrong).toMatchObject({
      code: 107,
      stderr: expect.stringContaining('Invalid username or password') as string,
    });
    rmSync(secrets);
    const gone = expect.stringContaining(
      `\${vault:${secrets}:pw} cannot be read (ENOENT)`,
    ) as string;
    expect(await kbench()).toMatchObject({ code: 104, stderr: gone });
  });
});
