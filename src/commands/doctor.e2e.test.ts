// The built `kbench doctor`: exit codes, what goes where, and Ctrl-C in the middle of a write.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { threadEntry } from '../base/thread-entry.js';
import { parseAddress } from '../connect/address.js';
import { WireClient } from '../connect/wire-client.js';
import { metadataRequest, metadataResponse } from '../wire/apis/metadata.js';
import {
  startEmbeddedCluster,
  type EmbeddedCluster,
} from '../targets/embedded/embedded-cluster.js';
import type { Examination } from '../targets/external/doctor/examination.js';
import { runKbench } from '../testing/kbench-command.js';

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
      const main = threadEntry(import.meta.url, '../main.js');
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

async function topicsOf(bootstrap: readonly string[]): Promise<number> {
  const client = await WireClient.open(parseAddress(bootstrap[0])!, 5_000);
  const all = { topics: null, allowAutoTopicCreation: false };
  const answer = await client.request(metadataRequest, metadataResponse, 9, all);
  client.close();
  return answer.topics.length;
}
