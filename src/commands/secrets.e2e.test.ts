// No secret gets out, whatever a stranger says and wherever the user wrote it: the built command
// against brokers and token endpoints that repeat what they were given, all that it prints and all
// that it saves searched in every dress.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PRODUCER_ID, startHostileBroker } from '../testing/hostile-broker.js';
import { filesBelow, runKbench } from '../testing/kbench-command.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-secrets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PASSWORD = 's3cr3t/Pa55w0rd+ü"<x>';

/** What the bytes look like in the words of any broker. */
function everyDress(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return [
    text,
    bytes.toString('base64'),
    bytes.toString('base64url'),
    Buffer.concat([Buffer.from('x'), bytes]).toString('base64'),
    Buffer.concat([Buffer.from('xy'), bytes]).toString('base64'),
    encodeURIComponent(text),
    encodeURIComponent(encodeURIComponent(text)),
    JSON.stringify({ auth: text }),
    bytes.toString('hex'),
    `[${[...new Int8Array(bytes)].join(', ')}]`,
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;'),
  ].join(' ; ');
}

/** Where the secret can be read or decoded from; empty where it cannot. */
function leaksIn(text: string, secret: string): string[] {
  const bytes = Buffer.from(secret);
  const middles = ['', 'x', 'xy'].map((before) => {
    const encoded = Buffer.from(before + secret)
      .toString('base64')
      .replaceAll('=', '');
    // The characters of which every bit is the secret's.
    return encoded.slice(before === '' ? 0 : 4, encoded.length - 1);
  });
  const forbidden = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    encodeURIComponent(secret),
    encodeURIComponent(encodeURIComponent(secret)),
    bytes.toString('hex'),
    [...new Int8Array(bytes)].join(', '),
    secret.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    ...middles,
    ...middles.map((middle) => middle.replaceAll('+', '-').replaceAll('/', '_')),
  ];
  return forbidden.filter((dress) => text.includes(dress));
}

function expectNoLeak(where: Readonly<Record<string, string>>, secret: string): void {
  for (const [name, text] of Object.entries(where))
    expect([name, leaksIn(text, secret)]).toEqual([name, []]);
}

function securedSweep(name: string, address: string): string {
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `target:
  bootstrap: ["${address}"]
  security:
    security.protocol: SASL_PLAINTEXT
    sasl.mechanism: PLAIN
    sasl.jaas.config: >-
      org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" \
password="\${env:PASSWORD}";
workload: {records: 100, warmup: none}
producer: {client.id: ${PRODUCER_ID}, max.block.ms: 3s}
repeats: 1
`,
  );
  return file;
}

describe('a broker that repeats what it was given', () => {
  it('shows no password on the terminal when it refuses the probe', async () => {
    const broker = await startHostileBroker({
      letsIn: false,
      says: (bytes) => `bad credentials: ${everyDress(bytes)}`,
    });
    const { code, stdout, stderr } = await runKbench(
      folder,
      ['run', securedSweep('probe', broker.address)],
      {
        PASSWORD,
      },
    );
    broker.close();
    expect([code, stderr.includes('bad credentials: '), stderr.includes('[hidden]')]).toEqual([
      107,
      true,
      true,
    ]);
    expectNoLeak({ stdout, stderr }, PASSWORD);
  });

  // Whatever the password is: figures, settings and files stay readable.
  it.concurrent.each([PASSWORD, 'linger', '12345678', '"'])(
    'puts no password into any output or file when it refuses the producer: %s',
    async (password) => {
      const name = `worker-${password.length}`;
      const says = (bytes: Buffer) => `\u001b[2J\u0007\u202e ${everyDress(bytes)}\n::error::owned`;
      const broker = await startHostileBroker({ letsIn: true, says });
      const run = await runKbench(
        folder,
        ['run', securedSweep(name, broker.address), '--no-canary'],
        {
          PASSWORD: password,
        },
      );
      broker.close();
      expect([run.code, run.stderr]).toEqual([
        107,
        expect.stringContaining('could not be deleted'),
      ]);
      const files = filesBelow(path.join(folder, 'results', name));
      const where = Object.fromEntries(
        files.map((file) => [path.basename(file), readFileSync(file, 'utf8')]),
      );
      expect(Object.keys(where)).toEqual(
        expect.arrayContaining(['0001.json', 'summary.json', 'report.md', 'report.html']),
      );
      expect(where['0001.json']).toContain('[hidden]');
      // Others are words and signs of ours as well.
      if (password === PASSWORD)
        expectNoLeak({ ...where, stdout: run.stdout, stderr: run.stderr }, password);
      else if (password.length > 1) {
        const { failure } = JSON.parse(where['0001.json']) as { failure: { message: string } };
        expectNoLeak({ message: failure.message }, password);
      }
      for (const [file, text] of Object.entries(where))
        if (file.endsWith('.json')) JSON.parse(text);
      // eslint-disable-next-line no-control-regex -- that is what must not be there
      const acting = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]|^\s*::/m;
      expect(run.stderr + run.stdout).not.toMatch(acting);
      const report = await runKbench(folder, ['report', path.join('results', name)], {});
      expect([report.code, report.stdout]).toEqual([
        0,
        expect.stringContaining('1 run failed (p01)'),
      ]);
    },
  );
});

describe('a token endpoint that repeats what it was given', () => {
  it('shows no client secret', async () => {
    const secret = 'cl1ent-s3cret/with+signs';
    const server = http.createServer((request, response) => {
      const basic = request.headers.authorization ?? '';
      const description = `${basic} ${everyDress(Buffer.from(basic.slice(6), 'base64'))}`;
      response
        .writeHead(401)
        .end(
          JSON.stringify({ error: 'invalid_client', error_description: description.slice(0, 900) }),
        );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const file = path.join(folder, 'oauth.yaml');
    writeFileSync(
      file,
      `target:
  bootstrap: ["127.0.0.1:1"]
  security:
    security.protocol: SASL_PLAINTEXT
    sasl.mechanism: OAUTHBEARER
    sasl.oauthbearer.token.endpoint.url: http://127.0.0.1:${port}/token
    sasl.oauthbearer.client.credentials.client.id: kbench
    sasl.oauthbearer.client.credentials.client.secret: \${env:SECRET}
`,
    );
    const { code, stdout, stderr } = await runKbench(folder, ['run', file], { SECRET: secret });
    server.close();
    expect([code, stderr.includes('invalid_client')]).toEqual([107, true]);
    expectNoLeak({ stdout, stderr }, secret);
  });
});
