// tcpdump on loopback, beside what is measured. Called by truth.ts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../../src/base/errors.js';
import { killGroup, spawnTracked } from '../../src/targets/kafka/processes/child-process.js';

const READY_LIMIT_MS = 5000;
const END_LIMIT_MS = 10_000;
/** Packets come to tcpdump a moment after they were sent. */
const SETTLE_MS = 1500;
const BUFFER_KIB = 128 * 1024;

/** Whatever `use` comes to, tcpdump ends. RunError where it cannot be had, or lost packets. */
export async function captured<T>(
  port: number,
  use: () => Promise<T>,
): Promise<{ readonly result: T; readonly file: Buffer }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kbench-truth-'));
  const file = path.join(folder, 'wire.pcap');
  try {
    const dump = new TcpDump(port, file);
    try {
      await dump.ready();
      const result = await use();
      await sleep(SETTLE_MS);
      await dump.end();
      return { result, file: readFileSync(file) };
    } finally {
      dump.kill();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class TcpDump {
  private readonly child;
  private said = '';
  private readonly ended: Promise<void>;
  private over = false;

  constructor(port: number, file: string) {
    // As root it would become another user, who may not write here.
    const user = process.getuid?.() === 0 ? ['-Z', 'root'] : [];
    this.child = spawnTracked(
      'tcpdump',
      [
        ...[
          '-i',
          'lo',
          '-n',
          '--immediate-mode',
          '--time-stamp-precision=nano',
          '-B',
          `${BUFFER_KIB}`,
          '-s',
          '0',
        ],
        ...[...user, '-w', file, `tcp port ${port}`],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], env: process.env },
    );
    this.child.stderr!.on('data', (bytes: Buffer) => (this.said += bytes.toString()));
    this.ended = new Promise<void>((resolve) => {
      this.child.on('error', (error) => {
        this.said += error.message;
        resolve();
      });
      this.child.on('close', () => resolve());
    }).then(() => {
      this.over = true;
    });
  }

  async ready(): Promise<void> {
    const endMs = performance.now() + READY_LIMIT_MS;
    while (!this.said.includes('listening on')) {
      if (this.over || performance.now() > endMs)
        throw new RunError(
          `tcpdump does not capture here: ${this.said.trim() || 'it said nothing'}`,
          'Install tcpdump, and run this as root or with its capability CAP_NET_RAW.',
        );
      await sleep(20);
    }
  }

  async end(): Promise<void> {
    this.child.kill('SIGINT');
    await Promise.race([this.ended, sleep(END_LIMIT_MS, undefined, { ref: false })]);
    const lost = /(\d+) packets dropped by kernel/.exec(this.said);
    if (lost === null) throw new RunError(`tcpdump did not end: ${this.said.trim()}`);
    if (lost[1] !== '0') throw new RunError(`tcpdump lost ${lost[1]} packets`);
  }

  kill(): void {
    if (!this.over) killGroup(this.child, 'SIGKILL');
  }
}
