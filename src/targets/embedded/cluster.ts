// The state that all brokers of an embedded cluster share: who is up, who leads what, topics,
// faults, producer ids, transactions. No sockets: brokers are told through `listeners`. Made by
// in-process.ts; asked by connections and handlers.
import { randomBytes } from 'node:crypto';
import { ConfigurationError } from '../../base/errors.js';
import { systemClock } from '../../base/clock.js';
import type { Clock } from '../../base/clock.js';
import { ConnectionMemory } from './server/connection-memory.js';
import { FaultBoard } from './faults.js';
import type { Fault, MoveLeaderFault } from './faults.js';
import { GroupRefusals } from './apis/group-refusals.js';
import { LogLines } from './server/log-lines.js';
import { MAX_RING_BYTES_TOTAL } from './options.js';
import type { ResolvedOptions } from './options.js';
import { ReplicationDelay } from './log/replication-delay.js';
import type { WaitingStyle } from './log/replication-delay.js';
import { NO_LEADER, TopicRegistry } from './cluster-topics.js';
import type { Partition } from './cluster-topics.js';
import { TransactionCoordinator } from './log/transaction-coordinator.js';

export interface BrokerAddress {
  /** Node id, from 1. */
  readonly id: number;
  /** Told to clients; all listen on `options.host`. */
  readonly host: string;
  /** Told to clients; known once the broker listens. */
  port: number;
  /** Where it listens; another one where clients are to come by way of a relay. */
  ownPort: number;
  alive: boolean;
}

/** Carries out what only the network side can. */
export interface BrokerSwitch {
  stop(broker: number): void;
  start(broker: number): Promise<void>;
}

export interface Surroundings {
  readonly clock?: Clock;
  readonly waiting?: WaitingStyle;
  readonly log?: (line: string) => void;
}

export class Cluster {
  readonly clusterId = newClusterId();
  readonly brokers: readonly BrokerAddress[];
  readonly topics: TopicRegistry;
  readonly faults = new FaultBoard();
  readonly memory = new ConnectionMemory();
  readonly clock: Clock;
  readonly delays: ReplicationDelay;
  readonly transactions: TransactionCoordinator;
  readonly groupRefusals = new GroupRefusals((line) => this.log(line));
  private readonly lines: LogLines;
  private nextProducerId = 1000;
  private network: BrokerSwitch | null = null;

  constructor(
    readonly options: ResolvedOptions,
    { clock = systemClock, waiting = 'spin', log }: Surroundings = {},
  ) {
    this.clock = clock;
    this.lines = new LogLines(clock, log);
    this.transactions = new TransactionCoordinator(clock, () => this.takeProducerId());
    this.delays = new ReplicationDelay(clock, options.replicationDelayMs, waiting);
    this.brokers = Array.from({ length: options.brokers }, (_, i) => ({
      id: i + 1,
      host: options.advertise,
      port: options.advertisedPorts[i] ?? (options.ports === 0 ? 0 : options.ports + i),
      ownPort: options.ports === 0 ? 0 : options.ports + i,
      alive: true,
    }));
    const budget = { left: MAX_RING_BYTES_TOTAL };
    this.topics = new TopicRegistry(
      options.brokers,
      options.retentionBytesPerPartition,
      budget,
      (id) => this.isAlive(id),
    );
    for (const { name, partitions, replicationFactor = 1 } of options.topics) {
      const made = this.topics.create({ name, partitions, replicationFactor });
      if ('code' in made)
        throw new ConfigurationError(`topic ${name} can't be made: ${made.message}`);
    }
  }

  attach(network: BrokerSwitch): void {
    this.network = network;
  }

  get aliveBrokers(): readonly BrokerAddress[] {
    return this.brokers.filter(({ alive }) => alive);
  }

  /** The living broker with the lowest id; brokers forward to it, so that it hardly matters. */
  get controllerId(): number {
    return this.aliveBrokers[0]?.id ?? NO_LEADER;
  }

  isAlive(id: number): boolean {
    return this.brokers[id - 1]?.alive;
  }

