// `kbench cluster up | status | down` as a user types them, in a cache of the test's own that has
// the jars of the user's; and what is left of it once its supervisor was killed.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { processIdentity } from '../base/process-identity.js';
import { cacheFolder } from '../targets/kafka/cache-folder.js';
import { runKafkaTool } from '../testing/kafka/kafka-tools.js';
import { describeWithKafkaJars } from '../testing/kafka/kafka-fixture.js';
import { runKbench } from '../testing/kbench-command.js';

const TEST_MS = 240_000;
const folder = mkdtempSync(path.join(tmpdir(), 'kbench-cluster-'));
const temporary = path.join(folder, 'tmp');
mkdirSync(temporary);
mkdirSync(path.join(folder, 'cache'));
symlinkSync(path.join(cacheFolder(), 'kafka'), path.join(folder, 'cache', 'kafka'));
const environment = { KBENCH_CACHE: path.join(folder, 'cache'), TMPDIR: temporary };
afterAll(async () => {
  await kbench('down', '--all');
  rmSync(folder, { recursive: true, force: true });
});

const kbench = (...args: string[]) => runKbench(folder, ['cluster', ...args], environment);

interface Up {
  readonly bootstrap: readonly string[];
  readonly clientProperties: string;
  readonly supervisor: number;
  readonly brokers: readonly { readonly pid: number }[];
}

await describeWithKafkaJars('kbench cluster', () => {
  it(
    'up stands, says how to get in, is known to status, and is gone after down',
    async () => {
      const up = await kbench('up', '--json', '--config', 'num.io.threads=2');
      expect(up.code, up.stderr).toBe(0);
      const { bootstrap, clientProperties, brokers } = JSON.parse(up.stdout) as Up;
      const args = ['--bootstrap-server', bootstrap[0], '--command-config', clientProperties];
      const main = 'org.apache.kafka.tools.TopicCommand';
      const tool = await runKafkaTool(main, [...args, '--create', '--topic', 't'], {
        timeoutMs: 90_000,
      });
      expect(tool.code).toBe(0);
      expect((await kbench('status')).stdout).toMatch(/broker 1 {2}127\.0\.0\.1:\d+ {2}answers/);
      const again = await kbench('up');
      expect(again).toMatchObject({ code: 107, stdout: '' });
      expect(again.stderr).toMatch(/the cluster kafka is up already: 127.*\n.*cluster down/);
      expect((await kbench('down')).code).toBe(0);
      expect(processIdentity(brokers[0].pid)).toBeNull();
      expect(readdirSync(temporary)).toEqual([]);
      expect((await kbench('status')).stdout).toMatch(/^No cluster stands/);
      const none = await kbench('down');
      expect(none).toMatchObject({ code: 107 });
    },
    TEST_MS,
  );

  it(
    'kill -9 of what holds it ends the brokers, and the next start removes the rest',
    async () => {
      const up = await kbench('up', '--name', 'killed', '--json');
      expect(up.code, up.stderr).toBe(0);
      const { supervisor, brokers, clientProperties } = JSON.parse(up.stdout) as Up;
      process.kill(supervisor, 'SIGKILL');
      await expect.poll(() => processIdentity(brokers[0].pid), { timeout: 20_000 }).toBeNull();
      expect((await kbench('status', '--json')).stdout).toBe('{\n  "clusters": []\n}\n');
      expect(existsSync(clientProperties)).toBe(false);
      expect(readdirSync(temporary)).toEqual([]);
    },
    TEST_MS,
  );

  it('refuses a port that is taken, and leaves nothing behind', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const up = await kbench('up', '--name', 'port', '--port', String(port));
    server.close();
    expect(up.code).toBe(107);
    expect(up.stderr).toMatch(/port \d+ of 127\.0\.0\.1 is taken by another process\n.*--port/);
    expect(up.stderr).not.toMatch(/ at .*\.js/);
    expect(readdirSync(temporary)).toEqual([]);
  }, 60_000);
});
