// What can be done to a cluster on purpose: each target says so itself, session/faults does it at
// its time. Brokers go by their ids.
import type { NetworkEffect } from '../contract/faults.js';

/** One process of a cluster, or what stands for it. */
export interface FaultNode {
  readonly kind: 'broker' | 'zookeeper';
  readonly id: number;
}

export interface FaultableCluster {
  readonly brokers: readonly number[];
  /** Ids; empty in KRaft. */
  readonly zookeepers: readonly number[];
  /** `host:port` of each broker past the relays: for questions that no fault is to delay. */
  readonly addresses: readonly string[];
  /** All resolve when it is done, and throw RunError where it cannot be. */
  kill(node: FaultNode): Promise<void>;
  /** Asked to end, as by an operator. */
  stop(node: FaultNode): Promise<void>;
  /** On its old data and port; resolves when it is registered. */
  start(node: FaultNode): Promise<void>;
  pause(node: FaultNode): Promise<void>;
  resume(node: FaultNode): Promise<void>;
  /** Takes the place of what was in force; null: nothing. Only where there are relays. */
  network(broker: number, effect: NetworkEffect | null): Promise<void>;
}
