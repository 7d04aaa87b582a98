// Random faults, many seeds: whatever happens, every record is told exactly once, what is told as written is written, the kernel reads what
// was handed to it, and nothing is left behind.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/sim-random.js';
import { SimWorld } from '../testing/sim-world.js';
import type { ProduceScript } from '../testing/sim-cluster.js';
import type { TopicHandle } from './producer-api.js';

const SEEDS = Number(process.env.KBENCH_SEEDS ?? 300);
const BROKERS = 3;

class Simulation {
  readonly random: () => number;
  readonly world: SimWorld;
  readonly appended = new Map<string, { topic: string; partition: number }>();
  private readonly acks: string;
  private readonly inFlight: number;
  private refused = false;

  constructor(readonly seed: number) {
    const random = (this.random = seededRandom(seed));
    this.acks = this.pick(['0', '1', 'all', 'all']);
    this.inFlight = this.pick([1, 2, 5]);
    this.world = new SimWorld({
      seed: seed + 1_000_000,
      brokers: BROKERS,
      topics: { t: [0, 1, 2, 0], u: [1, 2] },
      settings: {
        acks: this.acks,
        'bootstrap.servers': 'b0:9092,b1:9092,b2:9092',
        'linger.ms': this.pick([0, 0, 5, 50]),
        'batch.size': this.pick([200, 400, 1000]),
        'buffer.memory': this.pick([2000, 8000, 100_000]),
        'max.in.flight.requests.per.connection': this.inFlight,
        'max.request.size': this.pick([1500, 1_000_000]),
        'request.timeout.ms': 400,
        'delivery.timeout.ms': this.pick([450, 1000, 5000]),
        'retry.backoff.ms': 10,
        'retry.backoff.max.ms': 100,
        'reconnect.backoff.ms': 10,
        'reconnect.backoff.max.ms': 100,
        'metadata.max.age.ms': this.pick([300, 5000]),
        'metadata.max.idle.ms': 5000,
        'connections.max.idle.ms': this.pick([150, 60_000]),
        retries: this.pick([2, 2_147_483_647]),
      },
      network: {
        lingerMs: this.pick([0, 30, 300]),
        takes: () =>
          random() < 0.85
            ? [{ afterMs: 0, share: 1 }]
            : [
                { afterMs: 0, share: random() },
                { afterMs: random() * 600, share: 1 },
              ],
        pieceBytes: () => 1 + Math.floor(random() * 200),
      },
    });
  }

