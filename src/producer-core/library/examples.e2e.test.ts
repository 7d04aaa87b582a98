import { spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInProcessCluster, type InProcessCluster } from '../../targets/embedded/in-process.js';

const root = path.join(import.meta.dirname, '../../..');

let cluster: InProcessCluster;
beforeAll(async () => {
  const topics = [{ name: 'orders', partitions: 6, replicationFactor: 3 }];
  cluster = await startInProcessCluster({ brokers: 3, topics, log: () => undefined });
});
afterAll(() => cluster.close());

/**
 * Runs an example as its reader would, with the built library that `kbench/producer-core` resolves
 * to.
 */
function run(example: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [`examples/${example}.mjs`, cluster.bootstrap[0]], {
    cwd: root,
    timeout: 15_000,
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

describe('the examples', () => {
  it.each([
    [
      'send',
      new RegExp(
        '^1000 records in 6 partitions; the last one has offset \\d+\\n' +
          'refused: RECORD_TOO_LARGE\\nbatches of \\d+ bytes on average\\n$',
      ),
    ],
    [
      'transactions',
      /^three records: committed\none of them too large: aborted\ntwo more: committed\n$/,
    ],
    [
      'own-modules',
      /^eu up to partition 2, us up to partition 5\ninterceptor: 100 acknowledged, 0 failed\n$/,
    ],
    ['fast-append', /^200000 acknowledged, 0 failed, in \d+ batches\n$/],
  ])('%s does what it says', async (example, expected) => {
    const { code, output } = await run(example);
    expect(output).toMatch(expected);
    expect(code).toBe(0);
  });
});
