// What an embedded cluster can be asked for, its defaults and its limits, and the handle that both
// forms (own thread, in-process) give. Read by embedded-cluster.ts, in-process.ts and
// commands/embedded.ts. Plain data: it crosses threads.
import { ConfigurationError } from '../../base/errors.js';
import type { Fault } from './faults.js';
import { resolveHosts, type Hosts } from './hosts.js';

export interface TopicOptions {
  readonly name: string;
  /** At least 1. */
  readonly partitions: number;
  /** 1 to the number of brokers. Default 1. */
  readonly replicationFactor?: number;
}

export interface EmbeddedClusterOptions {
  /** 1 to 100. Their node ids are 1, 2, ... in the order of `bootstrap`. */
  readonly brokers: number;
  /** First port; broker n listens on `ports + n - 1`. 0 or left out: free ones. */
  readonly ports?: number;
  /** Address to listen on; 0.0.0.0 or :: for every one of this machine. Default 127.0.0.1. */
  readonly host?: string | undefined;
  /**
   * Host that clients are told to connect to. Default: `host`, or where that is every address one
   * that others can reach.
   */
  readonly advertise?: string | undefined;
  /** Ports that clients are told, by broker, in place of where it listens: those of relays. */
  readonly advertisedPorts?: readonly number[];
  readonly topics?: readonly TopicOptions[];
  /**
   * Milliseconds, fractional, that acks=all waits for a partition with more than one in-sync
   * replica. Default 0.5.
   */
  readonly replicationDelayMs?: number;
  /**
   * Bytes of recent batches kept per partition. Default 1 MiB. Older ones are dropped and the log
   * start offset moves on.
   */
  readonly retentionBytesPerPartition?: number;
  /**
   * Finalized level of the feature transaction.version, 0 to 2 (KIP-890): what clients then do by
   * themselves. Default 2, as in Kafka 4.
   */
  readonly transactionVersion?: number;
  /**
   * Whether Metadata requests create unknown topics (one partition, one replica). Default false.
   */
  readonly autoCreateTopics?: boolean;
  /**
   * Called with one line for what an operator would look up in a broker's log. Default: standard
   * error.
   */
  readonly log?: (line: string) => void;
}

/** What is left once defaults are filled in; may be posted to a thread. */
export type ResolvedOptions = Required<Omit<EmbeddedClusterOptions, 'log' | 'host' | 'advertise'>> &
  Hosts;

export interface EmbeddedCluster {
  /** `host:port` of each broker as it is advertised, by node id from 1. */
  readonly bootstrap: readonly string[];
  /** Where it listens, past a relay that it advertises. */
  readonly listening: readonly string[];
  readonly clusterId: string;
  /**
   * Arms a fault or carries it out; resolves when it is in force. Rejects with ConfigurationError
   * where it names what does not exist.
   */
  inject(fault: Fault): Promise<void>;
  /** Calls back once if the cluster dies of its own; at once if it has died already. */
  onFatal(listener: (error: Error) => void): void;
  /** Drops every connection and frees the ports. May be called twice. */
  close(): Promise<void>;
}

export const MAX_EMBEDDED_BROKERS = 100;
export const DEFAULT_REPLICATION_DELAY_MS = 0.5;
export const MAX_REPLICATION_DELAY_MS = 60_000;
const MIB = 1024 * 1024;

/** Ring memory of all partitions together; beyond it, rings stop growing and keep less. */
export const MAX_RING_BYTES_TOTAL = 1024 * MIB;

/** Fills in the defaults. Throws ConfigurationError. */
export function resolveOptions(options: EmbeddedClusterOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    brokers: options.brokers,
    ports: options.ports ?? 0,
    ...resolveHosts(options.host, options.advertise),
    advertisedPorts: options.advertisedPorts ?? [],
    topics: options.topics ?? [],
    replicationDelayMs: options.replicationDelayMs ?? DEFAULT_REPLICATION_DELAY_MS,
    retentionBytesPerPartition: options.retentionBytesPerPartition ?? MIB,
    transactionVersion: options.transactionVersion ?? 2,
    autoCreateTopics: options.autoCreateTopics ?? false,
  };
  const { brokers, ports, replicationDelayMs, retentionBytesPerPartition, transactionVersion } =
    resolved;
  whole('the level of transaction.version', transactionVersion, 0, 2);
  whole('the number of brokers', brokers, 1, MAX_EMBEDDED_BROKERS);
  whole('the port', ports, 0, 65_536 - brokers);
  whole('the retention in bytes', retentionBytesPerPartition, 64 * 1024, MAX_RING_BYTES_TOTAL);
  if (!(replicationDelayMs >= 0 && replicationDelayMs <= MAX_REPLICATION_DELAY_MS)) {
    throw new ConfigurationError(
      `the replication delay must be 0 to 60,000 ms, not ${replicationDelayMs}`,
    );
  }
  return resolved;
}

function whole(what: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new ConfigurationError(
    `${what} must be a whole number from ${low} to ${high}, not ${value}`,
  );
}