  private pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.random() * values.length)];
  }

  private script(): ProduceScript {
    const roll = this.random();
    if (roll < 0.7) return { afterMs: this.random() * 10 };
    if (roll < 0.8)
      return {
        error: () => (this.random() < 0.7 ? this.pick([5, 6, 7, 19, 74]) : 0),
        appendAnyway: this.random() < 0.1,
      };
    if (roll < 0.84) return { error: () => this.pick([0, 10, 87]) };
    if (roll < 0.88) return { drop: this.pick(['before append', 'after append', 'in the middle of the answer']) };
    if (roll < 0.92) return { silent: true };
    if (roll < 0.96) return { afterMs: 300 + this.random() * 400 };
    return { throttleMs: this.random() * 100 };
  }

  private disturb(): void {
    const { cluster } = this.world;
    const id = Math.floor(this.random() * BROKERS);
    const roll = this.random();
    if (roll < 0.3) cluster.moveLeader('t', Math.floor(this.random() * 4), id, this.random() < 0.7);
    else if (roll < 0.5) cluster.brokers.get(id)?.reset();
    else if (roll < 0.7 && cluster.brokers.size > 1 && cluster.brokers.has(id)) cluster.stop(id);
    else if (!cluster.brokers.has(id)) cluster.start(id);
    cluster.hints = this.random() < 0.5;
  }

  private append(topic: TopicHandle, n: number): void {
    if (this.refused) return;
    const value = `${topic.name}:${n}:${'-'.repeat(Math.floor(this.random() ** 4 * 700))}`;
    const partition = this.random() < 0.3 ? Math.floor(this.random() * topic.partitionCount) : -1;
    const key = this.random() < 0.2 ? `k${n % 7}` : null;
    if (this.world.append(topic, value, partition, key)) {
      this.appended.set(value, { topic: topic.name, partition });
      return;
    }
    this.refused = true;
    this.world.producer.awaitMemory(() => {
      this.refused = false;
      this.world.producer.wake();
    });
  }

  async run(): Promise<string[]> {
    const { world } = this;
    const topics = [await world.start('t'), await world.clock.settle(world.producer.topic('u'))];
    world.cluster.onProduce = () => this.script();
    let flushes = 0;
    const problems: string[] = [];
    for (let step = 0, n = 0; step < 60; step++) {
      for (let burst = Math.floor(this.random() * 5); burst > 0; burst--) this.append(this.pick(topics), n++);
      world.producer.wake();
      if (this.random() < 0.1) this.disturb();
      if (this.random() < 0.05) {
        const before = [...this.appended.keys()];
        flushes++;
        void world.producer.flush().then(() => {
          flushes--;
          for (const value of before) if (!world.outcomes.has(value)) problems.push(`flush resolved before ${value}`);
        });
      }
      await world.clock.advance(this.random() < 0.1 ? 400 * this.random() : 5 * this.random());
    }
    if (this.random() < 0.5) {
      for (let id = 0; id < BROKERS; id++) if (!world.cluster.brokers.has(id)) world.cluster.start(id);
    }
    await world.clock.settle(world.producer.close(this.pick([0, 200, Infinity])), 60_000, 20);
    await world.clock.advance(2000);
    if (flushes !== 0) problems.push(`${flushes} flushes never resolved`);
    return [...problems, ...world.leftovers(), ...this.records(), ...this.requests()];
  }

  private records(): string[] {
    const { world } = this;
    const problems: string[] = [];
    for (const value of this.appended.keys()) if (!world.outcomes.has(value)) problems.push(`${value} was never told`);
    for (const value of world.outcomes.keys())
      if (!this.appended.has(value)) problems.push(`${value} was told but never appended`);
    const logs = new Map<string, Map<string, number>>();
    for (const [name, { partitions }] of world.cluster.topics) {
      partitions.forEach((_, partition) => {
        for (const value of world.cluster.values(name, partition)) {
          const at = this.appended.get(value);
          if (at === undefined) problems.push(`${name}-${partition} has ${value}, which nobody sent`);
          else if (at.topic !== name || (at.partition >= 0 && at.partition !== partition))
            problems.push(`${value} is in ${name}-${partition}`);
          const counts = logs.get(value) ?? new Map<string, number>();
          logs.set(value, counts.set(`${name}-${partition}`, (counts.get(`${name}-${partition}`) ?? 0) + 1));
        }
      });
    }
    for (const [value, { error }] of world.outcomes) {
      if (error === null && this.acks !== '0' && !logs.has(value))
        problems.push(`${value} was acknowledged but is in no log`);
      if ((logs.get(value)?.size ?? 0) > 1) problems.push(`${value} is in several partitions`);
    }
    const { recordsAppended, recordsAcked, recordsFailed } = world.producer.totals;
    if (recordsAppended !== recordsAcked + recordsFailed)
      problems.push(`${recordsAppended} appended, ${recordsAcked} + ${recordsFailed} told`);
    return problems;
  }

  private requests(): string[] {
    const { cluster } = this.world;
    const problems: string[] = [];
    if (cluster.mostInFlight > this.inFlight) problems.push(`${cluster.mostInFlight} in flight`);
    for (const { parts } of cluster.produced) {
      if (new Set(parts.map(({ topic, partition }) => `${topic}-${partition}`)).size !== parts.length)
        problems.push('two batches of a partition in one request');
    }
    return problems;
  }
}

describe('under random faults', () => {
  const chosen = process.env.KBENCH_SEED;
  const seeds = chosen === undefined ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [Number(chosen)];

  it(`every record is told exactly once, ${seeds.length} seeds`, async () => {
    for (const seed of seeds) {
      const problems = await new Simulation(seed)
        .run()
        .catch((error: unknown) => [String(error instanceof Error ? error.stack : error)]);
      expect(problems, `KBENCH_SEED=${seed}`).toEqual([]);
    }
  }, 600_000);
});
