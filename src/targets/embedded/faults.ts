// What can be made to go wrong on purpose, as data; and the board on which armed faults wait for
// their requests. Faults come in through the cluster's `inject`; connections and the produce
// handler ask the board, but only while `armed` says so. A board must never act by itself: it
// answers what is due.
import { ConfigurationError } from '../../base/errors.js';
import type { ErrorCode } from '../../wire/error-codes.js';
import type { ApiKey } from '../../wire/api-keys.js';

/** Which of the matching requests (or produced batches) are hit. */
export interface Count {
  /** Let so many matches pass first. Default 0. */
  readonly skip?: number;
  /** Hit each k-th match only: k, 2k, ... after `skip`. Default 1. */
  readonly every?: number;
  /** Hits before the fault is over. Default: 1, or without end where `every` is given. */
  readonly times?: number;
}

/** Which requests are meant; what is left out matches all. */
export interface RequestMatch extends Count {
  /** Node id, from 1. */
  readonly broker?: number;
  readonly api?: ApiKey;
}

/** A batch of a produce request is answered with an error code. */
export interface ErrorFault extends Count {
  readonly kind: 'error';
  /** Kafka's error code, e.g. ERROR.NOT_LEADER_OR_FOLLOWER. */
  readonly code: ErrorCode;
  readonly topic?: string;
  readonly partition?: number;
  readonly broker?: number;
  /** Append first, then answer with the error, as REQUEST_TIMED_OUT may mean. Default false. */
  readonly appended?: boolean;
}

/**
 * The request is handled, or answered, so much later; what follows on its connection waits behind
 * it.
 */
export interface DelayFault extends RequestMatch {
  readonly kind: 'delay';
  readonly delayMs: number;
  readonly before: 'handling' | 'answer';
}

/**
 * The connection is dropped. `mid-answer`: after the request was carried out and `answerBytes`
 * (default 6) of its answer were written.
 */
export interface DropFault extends RequestMatch {
  readonly kind: 'drop';
  readonly when: 'before-append' | 'after-append' | 'mid-answer';
  readonly answerBytes?: number;
}

/**
 * The answer carries throttle_time_ms, and the connection's next request waits for as long
 * (KIP-219).
 */
export interface ThrottleFault extends RequestMatch {
  readonly kind: 'throttle';
  readonly throttleMs: number;
}

/** The partition gets another leader and its leader epoch grows. */
export interface MoveLeaderFault {
  readonly kind: 'move-leader';
  readonly topic: string;
  readonly partition: number;
  /**
   * Node id. Default: the next in-sync replica, or the next broker where there is only one replica.
   */
  readonly to?: number;
}

/**
 * As by a kill: its port refuses, its connections are reset, its partitions elect another in-sync
 * replica after `electAfterMs` (default 0).
 */
export interface StopBrokerFault {
  readonly kind: 'stop-broker';
  readonly broker: number;
  readonly electAfterMs?: number;
}

/**
 * On the same port as before; it rejoins the in-sync replicas, and leads again what has no leader.
 */
export interface StartBrokerFault {
  readonly kind: 'start-broker';
  readonly broker: number;
}

/** A broker reads at most so many bytes a second from each connection; null for no limit. */
export interface SlowReadsFault {
  readonly kind: 'slow-reads';
  readonly bytesPerSecond: number | null;
  readonly broker?: number;
}

/** Takes back every armed fault and every limit on reads. Stopped brokers stay stopped. */
export interface ClearFault {
  readonly kind: 'clear';
}

type ArmedFault = ErrorFault | DelayFault | DropFault | ThrottleFault;
export type Fault =
  ArmedFault | MoveLeaderFault | StopBrokerFault | StartBrokerFault | SlowReadsFault | ClearFault;

/** What befalls one request. */
export interface RequestFate {
  delayHandlingMs: number;
  delayAnswerMs: number;
  throttleMs: number;
  drop: DropFault | null;
}

const MAX_ARMED = 1000;

interface Armed<F extends ArmedFault> {
  readonly fault: F;
  seen: number;
  left: number;
}

function hits(armed: Armed<ArmedFault>): boolean {
  const { skip = 0, every = 1 } = armed.fault;
  const nth = ++armed.seen - skip;
  if (nth <= 0 || nth % every !== 0 || armed.left <= 0) return false;
  armed.left--;
  return true;
}

const meets = (wanted: number | string | undefined, actual: number | string) =>
  wanted === undefined || wanted === actual;

export class FaultBoard {
  private errors: Armed<ErrorFault>[] = [];
  private requests: Armed<DelayFault | DropFault | ThrottleFault>[] = [];
  private readonly readLimits = new Map<number, number>();

  /** False in ordinary life: then nobody needs to ask. */
  get armed(): boolean {
    return this.errors.length > 0 || this.requests.length > 0;
  }

  get limitsReads(): boolean {
    return this.readLimits.size > 0;
  }

  /** Throws ConfigurationError where a count is not one. */
  arm(fault: ArmedFault): void {
    const { skip = 0, every = 1, times = fault.every === undefined ? 1 : Infinity } = fault;
    if (!(skip >= 0) || !(every >= 1 && Number.isInteger(every)) || !(times >= 1)) {
      throw new ConfigurationError(`a fault's skip, every and times must be at least 0, 1 and 1`);
    }
    if (this.errors.length + this.requests.length >= MAX_ARMED) {
      throw new ConfigurationError(
        `${MAX_ARMED} faults are armed already`,
        'inject {kind: "clear"} first',
      );
    }
    if (fault.kind === 'error') this.errors.push({ fault, seen: 0, left: times });
    else this.requests.push({ fault, seen: 0, left: times });
  }

  clear(): void {
    this.errors = [];
    this.requests = [];
    this.readLimits.clear();
  }

  limitReads(broker: number, bytesPerSecond: number | null): void {
    if (bytesPerSecond === null) this.readLimits.delete(broker);
    else this.readLimits.set(broker, Math.max(1, bytesPerSecond));
  }

  /** Bytes a second that `broker` may read from a connection; Infinity where there is no limit. */
  readLimit(broker: number): number {
    return this.readLimits.get(broker) ?? Infinity;
  }

  /** What befalls this request; counts it. Null for nothing. */
  forRequest(broker: number, api: ApiKey): RequestFate | null {
    let fate: RequestFate | null = null;
    for (const armed of this.requests) {
      const { fault } = armed;
      if (!meets(fault.broker, broker) || !meets(fault.api, api) || !hits(armed)) continue;
      fate ??= { delayHandlingMs: 0, delayAnswerMs: 0, throttleMs: 0, drop: null };
      if (fault.kind === 'drop') fate.drop ??= fault;
      else if (fault.kind === 'throttle') fate.throttleMs += fault.throttleMs;
      else if (fault.before === 'handling') fate.delayHandlingMs += fault.delayMs;
      else fate.delayAnswerMs += fault.delayMs;
    }
    if (fate !== null) this.requests = this.requests.filter(({ left }) => left > 0);
    return fate;
  }

  /** The error that this batch is to be answered with, if any; counts it. */
  forBatch(broker: number, topic: string, partition: number): ErrorFault | null {
    for (const armed of this.errors) {
      const { fault } = armed;
      if (
        !meets(fault.broker, broker) ||
        !meets(fault.topic, topic) ||
        !meets(fault.partition, partition)
      )
        continue;
      if (!hits(armed)) continue;
      if (armed.left <= 0) this.errors = this.errors.filter((other) => other !== armed);
      return fault;
    }
    return null;
  }
}
