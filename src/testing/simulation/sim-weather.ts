// What befalls a simulated producer, all of it from one seeded source: how often requests fail and
// how, connections that break at any byte, leaders that move, brokers that stop, pause or lose what
// was not replicated, names that do not resolve. Called by simulation.ts.
import type { SimCluster } from './cluster/sim-cluster.js';
import type { SimNetworkOptions } from './sim-network.js';
import type { ProduceScript, RequestScript, SeenRequest } from './cluster/sim-scripts.js';
import { API } from '../../wire/api-keys.js';
import { ERROR } from '../../wire/error-codes.js';

export type Random = () => number;

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)];
}

const RETRIABLE = [
  ERROR.CORRUPT_MESSAGE,
  ERROR.UNKNOWN_TOPIC_OR_PARTITION,
  ERROR.LEADER_NOT_AVAILABLE,
  ERROR.NOT_LEADER_OR_FOLLOWER,
  ERROR.REQUEST_TIMED_OUT,
  ERROR.REPLICA_NOT_AVAILABLE,
  ERROR.NETWORK_EXCEPTION,
  ERROR.NOT_ENOUGH_REPLICAS,
  ERROR.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ERROR.KAFKA_STORAGE_ERROR,
  ERROR.LISTENER_NOT_FOUND,
  ERROR.FENCED_LEADER_EPOCH,
  ERROR.UNKNOWN_LEADER_EPOCH,
];
/** Told although the batch may have been written. */
const RETRIABLE_AFTER_APPEND = [ERROR.REQUEST_TIMED_OUT, ERROR.NOT_ENOUGH_REPLICAS_AFTER_APPEND];
const FATAL = [
  ERROR.MESSAGE_TOO_LARGE,
  ERROR.INVALID_TOPIC_EXCEPTION,
  ERROR.TOPIC_AUTHORIZATION_FAILED,
  ERROR.INVALID_TIMESTAMP,
  ERROR.INVALID_RECORD,
  ERROR.UNKNOWN_SERVER_ERROR,
];
const OF_COORDINATOR = [
  ERROR.REQUEST_TIMED_OUT,
  ERROR.COORDINATOR_LOAD_IN_PROGRESS,
  ERROR.COORDINATOR_NOT_AVAILABLE,
  ERROR.NOT_COORDINATOR,
];
const TOPICS = ['t', 'u'];

/**
 * How often each thing happens: a share of requests, of connections (cuts) or of steps (the world).
 * Half of them never, per seed.
 */
export interface Rates {
  delay: number;
  retriable: number;
  appendAnyway: number;
  fatal: number;
  drop: number;
  silent: number;
  late: number;
  throttle: number;
  cut: number;
  slowSocket: number;
  api: number;
  initFatal: number;
  move: number;
  reset: number;
  stop: number;
  crash: number;
  pause: number;
  dns: number;
  coordinator: number;
}

const MOST: Rates = {
  delay: 0.8,
  retriable: 0.3,
  appendAnyway: 0.3,
  fatal: 0.05,
  drop: 0.15,
  silent: 0.06,
  late: 0.25,
  throttle: 0.1,
  cut: 0.6,
  slowSocket: 0.2,
  api: 0.15,
  initFatal: 0.02,
  move: 0.1,
  reset: 0.08,
  stop: 0.05,
  crash: 0.05,
  pause: 0.06,
  dns: 0.05,
  coordinator: 0.05,
};

export class Weather {
  private readonly rates: Rates;
  /** Nothing goes wrong any more. */
  private clear = false;
  /** Elections may lose what all in-sync replicas had: rare, and then little can be promised. */
  readonly unclean: boolean;
  /** Nothing ever happens. */
  readonly calm: boolean;
  /** Something may be lost that acks=1 acknowledged. */
  get loses(): boolean {
    return this.rates.crash > 0;
  }

  constructor(
    private readonly random: Random,
    private readonly requestTimeoutMs: number,
  ) {
    const rates: Rates = { ...MOST };
    const calm = (this.calm = random() < 0.1);
    for (const name of Object.keys(MOST) as (keyof Rates)[])
      rates[name] = calm || random() < 0.5 ? 0 : MOST[name] * random();
    this.rates = rates;
    this.unclean = rates.crash > 0 && random() < 0.2;
  }

  describe(): string {
    const names = Object.keys(this.rates) as (keyof Rates)[];
    const shown = names
      .filter((name) => this.rates[name] > 0)
      .map((name) => `${name} ${this.rates[name].toFixed(3)}`);
    return shown.join(', ') + (this.unclean ? ', unclean' : '');
  }

  private happens(name: keyof Rates): boolean {
    const rate = this.rates[name];
    return rate > 0 && this.random() < rate && !this.clear;
  }

