// What clients that mean ill can make an embedded cluster hold: the real listener in a process of
// its own, many requests that never end, and a client that means well beside them.
import { spawn, type ChildProcess } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { buildBatch, RawClient } from '../../testing/raw-client.js';

const root = path.join(import.meta.dirname, '../../..');
const MIB = 1024 * 1024;

const PROGRAM = `
import { readFileSync } from 'node:fs';
const peakKib = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
const { startInProcessCluster } = await import('./dist/src/targets/embedded/in-process.js');
const lines = [];
const cluster = await startInProcessCluster({ brokers: 1, topics: [{ name: 't', partitions: 1 }], \
log: (line) => lines.push(line) });
const beforeMiB = process.memoryUsage.rss() / 1048576;
process.stdout.write(cluster.bootstrap[0] + '\\n');
process.stdin.on('data', () => {
  process.stdout.write(JSON.stringify({ grownMiB: Math.round(peakKib() / 1024 - beforeMiB), \
lines }) + '\\n');
  void cluster.close().then(() => process.exit(0));
});
`;

let child: ChildProcess | null = null;
const sockets: net.Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  child?.kill();
});

function nextLine({ stdout }: ChildProcess): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    stdout!.on('data', (data: Buffer) => {
      text += data.toString();
      if (text.endsWith('\n')) resolve(text.trim());
    });
    stdout!.once('close', () => reject(new Error(`it ended with ${text}`)));
  });
}

/**
 * Sends all but the end of a produce request of 95 MiB. Resolves when it is gone, or the broker has
 * closed.
 */
function unfinished(address: string): Promise<void> {
  const [host, port] = address.split(':') as [string, string];
  const head = Buffer.alloc(12);
  head.writeInt32BE(95 * MIB);
  head.writeInt16BE(11, 6);
  const socket = net.connect(Number(port), host);
  sockets.push(socket);
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
    socket.write(head);
    socket.write(Buffer.alloc(94 * MIB), () => setTimeout(resolve, 200));
  });
}

it.skipIf(process.platform !== 'linux')(
  '20 unfinished requests of 95 MiB take at most 400 MiB, the log says whom it closed and why',
  async () => {
    child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      cwd: root,
      timeout: 60_000,
    });
    const address = await nextLine(child);
    const honest = await RawClient.connect(address);
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 4 }, () => unfinished(address)));
      expect((await honest.produce('t', 0, buildBatch(['x']))).errorCode).toBe(0);
    }
    const said = nextLine(child);
    child.stdin!.write('report');
    const { grownMiB, lines } = JSON.parse(await said) as { grownMiB: number; lines: string[] };
    expect(grownMiB).toBeLessThan(400);
    expect(
      lines.filter((line) => line.includes('held more than 320 MiB')).length,
    ).toBeGreaterThanOrEqual(10);
  },
  60_000,
);
