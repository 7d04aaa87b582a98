// A modelled cluster for the simulated network: brokers that start, stop and crash over one state.
// Its brokers are sim-broker's, what they share is sim-cluster-state's.
import { SimBroker } from './sim-broker.js';
import { SimClusterState } from './sim-cluster-state.js';
import type { SimNetwork } from '../sim-network.js';

export class SimCluster extends SimClusterState {
  constructor(network: SimNetwork, count = 1) {
    super(network);
    for (let id = 0; id < count; id++) this.start(id);
  }

  start(id: number, host = `b${id}`): SimBroker {
    this.trace?.(() => `b${id} starts`);
    const broker = new SimBroker(this, id, host, 9092);
    this.brokers.set(id, broker);
    this.network.servers.set(broker.address, broker);
    return broker;
  }

  /** Its connections break, further ones are refused. */
  stop(id: number): void {
    this.trace?.(() => `b${id} stops`);
    const broker = this.brokers.get(id)!;
    this.brokers.delete(id);
    this.network.servers.delete(broker.address);
    broker.reset();
  }

  /**
   * Stops, and what it led is led by `heir` without the records that had not reached it: everything
   * above the high watermark may be lost; `keep` says what share of it is not. With `unclean` the
   * heir lacks some of what lies below, too.
   */
  crash(id: number, heir: number, keep: () => number, unclean = false): void {
    this.stop(id);
    for (const [name, { partitions }] of this.topics) {
      partitions.forEach((partition, index) => {
        if (partition.leader !== id) return;
        const { highWatermark, endOffset } = partition;
        const from = unclean ? Math.max(0, highWatermark - 5) : highWatermark;
        partition.truncate(Math.max(from, Math.ceil(from + keep() * (endOffset - from))));
        this.trace?.(
          () =>
            `  ${name}-${index} ends at ${partition.endOffset}, ` +
            `was ${endOffset} (${highWatermark})`,
        );
        this.moveLeader(name, index, heir);
        this.replicate(partition);
      });
    }
  }
}
