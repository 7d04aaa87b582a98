// One run of a producer in a simulated world, decided by one number: settings, load, weather, the
// close in the middle of it all, and what must hold at the end. Called by simulation-suite and by
// `npm run soak`. Must never look at a real clock or real randomness.
import {
  ProducerError,
  type ProducerSettingValues,
  type TopicHandle,
} from '../../producer-core/index.js';
import type { TopicState } from '../../producer-core/parts.js';
import { canReadZstd } from './cluster/sim-codecs.js';
import { Book, short } from './sim-invariants.js';
import { seededRandom } from './sim-random.js';
import { TransactionalLoad } from './sim-transactions.js';
import { pick, Weather, type Random } from './sim-weather.js';
import { SimWorld } from './sim-world.js';

export type Mode = 'acks=0' | 'acks=1' | 'acks=all' | 'idempotent' | 'transactional';

export interface SeedReport {
  readonly seed: number;
  readonly mode: Mode;
  readonly weather: string;
  /** Empty: all is well. */
  readonly problems: readonly string[];
  /** What happened, if it was asked for; the last lines of it. */
  readonly trace: readonly string[];
  readonly records: number;
  /** Records that were acknowledged. */
  readonly acked: number;
  /**
   * Partitions in which order and uniqueness had to hold, and those in which Kafka does not promise
   * them.
   */
  readonly strict: number;
  readonly excused: number;
  readonly committed: number;
}

export interface SeedOptions {
  /** Keep so many of the last events. */
  readonly traceLines?: number;
  /** Is given every event as it happens. */
  readonly onEvent?: (line: string) => void;
}

const BROKERS = 3;
const REQUEST_TIMEOUT_MS = 400;
const RECOVERY_MS = 6000;
const TRANSACTION_TIMEOUT_MS = 1500;
const TRANSACTIONAL_ID = 'tx';
const CODECS = ['gzip', 'snappy', 'lz4', ...(canReadZstd ? ['zstd'] : [])];
const MODES: readonly Mode[] = [
  'acks=0',
  'acks=1',
  'acks=all',
  ...Array.from({ length: 4 }, () => 'idempotent' as const),
  ...Array.from({ length: 3 }, () => 'transactional' as const),
];

/** Never rejects: what is thrown is a problem. */
export async function runSeed(seed: number, options: SeedOptions = {}): Promise<SeedReport> {
  return new Simulation(seed, options).run();
}

class Simulation {
  private readonly random: Random;
  private readonly mode: Mode;
  private readonly weather: Weather;
  private readonly world: SimWorld;
  private readonly book: Book;
  private readonly load: TransactionalLoad | null;
  private readonly inFlight: number;
  private readonly problems: string[] = [];
  private readonly events: string[] = [];
  private appended = 0;
  private flushes = 0;
  /** An append was refused and waits for memory. */
  private waiting = false;

  constructor(
    readonly seed: number,
    private readonly options: SeedOptions,
  ) {
    const random = (this.random = seededRandom(seed));
    this.mode = pick(random, MODES);
    this.weather = new Weather(random, REQUEST_TIMEOUT_MS);
    this.inFlight = pick(random, [1, 2, 5]);
    const world = (this.world = new SimWorld({
      seed: seed + 1_000_000,
      brokers: BROKERS,
      topics: { t: [0, 1, 2, 0], u: [1, 2] },
      settings: this.settings(),
      network: this.weather.network(),
    }));
    const { cluster } = world;
    cluster.replicationMs = pick(random, [0, 2, 30]);
    cluster.transactionVersion = pick(random, [0, 2, 2]);
    cluster.unknownProducerId = random() < 0.1;
    cluster.maxMessageBytes = pick(random, [Infinity, Infinity, Infinity, 700]);
    if (random() < 0.05) cluster.coordinator.firstEpoch = 32_765;
    const book = (this.book = new Book(cluster, world.outcomes));
    world.onDone = ({ topic, partition }, error) => {
      // Not what expired: error code -1 is a broker's, too.
      const byBroker =
        error !== null && (error.code >= 0 || error.kafkaName === 'UNKNOWN_SERVER_ERROR');
      if (byBroker && !error.retriable) book.refused(topic, partition);
      else if (error !== null) book.expired(topic, partition, world.batchesDone.at(-1)!.values);
    };
    if (options.onEvent !== undefined || options.traceLines !== undefined)
      world.trace = cluster.trace = (text) => this.note(text);
    this.load =
      this.mode === 'transactional'
        ? new TransactionalLoad(world.producer, random, (text) => world.trace?.(text))
        : null;
  }

