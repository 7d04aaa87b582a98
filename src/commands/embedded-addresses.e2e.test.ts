import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { threadEntry } from '../base/thread-entry.js';
import { Producer } from '../producer-core/index.js';
import { runKbench } from '../testing/kbench-command.js';

const root = path.join(import.meta.dirname, '../..');
const kbench = threadEntry(import.meta.url, '../main.js');
const running: ChildProcess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await ended;
  }
});

interface Started {
  readonly servers: string;
  readonly printed: string;
  readonly log: () => string;
}

/** The command as a user starts it, once it has printed its addresses. */
function embedded(...args: string[]): Promise<Started> {
  const all = [kbench, 'embedded', '--port', '0', '--topic', 't:1', ...args];
  const child = spawn(process.execPath, all, { timeout: 60_000 });
  running.push(child);
  let output = '';
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  return new Promise((resolve, reject) => {
    child.on('close', () => reject(new Error(errors)));
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      const servers = /^bootstrap\.servers=(.*)$/m.exec(output)?.[1];
      if (servers !== undefined && output.includes('Ctrl-C'))
        resolve({ servers, printed: output, log: () => errors });
    });
  });
}

async function sendTo(servers: string): Promise<number> {
  const producer = new Producer({ 'bootstrap.servers': servers, 'max.block.ms': 10_000 });
  try {
    return (await producer.send({ topic: 't', value: 'v' })).offset;
  } finally {
    await producer.close();
  }
}

