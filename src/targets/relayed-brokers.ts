// Relays in front of the brokers of a cluster that kbench starts: their ports are there before the
// brokers, which advertise them. A broker that is down is refused there too, as at its own port.
// Called by target.ts.
import type { NetworkEffect } from '../contract/faults.js';
import { RunError } from '../base/errors.js';
import { formatAddress, parseAddress } from '../connect/index.js';
import type { FaultableCluster, FaultNode } from './faultable-cluster.js';
import { NO_EFFECT } from './relay/link-effect.js';
import { startRelay, type Relay } from './relay/relay.js';

const HOST = '127.0.0.1';

export class RelayedBrokers {
  private constructor(private readonly relay: Relay) {}

  static async start(brokers: number): Promise<RelayedBrokers> {
    return new RelayedBrokers(await startRelay({ host: HOST, links: brokers }));
  }

  get ports(): readonly number[] {
    return this.relay.ports;
  }

  get bootstrap(): string[] {
    return this.ports.map((port) => formatAddress({ host: HOST, port }));
  }

  /** `addresses` by broker, from id 1 on. */
  async aim(addresses: readonly string[]): Promise<void> {
    for (const [index, text] of addresses.entries())
      await this.relay.aim(index, parseAddress(text)!);
  }

  apply(broker: number, effect: NetworkEffect | null): Promise<void> {
    return this.relay.apply(broker - 1, effect ?? NO_EFFECT);
  }

  close(): Promise<void> {
    return this.relay.close();
  }
}

/** Without relays nothing but `network` is different. */
export function withRelays(
  cluster: Omit<FaultableCluster, 'network'>,
  relays: RelayedBrokers | null,
): FaultableCluster {
  const refused: NetworkEffect = { ...NO_EFFECT, reset: true };
  const network = (broker: number, effect: NetworkEffect | null): Promise<void> =>
    relays === null
      ? Promise.reject(new RunError('there are no relays in front of these brokers'))
      : relays.apply(broker, effect);
  const at = async (node: FaultNode, effect: NetworkEffect | null): Promise<void> => {
    if (relays !== null && node.kind === 'broker') await relays.apply(node.id, effect);
  };
  return {
    ...cluster,
    network,
    kill: async (node) => {
      await Promise.all([cluster.kill(node), at(node, refused)]);
    },
    stop: async (node) => {
      await cluster.stop(node);
      await at(node, refused);
    },
    start: async (node) => {
      // First, as a broker that starts is found by who tries again and again.
      await at(node, null);
      await cluster.start(node);
    },
  };
}