  private settings(): ProducerSettingValues {
    const { random, mode } = this;
    const idempotent = mode === 'idempotent' || mode === 'transactional';
    const acks = mode === 'acks=0' ? '0' : mode === 'acks=1' ? '1' : 'all';
    return {
      acks,
      'enable.idempotence': idempotent,
      ...(mode === 'transactional'
        ? { 'transactional.id': TRANSACTIONAL_ID, 'transaction.timeout.ms': TRANSACTION_TIMEOUT_MS }
        : {}),
      'compression.type': random() < 0.7 ? 'none' : pick(random, CODECS),
      'bootstrap.servers': 'b0:9092,b1:9092,b2:9092',
      'linger.ms': pick(random, [0, 0, 5, 50]),
      'batch.size': pick(random, [200, 400, 1000]),
      'buffer.memory': pick(random, [2000, 8000, 100_000]),
      'max.in.flight.requests.per.connection': this.inFlight,
      'max.request.size': pick(random, [1500, 1_000_000]),
      'max.block.ms': pick(random, [300, 60_000]),
      'request.timeout.ms': REQUEST_TIMEOUT_MS,
      'delivery.timeout.ms': pick(random, [450, 1000, 5000]),
      'retry.backoff.ms': 10,
      'retry.backoff.max.ms': 100,
      'reconnect.backoff.ms': 10,
      'reconnect.backoff.max.ms': 100,
      'socket.connection.setup.timeout.ms': 200,
      'socket.connection.setup.timeout.max.ms': 400,
      'metadata.max.age.ms': pick(random, [300, 5000]),
      'metadata.max.idle.ms': 5000,
      'connections.max.idle.ms': pick(random, [150, 60_000]),
      retries: idempotent
        ? pick(random, [5, 2_147_483_647, 2_147_483_647])
        : pick(random, [2, 2_147_483_647]),
    };
  }

  async run(): Promise<SeedReport> {
    this.note(() => `${this.mode}: ${this.weather.describe()}`);
    try {
      await this.live();
      await this.end();
    } catch (error) {
      this.problems.push(String(error instanceof Error ? error.stack : error));
    }
    const partitions = [...this.world.cluster.topics.values()].flatMap((topic) => topic.partitions);
    const excused = partitions.filter((partition) => partition.excused).length;
    return {
      seed: this.seed,
      mode: this.mode,
      weather: this.weather.describe(),
      problems: this.problems,
      trace: this.events,
      records: this.book.sent.size,
      acked: this.world.producer.totals.recordsAcked,
      strict: partitions.length - excused,
      excused,
      committed: this.load?.fates.filter((fate) => fate === 'committed').length ?? 0,
    };
  }

  private async live(): Promise<void> {
    const { world, random, weather } = this;
    const { cluster, clock, producer } = world;
    if (random() < 0.7) cluster.onRequest = (seen) => weather.request(seen);
    const topics = await this.topics();
    if (topics === null) return;
    for (const topic of topics as unknown as TopicState[])
      for (const { index, sequences } of topic.partitions)
        cluster.topics.get(topic.name)!.partitions[index].currentEpoch = () =>
          sequences.identity.epoch;
    cluster.onProduce = () => weather.script();
    cluster.onRequest = (seen) => weather.request(seen);
    const steps = 15 + Math.floor(random() * 35);
    // As a generator does: appends in the middle of drains.
    world.meanwhile = () => {
      if (random() < 0.5) this.append(pick(random, topics));
    };
    const clearsAt = random() < 0.5 ? Math.floor(steps * 0.6) : Infinity;
    for (let step = 0; step < steps; step++) {
      if (step === clearsAt) weather.clearUp(cluster);
      this.load?.step();
      for (let burst = Math.floor(random() * 5); burst > 0; burst--)
        this.append(pick(random, topics));
      producer.wake();
      if (step < clearsAt) weather.disturb(cluster, this.load === null ? null : TRANSACTIONAL_ID);
      if (random() < 0.05) this.flush();
      await clock.advance(random() < 0.1 ? REQUEST_TIMEOUT_MS * random() : 5 * random());
    }
    world.meanwhile = () => undefined;
    if (random() < 0.5) return;
    weather.clearUp(cluster);
    if (this.load === null && random() < 0.5) await this.recover(topics);
  }

  /**
   * Some time after all has become well, what is appended is acknowledged again. With idempotence
   * only the second record of a partition must be: a batch that expires in its first attempt leaves
   * a gap in the sequences, of which Java's producer, too, learns only when the next batch has
   * expired after its retries (Sender.sendProducerData marks expired batches in retry alone).
   */
  private async recover(topics: readonly TopicHandle[]): Promise<void> {
    const { world, problems } = this;
    const appendToEach = async () => {
      for (const topic of topics)
        for (let i = 0; i < topic.partitionCount; i++) this.append(topic, i);
      world.producer.wake();
      await world.clock.advance(RECOVERY_MS);
    };
    await world.clock.advance(RECOVERY_MS);
    if (this.waiting) problems.push(`no memory came within ${RECOVERY_MS} ms of fair weather`);
    if (this.mode === 'idempotent') await appendToEach();
    const known = this.book.sent.size;
    await appendToEach();
    for (const value of [...this.book.sent.keys()].slice(known)) {
      const outcome = world.outcomes.get(value);
      if (outcome?.error !== null)
        problems.push(
          `in fair weather ${short(value)} ${outcome?.error?.message ?? 'is not told'}`,
        );
    }
  }

