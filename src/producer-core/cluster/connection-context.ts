// What every connection of one producer is given, whom it leads to, and whom it tells. Types only.
import type { Clock } from '../../base/clock.js';
import type { ProducerConfig } from '../config/config.js';
import type { ProducerError } from '../errors.js';
import type { MetricCounters } from '../metrics/metric-counters.js';
import type { Network } from '../../connect/connecting.js';
import type { Security } from '../../connect/security/security.js';

/** `authenticating` also while a session is renewed: requests wait, answers come. */
export type ConnectionState = 'closed' | 'connecting' | 'authenticating' | 'negotiating' | 'ready';

/** Whom a connection leads to. */
export interface Peer {
  /** Negative: a bootstrap address, whose id is not known. */
  readonly id: number;
  readonly host: string;
  readonly port: number;
  /** `host:port`, for messages. */
  readonly address: string;
  /** A connection to it, or an attempt, has failed. */
  troubled(error: ProducerError): void;
  /** It has answered. */
  answered(): void;
}

export interface ConnectionEvents {
  /** Set-up ended well, or requests may flow again: the sender should look. */
  connectionUsable(): void;
  /** The connection has ended or never came about; outstanding requests were told before. */
  connectionClosed(error: ProducerError): void;
  /** What one read brought was handled. */
  received(): void;
}

export interface ConnectionContext {
  readonly clock: Clock;
  readonly network: Network;
  readonly config: ProducerConfig;
  readonly events: ConnectionEvents;
  readonly random: () => number;
  readonly counters: MetricCounters;
  /** Left out: no SASL. */
  readonly security?: Pick<Security, 'sasl'>;
}
