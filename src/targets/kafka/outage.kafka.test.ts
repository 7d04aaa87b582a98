// A real broker that hangs, and one that is killed and restarted, under a run at a set rate.
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { expect, it } from 'vitest';
import type { DriverSettings } from '../../contract/driver.js';
import { clusterReasons, runDisturbed } from '../../testing/disturbed-run.js';
import { describeWithKafka } from '../../testing/kafka/kafka-fixture.js';
import { DEFAULT_KAFKA_VERSION } from './kafka-rules.js';

const CLIENTS: readonly DriverSettings[] = [
  'core',
  { kind: 'java', version: DEFAULT_KAFKA_VERSION },
  { kind: 'kafkajs' },
];

describeWithKafka('a broker that is away in the middle of a run', (cluster) => {
  async function createTopic(topic: string): Promise<void> {
    const admin = new Kafka({
      brokers: [...cluster().bootstrap],
      logLevel: logLevel.NOTHING,
    }).admin();
    await admin.connect();
    const topics = [{ topic, numPartitions: 3, replicationFactor: 1 }];
    await admin.createTopics({ waitForLeaders: true, topics });
    await admin.disconnect();
  }

  it('hangs for 3 s: an outage as long, and not a rate above what it takes', async () => {
    await createTopic('hangs');
    const [broker] = cluster().brokers;
    const result = await runDisturbed({
      ...{ bootstrap: cluster().bootstrap, topicName: 'hangs', afterMs: 500 },
      workload: { rate: 1000, durationMs: 8000 },
      disturb: async () => {
        await broker.kill('SIGSTOP');
        await sleep(3000);
        await broker.kill('SIGCONT');
      },
    });
    expect(result.status).toBe('completed');
    expect(result.measurement!.records).toMatchObject({ sent: 8000, acked: 8000 });
    expect(clusterReasons(result)).toEqual(['outage']);
    expect(result.measurement!.continuity!.longestGapMs).toBeGreaterThan(2500);
    expect(result.measurement!.continuity!.longestGapMs).toBeLessThan(6000);
  });

  it('is killed and restarted: an outage, with the connections that it took', async () => {
    await createTopic('killed');
    const [broker] = cluster().brokers;
    const result = await runDisturbed({
      ...{ bootstrap: cluster().bootstrap, topicName: 'killed', afterMs: 500 },
      workload: { rate: 1000, durationMs: 8000, workers: 2 },
      disturb: async () => {
        await broker.kill('SIGKILL');
        await broker.restart();
      },
    });
    expect(result.status).toBe('completed');
    expect(result.measurement!.records.acked).toBe(8000);
    expect(clusterReasons(result)).toEqual(['outage']);
    const { longestGapMs, connectionsLost, recordRetries } = result.measurement!.continuity!;
    expect(longestGapMs).toBeGreaterThan(1000);
    expect(connectionsLost).toBeGreaterThanOrEqual(2);
    expect(recordRetries).toBeGreaterThanOrEqual(0);
    const { message } = result.measurement!.verdict.reasons.find(({ code }) => code === 'outage')!;
    // Where its leaderships come back one by one there may be more than one gap.
    expect(message).toMatch(/^no acknowledgement for \d+\.\d s from \d\.\d s on/);
    expect(message).toMatch(/ \(\d+ connections lost/);
  });

  it.each(CLIENTS)(
    'stops for 1 s in 6: the percentiles are what queueing theory has, %o',
    async (driver) => {
      const durationMs = 6000;
      const topicName = `stops-${typeof driver === 'string' ? driver : driver.kind}`;
      await createTopic(topicName);
      const [broker] = cluster().brokers;
      let stoppedMs = 0;
      const result = await runDisturbed({
        ...{ bootstrap: cluster().bootstrap, topicName, driver, afterMs: 500 },
        workload: {
          ...{ rate: 2000, durationMs, warmup: { records: null, durationMs: 1000 } },
        },
        disturb: async () => {
          const sinceMs = performance.now();
          await broker.kill('SIGSTOP');
          await sleep(1000);
          await broker.kill('SIGCONT');
          stoppedMs = performance.now() - sinceMs;
        },
      });
      expect(result.failure).toBeNull();
      expect(result.measurement!.records).toMatchObject({ sent: 12_000, acked: 12_000 });
      // Records due while the broker stands wait for the rest of it, so the share of all that
      // waits longer than x is (stop - x) / duration. A client that left coordinated omission in
      // would count one request an outage.
      const response = result.measurement!.latencyMs.response!;
      for (const percent of [90, 95, 99] as const) {
        const waitMs = stoppedMs - (1 - percent / 100) * durationMs;
        const toldMs = response[`p${percent}`]!;
        // What it came to is shown beside the test.
        // eslint-disable-next-line no-console
        console.info(`${topicName}: p${percent} ${toldMs} ms, theory ${waitMs.toFixed(1)}`);
        expect(toldMs, `p${percent}`).toBeGreaterThan(waitMs - 60);
        // What queued is sent and acknowledged after it, on two cores that others use.
        expect(toldMs, `p${percent}`).toBeLessThan(waitMs + 400);
      }
    },
  );
});