  /**
   * Null where the weather did not let the producer find its cluster within a few times
   * max.block.ms.
   */
  private async topics(): Promise<readonly TopicHandle[] | null> {
    const { clock, producer } = this.world;
    for (let tries = 0; tries < 5; tries++) {
      try {
        await clock.settle(producer.connect());
        return [await clock.settle(producer.topic('t')), await clock.settle(producer.topic('u'))];
      } catch (error) {
        this.note(() => `start: ${String(error)}`);
        if (!(error instanceof ProducerError)) throw error;
      }
    }
    return null;
  }

  /** `fixed`: a small record for this partition. */
  private append(topic: TopicHandle, fixed = -1): void {
    const { random, world, load } = this;
    const order = this.appended++;
    const length = fixed >= 0 ? 1 : Math.floor(random() ** 4 * 700);
    const value = `${topic.name}:${order}:${'-'.repeat(length)}`;
    const partition =
      fixed >= 0 ? fixed : random() < 0.3 ? Math.floor(random() * topic.partitionCount) : -1;
    const key = random() < 0.2 ? `k${order % 7}` : null;
    const headers = random() < 0.2 ? [{ key: 'order', value: Buffer.from(String(order)) }] : null;
    if (this.waiting || (load !== null && !load.open)) return;
    try {
      if (world.append(topic, value, partition, key, headers)) {
        const transaction = load === null ? -1 : load.fates.length - 1;
        this.book.sent.set(value, {
          topic: topic.name,
          partition,
          order,
          transaction,
          headers: headers !== null,
        });
        return;
      }
    } catch (error) {
      if (load === null && this.mode !== 'idempotent') throw error;
      load?.refused(error);
      return;
    }
    this.waiting = true;
    world.producer.awaitMemory(() => {
      this.waiting = false;
      world.producer.wake();
    });
  }

  private flush(): void {
    const { world } = this;
    const before = [...this.book.sent.keys()];
    this.flushes++;
    world.trace?.(() => 'flush');
    void world.producer.flush().then(() => {
      this.flushes--;
      for (const value of before)
        if (!world.outcomes.has(value)) this.problems.push(`flush resolved before ${short(value)}`);
    });
  }

  private async end(): Promise<void> {
    const { world, load, problems } = this;
    if (load !== null) load.over = true;
    const timeoutMs = pick(this.random, [0, 200, Infinity]);
    // A transaction cannot be aborted while nobody coordinates it, and close waits for that.
    if (load !== null && timeoutMs === Infinity) this.weather.clearUp(world.cluster);
    world.trace?.(() => `close(${timeoutMs})`);
    await world.clock.settle(world.producer.close(timeoutMs), 60_000, 20);
    world.trace?.(() => 'closed');
    this.weather.clearUp(world.cluster);
    // The kernel lets go of its writes, and the coordinator of what was left open.
    await world.clock.advance(2000 + (load === null ? 0 : TRANSACTION_TIMEOUT_MS));
    if (this.flushes !== 0) problems.push(`${this.flushes} flushes never resolved`);
    const { recordsAppended, recordsAcked, recordsFailed } = world.producer.totals;
    if (recordsAppended !== recordsAcked + recordsFailed)
      problems.push(`${recordsAppended} appended, ${recordsAcked} + ${recordsFailed} told`);
    problems.push(...world.leftovers(), ...(load?.problems ?? []), ...this.requests());
    const expected = {
      acks: this.mode === 'acks=0' ? '0' : this.mode === 'acks=1' ? '1' : 'all',
      idempotent: this.mode === 'idempotent' || this.mode === 'transactional',
      loses: this.weather.loses,
      fates: load?.fates ?? [],
    };
    problems.push(...this.book.problems(expected));
    if (this.weather.calm && timeoutMs === Infinity && world.cluster.maxMessageBytes === Infinity)
      problems.push(...this.failures());
  }

  /**
   * Where nothing happened nothing may fail, but what a transaction's end threw away, what waited
   * its turn and transactions that took too long.
   */
  private failures(): string[] {
    const excused = new Set([
      'TRANSACTION_ABORTED',
      'TIMEOUT',
      ...(this.load === null ? [] : ['INVALID_PRODUCER_EPOCH']),
    ]);
    return [...this.world.outcomes].flatMap(([value, { error }]) =>
      error === null || excused.has(error.kafkaName) ? [] : [`${short(value)}: ${error.message}`],
    );
  }

  private requests(): string[] {
    const { cluster } = this.world;
    const found: string[] = [];
    if (cluster.mostInFlight > this.inFlight) found.push(`${cluster.mostInFlight} in flight`);
    for (const { parts } of cluster.produced)
      if (
        new Set(parts.map(({ topic, partition }) => `${topic}-${partition}`)).size !== parts.length
      )
        found.push('two batches of a partition in one request');
    return found;
  }

  private note(text: () => string): void {
    const { traceLines = 0, onEvent } = this.options;
    if (traceLines === 0 && onEvent === undefined) return;
    const line = `${this.world.clock.now().toFixed(2).padStart(10)} ${text()}`;
    onEvent?.(line);
    this.events.push(line);
    if (this.events.length > traceLines) this.events.shift();
  }
}
