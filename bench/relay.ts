// How exactly the relay in front of a broker delays bytes, and what it costs where nothing is
// delayed: one small message at a time, there and back through it, beside the same without it.
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { NO_EFFECT } from '../src/targets/relay/link-effect.js';
import { startRelay } from '../src/targets/relay/relay.js';
import { lowerTimerSlack } from '../src/workloads/load/pacer.js';
import { benchTable, circumstances, type BenchOptions } from './bench-report.js';

export const title = 'the relay in front of a broker: exactness of its delay, and its cost';

const DELAYS_MS = [0, 1, 10, 50];
const MESSAGES = 400;
const GAP_MS = 3;

export async function run({ records, rounds }: BenchOptions): Promise<void> {
  lowerTimerSlack(1000);
  const messages = records ?? MESSAGES;
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined); // the relay passes on that a client has gone
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const relay = await startRelay({ host: '127.0.0.1', links: 1 });
  const { port } = server.address() as net.AddressInfo;
  await relay.aim(0, { host: '127.0.0.1', port });
  const rows: string[][] = [];
  try {
    for (let round = 0; round < (rounds ?? 1); round++) {
      rows.push(row('none', 0, await trips(port, messages)));
      for (const delayMs of DELAYS_MS) {
        await relay.apply(0, { ...NO_EFFECT, delayMs });
        const before = process.cpuUsage();
        const startMs = performance.now();
        const times = await trips(relay.ports[0], messages);
        const { user, system } = process.cpuUsage(before);
        const share = (user + system) / 1000 / (performance.now() - startMs);
        rows.push([...row(`${delayMs} ms each way`, 2 * delayMs, times), percent(share)]);
      }
    }
  } finally {
    server.close();
    await relay.close();
  }
  const head = ['relay', 'round trip p50 ms', 'error p50', 'p90', 'p99', 'max', 'CPU, process'];
  console.log(circumstances({}, `${messages} round trips each`));
  console.log(benchTable(head, rows));
}

function row(name: string, askedMs: number, times: readonly number[]): string[] {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))];
  const errors = [0.5, 0.9, 0.99, 1].map((share) => (at(share) - askedMs).toFixed(3));
  return [name, at(0.5).toFixed(3), ...errors];
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** The client spins, so that its own timers are no part of the error. */
async function trips(port: number, messages: number): Promise<number[]> {
  const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  let answers = 0;
  socket.on('data', () => answers++);
  const times: number[] = [];
  for (let i = 0; i < messages; i++) {
    await sleep(GAP_MS * Math.random());
    const startMs = performance.now();
    socket.write('x');
    while (answers === i) await new Promise((resolve) => setImmediate(resolve));
    times.push(performance.now() - startMs);
  }
  socket.destroy();
  return times;
}