  network(): SimNetworkOptions {
    const { random } = this;
    return {
      lingerMs: pick(random, [0, 30, 300]),
      takes: () =>
        this.happens('slowSocket')
          ? [
              { afterMs: 0, share: random() },
              { afterMs: random() * this.requestTimeoutMs * 1.5, share: 1 },
            ]
          : ALL_AT_ONCE,
      pieceBytes: pick(random, [
        undefined,
        () => 1 + Math.floor(random() * 200),
        () => (random() < 0.1 ? 1 : 1 + Math.floor(random() * 40)),
      ]),
      cut: () => {
        if (!this.happens('cut')) return {};
        // Small numbers fall into sizes, headers and the exchange of versions, larger ones into any
        // request.
        const bytes = 1 + Math.floor(random() ** 2 * pick(random, [60, 600, 6000]));
        return random() < 0.5 ? { up: bytes } : { down: bytes };
      },
    };
  }

  script(): ProduceScript {
    const { random } = this;
    const script: ProduceScript = {};
    if (this.happens('delay')) script.afterMs = random() * 12;
    if (this.happens('late')) script.afterMs = this.requestTimeoutMs * (0.7 + random() * 0.8);
    if (this.happens('throttle')) script.throttleMs = Math.floor(random() * 100);
    if (this.happens('silent')) script.silent = true;
    if (this.happens('drop'))
      script.drop = pick(random, ['before append', 'after append', 'in the middle of the answer']);
    if (this.happens('retriable')) {
      script.appendAnyway = this.happens('appendAnyway');
      const code = pick(random, script.appendAnyway ? RETRIABLE_AFTER_APPEND : RETRIABLE);
      script.error = () => (random() < 0.7 ? code : ERROR.NONE);
    } else if (this.happens('fatal')) {
      const code = pick(random, FATAL);
      script.error = () => (random() < 0.7 ? code : ERROR.NONE);
    }
    return script;
  }

  request({ api }: SeenRequest): RequestScript {
    const { random } = this;
    const script: RequestScript = {};
    if (this.happens('delay')) script.afterMs = random() * 12;
    if (!this.happens('api')) return script;
    const roll = random();
    if (roll < 0.2) script.drop = 'before';
    else if (roll < 0.4) script.drop = 'after';
    else if (roll < 0.5) script.silent = true;
    else if (roll < 0.6) script.afterMs = this.requestTimeoutMs * (0.7 + random() * 0.8);
    else if (api === API.METADATA)
      script.error = pick(random, [
        ERROR.UNKNOWN_TOPIC_OR_PARTITION,
        ERROR.LEADER_NOT_AVAILABLE,
        ERROR.TOPIC_AUTHORIZATION_FAILED,
      ]);
    else if (api === API.API_VERSIONS) script.drop = 'before';
    else if (api === API.INIT_PRODUCER_ID && this.happens('initFatal'))
      script.error = pick(random, [
        ERROR.CLUSTER_AUTHORIZATION_FAILED,
        ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        ERROR.INVALID_PRODUCER_EPOCH,
      ]);
    else script.error = pick(random, OF_COORDINATOR);
    return script;
  }

  /** Once a step. `transactionalId` names whose coordinator may move. */
  disturb(cluster: SimCluster, transactionalId: string | null): void {
    const { random } = this;
    const nodes = cluster.brokers;
    const any = () => pick(random, [...nodes.keys()]);
    if (this.happens('move')) {
      const topic = pick(random, TOPICS);
      const { length } = cluster.topics.get(topic)!.partitions;
      cluster.moveLeader(topic, Math.floor(random() * length), any(), random() < 0.7);
      cluster.hints = random() < 0.5;
    }
    if (this.happens('reset')) nodes.get(any())!.reset(random() < 0.3 ? null : undefined);
    if (nodes.size > 1 && this.happens('stop')) cluster.stop(any());
    if (nodes.size > 1 && this.happens('crash')) {
      const id = any();
      const heir = pick(
        random,
        [...nodes.keys()].filter((other) => other !== id),
      );
      cluster.crash(id, heir, random, this.unclean);
    }
    if (this.happens('pause'))
      nodes.get(any())!.pausedUntilMs =
        cluster.network.clock.now() + random() * this.requestTimeoutMs * 2;
    if (this.happens('dns'))
      cluster.network.names.set(`b${any()}`, new Error('getaddrinfo ENOTFOUND'));
    else if (random() < 0.3) cluster.network.names.clear();
    if (transactionalId !== null && this.happens('coordinator'))
      cluster.coordinators.set(transactionalId, any());
    for (let id = 0; id < 3; id++) if (!nodes.has(id) && random() < 0.2) cluster.start(id);
  }

  /** All is well from now on: brokers are back, everybody knows the leaders. */
  clearUp(cluster: SimCluster): void {
    this.clear = true;
    cluster.network.names.clear();
    for (let id = 0; id < 3; id++) if (!cluster.brokers.has(id)) cluster.start(id);
    for (const { partitions } of cluster.topics.values())
      for (const partition of partitions)
        partition.shown = { leader: partition.leader, epoch: partition.epoch };
  }
}

const ALL_AT_ONCE = [{ afterMs: 0, share: 1 }];