describe('kbench embedded', () => {
  it.each([
    ['::1', [], /^\[::1\]:\d+,\[::1\]:\d+$/],
    ['[::1]', [], /^\[::1\]:\d+,\[::1\]:\d+$/],
    ['0.0.0.0', [], /^(?!0\.0\.0\.0)[\d.]+:\d+,(?!0\.0\.0\.0)[\d.]+:\d+$/],
    ['::', [], /^(?!::)[\w.[\]:]+:\d+,(?!::)[\w.[\]:]+:\d+$/],
    ['0.0.0.0', ['--advertise', 'localhost'], /^localhost:\d+,localhost:\d+$/],
    ['127.0.0.1', [], /^127\.0\.0\.1:\d+,127\.0\.0\.1:\d+$/],
  ])('--host %s %j prints what every broker can be reached by', async (host, more, expected) => {
    const { servers, printed } = await embedded('--brokers', '2', '--host', host, ...more);
    expect(servers).toMatch(expected);
    expect(printed).toMatch(/2 embedded brokers listening on .*, advertised as /);
    expect(await sendTo(servers)).toBe(0);
    for (const address of servers.split(',')) expect(await sendTo(address)).toBeGreaterThan(0);
  });

  it('prints what --bootstrap takes, IPv6 too', async () => {
    const { servers } = await embedded('--brokers', '1', '--host', '::1');
    const checked = await runKbench(
      root,
      ['validate', 'bench-configs/experiments/linger-batch.yaml', '--bootstrap', servers, '--json'],
      {},
    );
    expect([checked.stderr, checked.code]).toEqual(['', 0]);
    expect(JSON.parse(checked.stdout)).toMatchObject({
      target: { kind: 'external', bootstrap: [servers] },
    });
  });

  it.each([
    [['--host', ''], /--host (?:needs a value|is empty)/],
    [['--host='], /--host (?:needs a value|is empty)/],
    [['--host', ' '], /--host (?:needs a value|is empty)/],
    [
      ['--host', '127.0.0.1:9092'],
      /--host 127\.0\.0\.1:9092 is not a name or IP address\n {2}write the host alone/,
    ],
    [['--advertise', '0.0.0.0'], /clients cannot connect to an address that stands for all/],
    [['--advertise', '::'], /clients cannot connect to an address that stands for all/],
  ])('%j is refused', async (args, message) => {
    const { code, stderr } = await runKbench(root, ['embedded', '--port', '0', ...args], {});
    expect(stderr).toMatch(message);
    expect(code).toBe(104);
  });

  it('tells a consumer in a group no, and says so in the log once a client', async () => {
    const { servers, log } = await embedded('--brokers', '1');
    const script = `const { Kafka } = require('kafkajs');
      const consume = async () => {
        const consumer = new Kafka({ brokers: ['${servers}'], clientId: 'me', \
logLevel: 0 }).consumer({ groupId: 'g' });
        const crash = new Promise((resolve) => consumer.on('consumer.crash', \
({ payload }) => resolve(payload)));
        await consumer.connect();
        await consumer.subscribe({ topic: 't' });
        consumer.run({ eachMessage: () => undefined }).catch(() => undefined);
        const { error, restart } = await crash;
        console.log(error.name, restart);
        await consumer.disconnect();
      };
      consume().then(consume).then(() => process.exit());`;
    const run = spawnSync(process.execPath, ['-e', script], {
      cwd: root,
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(run.stdout).toBe(
      'KafkaJSGroupCoordinatorNotFound false\nKafkaJSGroupCoordinatorNotFound false\n',
    );
    await expect.poll(log).toMatch(/asked for by client "me", group "g"/);
    expect(log().match(/consumer groups are not supported by the embedded cluster/g)).toHaveLength(
      1,
    );
  });
});

const ip = (...args: string[]) => spawnSync('ip', args, { encoding: 'utf8', timeout: 10_000 });
const mayNotIsolate =
  process.platform !== 'linux' || process.getuid?.() !== 0 || ip('netns', 'list').status !== 0;

describe.skipIf(mayNotIsolate)(
  'from another network namespace (skipped without root or ip netns)',
  () => {
    it('kafkajs and kbench reach --host 0.0.0.0 by the address that it advertises', async () => {
      const space = `kbench-${process.pid}`;
      const [outer, inner] = [`kb${process.pid}a`.slice(-15), `kb${process.pid}b`.slice(-15)];
      const net = `10.231.${process.pid % 250}`;
      try {
        for (const command of [
          `netns add ${space}`,
          `link add ${outer} type veth peer name ${inner} netns ${space}`,
          `addr add ${net}.1/24 dev ${outer}`,
          `link set ${outer} up`,
          `-n ${space} addr add ${net}.2/24 dev ${inner}`,
          `-n ${space} link set ${inner} up`,
          `-n ${space} link set lo up`,
          `-n ${space} route add default via ${net}.1`,
        ]) {
          const done = ip(...command.split(' '));
          expect([command, done.stderr, done.status]).toEqual([command, '', 0]);
        }
        const { servers } = await embedded('--brokers', '2', '--host', '0.0.0.0', '--topic', 'u:4');
        const inside = (args: readonly string[]) =>
          new Promise<{ code: number | null; output: string }>((resolve) => {
            const command = ['netns', 'exec', space, process.execPath, ...args];
            const child = spawn('ip', command, { cwd: root, timeout: 30_000 });
            let output = '';
            child.stdout.on('data', (data: Buffer) => (output += data.toString()));
            child.stderr.on('data', (data: Buffer) => (output += data.toString()));
            child.on('close', (code) => resolve({ code, output }));
          });
        const script = `const { Kafka } = require('kafkajs');
        const producer = new Kafka({ brokers: '${servers}'.split(','), logLevel: 0, \
retry: { retries: 1 } }).producer();
        const messages = [0, 1, 2, 3].map((partition) => ({ value: 'v', partition }));
        producer.connect().then(() => producer.send({ topic: 'u', messages })).then((sent) => {
          console.log(sent.length);
          return producer.disconnect();
        });`;
        expect(await inside(['-e', script])).toEqual({ code: 0, output: '4\n' });
        const library = `import('kbench/producer-core').then(async ({ Producer }) => {
        const producer = new Producer({ 'bootstrap.servers': '${servers}', 'max.block.ms': 10000 });
        const record = (partition) => ({ topic: 'u', partition, value: 'v' });
        console.log((await producer.send([0, 1, 2, 3].map(record))).map(({ offset }) => \
offset).join());
        await producer.close();
      })`;
        expect(await inside(['-e', library])).toEqual({ code: 0, output: '1,1,1,1\n' });
      } finally {
        ip('netns', 'del', space);
        ip('link', 'del', outer);
      }
    });
  },
);
