// Where each server of a cluster lies and listens: ports that are free, and folders in the
// cluster's own. Called by kafka-cluster.ts; starts nothing.
import path from 'node:path';
import { RunError } from '../../base/errors.js';
import { freePorts, isFree } from './free-ports.js';
import type { BrokerPlace, ZooKeeperPlace } from './kafka-config.js';

export interface PlacesWanted {
  readonly folder: string;
  readonly brokers: number;
  readonly zookeepers: number;
  /** Further listeners: their protocols by name. */
  readonly listeners: Readonly<Record<string, string>>;
  /** The first broker's port for clients, the next one's is one more; left out: free ones. */
  readonly port?: number | undefined;
  readonly advertisedPorts?: readonly number[] | undefined;
}

export interface Places {
  readonly brokers: readonly BrokerPlace[];
  readonly zookeepers: readonly ZooKeeperPlace[];
}

/** Throws RunError where a port that was asked for is taken. */
export async function findPlaces(wanted: PlacesWanted): Promise<Places> {
  const further = Object.entries(wanted.listeners);
  const fixed = await fixedPorts(wanted);
  const each = 3 + further.length;
  const free = await freePorts(wanted.brokers * each + wanted.zookeepers * 3, fixed);
  const next = (): number => free.pop()!;
  return {
    brokers: Array.from({ length: wanted.brokers }, (_, i): BrokerPlace => ({
      id: i + 1,
      port: fixed[i] ?? next(),
      advertisedPort: wanted.advertisedPorts?.[i],
      internalPort: next(),
      controllerPort: next(),
      listeners: further.map(([name, protocol]) => ({ name, protocol, port: next() })),
      dataDir: path.join(wanted.folder, `node-${i + 1}`, 'data'),
    })),
    zookeepers: Array.from({ length: wanted.zookeepers }, (_, i): ZooKeeperPlace => ({
      id: i + 1,
      port: next(),
      quorumPort: next(),
      electionPort: next(),
      dataDir: path.join(wanted.folder, `zookeeper-${i + 1}`, 'data'),
    })),
  };
}

async function fixedPorts({ port, brokers }: PlacesWanted): Promise<readonly number[]> {
  if (port === undefined) return [];
  const ports = Array.from({ length: brokers }, (_, i) => port + i);
  for (const each of ports) {
    if (each > 65_535 || !(await isFree(each)))
      throw new RunError(
        `port ${each} of 127.0.0.1 is ${each > 65_535 ? 'no port' : 'taken by another process'}`,
        'Choose another one with --port, or leave it out for ports that are free.',
      );
  }
  return ports;
}
