// Entry of the relays' own thread: so that neither the load nor the brokers' event loop delays what
// they hand on, nor they the load. Started by relay.ts only.
import { parentPort, workerData } from 'node:worker_threads';
import { ExactTimer } from './exact-timer.js';
import { Link } from './link.js';
import type { FromRelay, RelayOptions, ToRelay } from './relay-messages.js';

const main = parentPort!;
const tell = (message: FromRelay): void => main.postMessage(message);
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const { host, links: count } = workerData as RelayOptions;
const timer = new ExactTimer();
const links = Array.from({ length: count }, () => new Link(host, timer));

async function carryOut(message: ToRelay): Promise<void> {
  switch (message.kind) {
    case 'aim':
      links[message.link].aim(message.host, message.port);
      return;
    case 'effect':
      return links[message.link].apply(message.effect);
    case 'close':
      await Promise.all(links.map((link) => link.close()));
      main.close();
  }
}

main.on('message', (message: ToRelay) => {
  carryOut(message).then(
    () => tell({ kind: 'done', id: message.id, error: null }),
    (error: unknown) => tell({ kind: 'done', id: message.id, error: textOf(error) }),
  );
});

try {
  const ports: number[] = [];
  for (const link of links) ports.push(await link.listen());
  tell({ kind: 'ready', ports });
} catch (error) {
  tell({ kind: 'failed', message: textOf(error) });
}
