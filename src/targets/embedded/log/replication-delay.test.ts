import { describe, expect, it } from 'vitest';
import { produceRequest } from '../../../wire/apis/all.js';
import { encodeRequest } from '../../../wire/index.js';
import type { Clock } from '../../../base/clock.js';
import { UnpluggedCluster } from '../in-process.js';
import { buildBatch, RawClient } from '../../../testing/raw-client.js';
import { startInProcessCluster } from '../in-process.js';

/** Time that only moves when told. */
class ManualClock implements Clock {
  private nowMs = 0;
  private timers: { dueMs: number; callback: () => void }[] = [];
  now = () => this.nowMs;
  epoch = () => 0;
  soon = (callback: () => void) => void this.schedule(0, callback);
  schedule = (delayMs: number, callback: () => void) => {
    const timer = { dueMs: this.nowMs + delayMs, callback };
    this.timers.push(timer);
    return { cancel: () => (this.timers = this.timers.filter((other) => other !== timer)) };
  };
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const [next] = this.timers
        .filter(({ dueMs }) => dueMs <= untilMs)
        .sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.nowMs = next.dueMs;
      this.timers = this.timers.filter((timer) => timer !== next);
      next.callback();
    }
    this.nowMs = untilMs;
  }
}

const frame = (id: number, acks: number, topic: string) =>
  encodeRequest(produceRequest, 9, id, 'c', {
    acks,
    timeoutMs: 1,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: buildBatch(['x']) }] }],
  });

describe('the modelled replication', () => {
  it('delays acks=all of replicated partitions only, and what follows it (simulated time)', () => {
    const clock = new ManualClock();
    const topics = [
      { name: 'three', partitions: 1, replicationFactor: 3 },
      { name: 'one', partitions: 1 },
    ];
    const cluster = new UnpluggedCluster(
      { brokers: 3, topics, replicationDelayMs: 0.5 },
      { clock },
    );
    const written: [number, number][] = [];
    const connection = cluster.connect(1, {
      peer: 'test',
      write: (bytes) => {
        for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at)) {
          written.push([bytes.readInt32BE(at + 4), clock.now()]);
        }
        return true;
      },
      resumeReads: () => undefined,
      destroy: () => undefined,
    });
    connection.receive(
      Buffer.concat([
        frame(1, 1, 'three'),
        frame(2, -1, 'one'),
        frame(3, -1, 'three'),
        frame(4, 1, 'three'),
        frame(5, -1, 'three'),
      ]),
    );
    expect(written).toEqual([
      [1, 0],
      [2, 0],
    ]);
    clock.advance(0.49);
    expect(written.length).toBe(2);
    clock.advance(10);
    expect(written.slice(2)).toEqual([
      [3, 0.5],
      [4, 0.5],
      [5, 1],
    ]);
  });

  it('never answers early, and holds many connections at a time (real time)', async () => {
    const cluster = await startInProcessCluster({
      brokers: 2,
      topics: [{ name: 't', partitions: 1, replicationFactor: 2 }],
      replicationDelayMs: 0.5,
    });
    const clients = await Promise.all(
      Array.from({ length: 20 }, () => RawClient.connect(cluster.bootstrap[0])),
    );
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        clients.map(async (client) => {
          const started = performance.now();
          await client.produce('t', 0, buildBatch(['x']), { acks: -1 });
          expect(performance.now() - started).toBeGreaterThanOrEqual(0.5);
        }),
      );
    }
    for (const client of clients) client.close();
    await cluster.close();
  });
});
