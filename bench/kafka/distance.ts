// A network between client and broker where there is none: a proxy in a process of its own that
// hands on every byte a fixed time later, in order, both ways. Called by benchmarks whose client
// and broker share a machine, where otherwise the CPU decides how long an answer takes.
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RunError } from '../../src/base/errors.js';
import { killGroup, spawnTracked } from '../../src/targets/kafka/processes/child-process.js';
import { javaCommand } from '../../src/targets/kafka/java.js';

const START_LIMIT_MS = 30_000;

export interface Distance {
  readonly port: number;
  /** Where bytes go, once; connections made before it is set wait. */
  aim(address: string): void;
  close(): void;
}

/** `delayMs`: each way. RunError where it does not start. */
export async function startDistance(delayMs: number): Promise<Distance> {
  const source = fileURLToPath(new URL('../../../bench/fidelity/Distance.java', import.meta.url));
  const child = spawnTracked(
    javaCommand(),
    ['-Xmx128m', '-XX:+UseSerialGC', source, String(delayMs * 1000)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      killGroup(child, 'SIGKILL');
      reject(new RunError(`the network between client and broker did not start: ${why}`));
    };
    const timer = setTimeout(
      () => fail(`nothing within ${START_LIMIT_MS / 1000} s`),
      START_LIMIT_MS,
    );
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with ${code ?? 'a signal'}`));
    createInterface({ input: child.stdout! }).once('line', (line) => {
      clearTimeout(timer);
      resolve(Number(line));
    });
  });
  child.stdin!.on('error', () => undefined); // it ended; the benchmark sees that by its connections
  return {
    port,
    aim: (address) => void child.stdin!.write(`${address}\n`),
    close: () => killGroup(child, 'SIGKILL'),
  };
}