  /** The living broker that looks after a transactional id; null when none lives. */
  coordinatorOf(transactionalId: string): BrokerAddress | null {
    let hash = 0;
    for (let i = 0; i < transactionalId.length; i++)
      hash = (Math.imul(hash, 31) + transactionalId.charCodeAt(i)) | 0;
    const { brokers } = this;
    for (let i = 0; i < brokers.length; i++) {
      const broker = brokers[((hash >>> 0) + i) % brokers.length];
      if (broker.alive) return broker;
    }
    return null;
  }

  takeProducerId(): number {
    return this.nextProducerId++;
  }

  log(line: string): void {
    this.lines.write(line);
  }

  /**
   * Carries out or arms a fault. Throws ConfigurationError where it names a broker or partition
   * that is not there.
   */
  async inject(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'error':
      case 'delay':
      case 'drop':
      case 'throttle': {
        this.faults.arm(fault);
        return;
      }
      case 'clear': {
        this.faults.clear();
        return;
      }
      case 'slow-reads': {
        const ids =
          fault.broker === undefined
            ? this.brokers.map(({ id }) => id)
            : [this.broker(fault.broker).id];
        for (const id of ids) this.faults.limitReads(id, fault.bytesPerSecond);
        return;
      }
      case 'move-leader': {
        this.moveLeader(fault);
        return;
      }
      case 'stop-broker': {
        this.stop(this.broker(fault.broker), fault.electAfterMs ?? 0);
        return;
      }
      case 'start-broker':
        return this.start(this.broker(fault.broker));
    }
  }

  private broker(id: number): BrokerAddress {
    const found = this.brokers[id - 1];
    if (found === undefined)
      throw new ConfigurationError(`there is no broker ${id}: ids are 1 to ${this.brokers.length}`);
    return found;
  }

  private moveLeader({ topic, partition: index, to }: MoveLeaderFault): void {
    const partition = this.topics.partition(topic, index);
    if (partition === undefined)
      throw new ConfigurationError(`there is no partition ${topic}-${index}`);
    const candidates =
      partition.isr.length > 1 ? partition.isr : this.aliveBrokers.map(({ id }) => id);
    const target =
      to ?? candidates[(candidates.indexOf(partition.leader) + 1) % candidates.length] ?? NO_LEADER;
    if (!this.broker(target).alive)
      throw new ConfigurationError(`broker ${target} is stopped and can't lead`);
    if (!partition.isr.includes(target)) {
      // A reassignment: the new leader takes the old one's place among the replicas.
      partition.replicas = partition.replicas.map((id) => (id === partition.leader ? target : id));
      partition.isr = partition.replicas.filter((id) => this.isAlive(id));
    }
    lead(partition, target);
  }

  private stop(broker: BrokerAddress, electAfterMs: number): void {
    if (!broker.alive) return;
    broker.alive = false;
    this.network?.stop(broker.id);
    const elect = () => {
      if (broker.alive) return;
      this.eachPartition((partition) => {
        if (!partition.replicas.includes(broker.id)) return;
        partition.isr = partition.isr.filter((id) => id !== broker.id);
        if (partition.leader === broker.id) lead(partition, partition.isr[0] ?? NO_LEADER);
      });
    };
    if (electAfterMs > 0) this.clock.schedule(electAfterMs, elect);
    else elect();
  }

  private async start(broker: BrokerAddress): Promise<void> {
    if (broker.alive) return;
    await this.network?.start(broker.id);
    broker.alive = true;
    this.eachPartition((partition) => {
      if (!partition.replicas.includes(broker.id)) return;
      partition.isr = partition.replicas.filter(
        (id) => id === broker.id || partition.isr.includes(id),
      );
      if (partition.leader === NO_LEADER) lead(partition, broker.id);
    });
  }

  private eachPartition(visit: (partition: Partition) => void): void {
    for (const topic of this.topics.all()) topic.partitions.forEach(visit);
  }
}

function lead(partition: Partition, leader: number): void {
  partition.leader = leader;
  partition.leaderEpoch++;
  partition.notify();
}

/**
 * 16 random bytes as base64url, as Kafka's Uuid.randomUuid prints them: never with a dash in front,
 * which command lines take for an option.
 */
function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}
