// Sweeps whose tokens come from a program, by the built command against a real broker.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { threadEntry } from '../../../base/thread-entry.js';
import { filesBelow, runKbench } from '../../../testing/kbench-command.js';
import { describeWithKafkaJars, testedVersions } from '../../../testing/kafka/kafka-fixture.js';
import { startSecureKafka, USER, type SecureKafka } from '../../../testing/kafka/secure-kafka.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-token-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string): string => {
  const full = path.join(folder, name);
  writeFileSync(full, content, { mode: 0o600 });
  return full;
};
/** A process that has ended may wait for somebody to take note. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

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

for (const version of testedVersions) {
  await describeWithKafkaJars(
    `Apache Kafka ${version} with tokens from outside`,
    () => {
      let kafka: SecureKafka;
      beforeAll(async () => {
        kafka = await startSecureKafka(version, path.join(folder, `broker-${version}`));
      });
      afterAll(() => kafka?.cluster.close());

      it('runs a sweep with a relative tokenCommand, renews it, shows it nowhere', async () => {
        const printed = path.join(folder, 'printed-tokens');
        rmSync(printed, { force: true });
        const script =
          `#!/bin/sh\n"${process.execPath}" ./tokens-10.mjs print | tee ` + '-a printed-tokens\n';
        chmodSync(file('get-token.sh', script), 0o755);
        tokenMaker(10);
        const yaml = `name: tokens
target:
  bootstrap: ["${kafka.address('SHORT')}"]
  security:
    security.protocol: SASL_PLAINTEXT
    sasl.mechanism: OAUTHBEARER
    tokenCommand: [./get-token.sh]
    sasl.login.refresh.min.period.seconds: 0
    sasl.login.refresh.buffer.seconds: 0
workload: {rate: 100/s, duration: 15s, warmup: 1s, workers: 2}
repeats: 1
`;
        const out = path.join(folder, `token-results-${version}`);
        const elsewhere = mkdtempSync(path.join(tmpdir(), 'kbench-elsewhere-'));
        const sweep = file('tokens.yaml', yaml);
        const checked = await runKbench(elsewhere, ['validate', sweep, '--json'], {});
        expect(checked).toMatchObject({ code: 0 });
        const run = await runKbench(elsewhere, ['run', sweep, '--out', out, '--json'], {});
        rmSync(elsewhere, { recursive: true });
        expect(run).toMatchObject({ code: 0 });
        const tokens = readFileSync(printed, 'utf8').trim().split('\n');
        // One of the probe's, and of each worker one and its successor.
        expect(tokens.length).toBeGreaterThanOrEqual(5);
        const files = filesBelow(out);
        const result = files.find((name) => path.basename(path.dirname(name)) === 'runs')!;
        expect(JSON.parse(readFileSync(result, 'utf8'))).toMatchObject({
          status: 'completed',
          measurement: { records: { acked: 1500, failed: 0 } },
        });
        const texts = [
          ...files.map((name) => readFileSync(name, 'latin1')),
          JSON.stringify([checked, run]),
        ].join();
        for (const token of tokens) expect(texts).not.toContain(token.split('.')[1]);
      });

      it('ends with the first signal while a token command is slow, and it too', async () => {
        tokenMaker(300);
        const pidFile = path.join(folder, `slow-pid-${version}`);
        const lines = [
          // The probe's comes at once, a worker's never.
          `[ -f probed-${version} ] && { sleep 91 & echo $! > "${pidFile}.new"; ` +
            `mv "${pidFile}.new" "${pidFile}"; wait; }`,
          `touch probed-${version}`,
          `exec "${process.execPath}" ./tokens-300.mjs print`,
        ];
        chmodSync(file('slow-token.sh', `#!/bin/sh\n${lines.join('\n')}\n`), 0o755);
        const yaml = `name: slow-token
target:
  bootstrap: ["${kafka.address('SASL')}"]
  security:
    security.protocol: SASL_PLAINTEXT
    sasl.mechanism: OAUTHBEARER
    tokenCommand: [./slow-token.sh]
workload: {records: 100, workers: 1}
repeats: 1
`;
        const args = [
          'run',
          file('slow-token.yaml', yaml),
          '--out',
          path.join(folder, 'slow-token-results'),
        ];
        const child = spawn(
          process.execPath,
          [threadEntry(import.meta.url, '../../../main.js'), ...args],
          {
            stdio: 'ignore',
            timeout: 100_000,
          },
        );
        const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
        await expect.poll(() => existsSync(pidFile), { timeout: 60_000 }).toBe(true);
        const pid = Number(readFileSync(pidFile, 'utf8'));
        const before = performance.now();
        child.kill('SIGINT');
        expect(await ended).toBe(105);
        expect(performance.now() - before).toBeLessThan(10_000);
        await expect.poll(() => isRunning(pid), { timeout: 5_000 }).toBe(false);
      });
    },
    version,
  );
}
