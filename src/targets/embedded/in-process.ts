// An embedded cluster in this very thread: for thread.ts, for tests, and (without listening) for
// simulated time. Must never leave a port or a timer behind after close().
import { formatAddress } from '../../connect/index.js';
import type { BrokerSwitch, Surroundings } from './cluster.js';
import { Cluster } from './cluster.js';
import { Connection } from './server/client-connection.js';
import type { Transport } from './server/client-connection.js';
import { TICK_MS } from './server/connection-memory.js';
import { Listener } from './server/broker-listener.js';
import { resolveOptions } from './options.js';
import type { EmbeddedCluster, EmbeddedClusterOptions } from './options.js';
import { ProduceHandler } from './apis/produce.js';

export interface InProcessCluster extends EmbeddedCluster {
  /** The state behind the brokers, for tests that look into it. */
  readonly state: Cluster;
}

/** Starts all brokers in this thread. Throws ConfigurationError for options, RunError for ports. */
export async function startInProcessCluster(
  options: EmbeddedClusterOptions,
  surroundings: Surroundings = {},
): Promise<InProcessCluster> {
  const state = new Cluster(resolveOptions(options), { log: options.log, ...surroundings });
  const produce = new ProduceHandler(state);
  const listeners = state.brokers.map((broker) => new Listener(state, broker, produce));
  const ticking = setInterval(() => state.memory.tick(), TICK_MS).unref();
  const closeAll = async () => {
    clearInterval(ticking);
    await Promise.all(listeners.map((listener) => listener.close()));
  };
  const network: BrokerSwitch = {
    stop: (id) => void listeners[id - 1].close(),
    start: (id) => listeners[id - 1].listen(),
  };
  state.attach(network);
  try {
    for (const listener of listeners) await listener.listen();
  } catch (error) {
    await closeAll();
    throw error;
  }
  return {
    bootstrap: state.brokers.map(formatAddress),
    listening: state.brokers.map(({ ownPort: port }) =>
      formatAddress({ host: state.options.host, port }),
    ),
    clusterId: state.clusterId,
    state,
    inject: (fault) => state.inject(fault),
    // In-process there is nothing that could die alone.
    onFatal: () => undefined,
    close: closeAll,
  };
}

/**
 * A cluster without sockets: bytes come and go through the transports that are given to `connect`.
 * For simulated time.
 */
export class UnpluggedCluster {
  readonly state: Cluster;
  private readonly produce: ProduceHandler;

  constructor(options: EmbeddedClusterOptions, surroundings: Surroundings) {
    this.state = new Cluster(resolveOptions(options), {
      log: options.log,
      waiting: 'timer',
      ...surroundings,
    });
    this.produce = new ProduceHandler(this.state);
  }

  /** The broker's end of a new connection. */
  connect(broker: number, transport: Transport): Connection {
    return new Connection(this.state, broker, this.produce, transport);
  }
}
