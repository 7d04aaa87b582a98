// A real broker that hangs, and one that is killed and restarted, under a run at a set rate.
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { expect, it } from 'vitest';
import { clusterReasons, runDisturbed } from '../../testing/disturbed-run.js';
import { describeWithKafka } from '../../testing/kafka/kafka-fixture.js';

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
});
