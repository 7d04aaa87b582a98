// The built `kbench doctor`: exit codes, what goes where, and Ctrl-C in the middle of a write.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { threadEntry } from '../../base/thread-entry.js';
import { WireClient } from '../../connect/cold.js';
import { parseAddress } from '../../connect/index.js';
import { metadataRequest, metadataResponse } from '../../wire/apis/all.js';
import {
  startEmbeddedCluster,
  type EmbeddedCluster,
} from '../../targets/embedded/embedded-cluster.js';
import type { Examination } from '../../targets/external/doctor/examination.js';
import { runKbench } from '../../testing/kbench-command.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-doctor-'));
const REFUSED = '127.0.0.1:1';
let cluster: EmbeddedCluster;

beforeAll(async () => (cluster = await startEmbeddedCluster({ brokers: 2, ports: 0 })));
afterAll(async () => {
  await cluster?.close();
  rmSync(folder, { recursive: true, force: true });
});

const doctor = (...args: readonly string[]) => runKbench(folder, ['doctor', ...args], {});
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return name;
};

describe('kbench doctor', () => {
  it('ends with 0 where nothing is wrong: the result on stdout, progress on stderr', async () => {
    const { code, stdout, stderr } = await doctor(cluster.bootstrap[0]);
    expect(stderr).toContain('kbench doctor: metadata\n');
    expect(stdout).toMatch(/^ {2}ok +brokers +2 of 2 reached/m);
    expect(stdout).toContain('No problem was found.');
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(code).toBe(0);
  });

  it('takes addresses from a file of Java’s clients or a sweep, and gives JSON', async () => {
    const servers = cluster.bootstrap.join(',');
    const files = [
      // What of it is about producing, and would be refused, does not count.
      file('c.properties', `bootstrap.servers=${servers}\nlinger.ms=5ms\ngroup.id=g\n`),
      file('s.yaml', `target: {bootstrap: ["${servers}"]}\nworkload: {rate: nonsense}\n`),
    ];
    for (const config of files) {
      const { code, stdout, stderr } = await doctor('--config', config, '--json', '--no-write');
      expect(stderr, config).not.toContain('warning');
      const found = JSON.parse(stdout) as Examination;
      expect(found).toMatchObject({ schema: 'kbench/doctor@1', verdict: 'ok', findings: [] });
      expect(found.addresses).toEqual(cluster.bootstrap);
      expect(code).toBe(0);
    }
  });

  it('ends with 107 where nobody is there, and with 99 where something is wrong', async () => {
    const gone = await doctor(REFUSED, '--quiet');
    expect(gone.code).toBe(107);
    expect(gone.stderr).toBe('');
    expect(gone.stdout).toContain('No Kafka broker can be reached:');
    expect(gone.stdout).toMatch(/^ {2}-> check that the broker is up/m);
    const half = await doctor(`${REFUSED},${cluster.bootstrap[0]}`, '--no-write');
    expect(half.code).toBe(99);
    expect(half.stdout).toContain('1 problem:');
  });

  it('ends with 104 where it is not told well what to look at', async () => {
    const cases: readonly (readonly [readonly string[], string])[] = [
      [[], 'there is no cluster to look at'],
      [['localhost:9092', '--timeout', '5'], '--timeout: 5 has no unit'],
      [['--config', 'none.properties'], 'none.properties: cannot be read'],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await doctor(...args);
      expect(stderr).toContain(message);
      expect([code, stdout], message).toEqual([104, '']);
    }
  });

  it('deletes its topic on Ctrl-C, and ends with 105', async () => {
    const slow = await startEmbeddedCluster({ brokers: 2, ports: 0, replicationDelayMs: 9_000 });
    try {
      const main = threadEntry(import.meta.url, '../../main.js');
      const args = [main, 'doctor', slow.bootstrap[0]];
      const child = spawn(process.execPath, args, { cwd: folder, timeout: 60_000 });
      let heard = '';
      child.stderr.on('data', (data: Buffer) => (heard += data.toString()));
      const ended = new Promise((resolve) => child.on('close', resolve));
      const topics = () => topicsOf(slow.bootstrap);
      await expect.poll(topics, { timeout: 30_000 }).toBe(1);
      child.kill('SIGINT');
      expect(await ended, heard).toBe(105);
      expect(await topics()).toBe(0);
    } finally {
      await slow.close();
    }
  }, 60_000);
});

/** Packets to it are sent, and nobody answers: a neighbour that is not there. */
const HOLE = '10.77.0.2';
const HOLE_SCRIPT = `set -e
ip link set lo up
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
ip addr add 10.77.0.1/24 dev d0
ip neigh add ${HOLE} lladdr 02:00:00:00:00:02 dev d0
"$@" embedded --port 19092 --advertise ${HOLE} > embedded.log 2>&1 &
trap "kill $!" EXIT
for _ in $(seq 100); do grep -q bootstrap.servers embedded.log && break; sleep 0.1; done
"$@" doctor 127.0.0.1:19092 --quiet --timeout 1s`;
const canUnshare =
  spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'd0', 'type', 'veth', 'peer', 'name', 'd1'])
    .status === 0;

describe.skipIf(!canUnshare)('a broker that advertises a black hole (needs root)', () => {
  it('is named after the time limit, with the way that worked', () => {
    const main = threadEntry(import.meta.url, '../../main.js');
    const script = ['-n', 'sh', '-c', HOLE_SCRIPT, 'sh', process.execPath, main];
    const run = spawnSync('unshare', script, { cwd: folder, encoding: 'utf8', timeout: 60_000 });
    const said = run.stdout.replaceAll(/\s+/g, ' ');
    expect(said, run.stderr).toContain(
      `broker 1 advertises ${HOLE}:19092: no connection within 1 s; ` +
        'the listener that you reached is PLAINTEXT on 127.0.0.1:19092',
    );
    expect(run.status).toBe(99);
  }, 60_000);
});

async function topicsOf(bootstrap: readonly string[]): Promise<number> {
  const client = await WireClient.open(parseAddress(bootstrap[0])!, 5_000);
  const all = { topics: null, allowAutoTopicCreation: false };
  const answer = await client.request(metadataRequest, metadataResponse, 9, all);
  client.close();
  return answer.topics.length;
}
