// The settings of other clients held to those of Kafka's own jars.
import { expect, it } from 'vitest';
import { PRODUCER_SETTINGS } from '../../producer-core/index.js';
import { DEFAULT_KAFKA_VERSION } from '../../targets/kafka/kafka-rules.js';
import { javaSettings } from '../../testing/kafka/client-config-dump.js';
import { describeWithKafkaJars } from '../../testing/kafka/kafka-fixture.js';
import { OTHER_CLIENTS_SETTINGS } from './other-clients-settings.js';

await describeWithKafkaJars('settings of other clients', () => {
  it('are those that consumers and admin clients have and producers have not', async () => {
    const clients = ['consumer.ConsumerConfig', 'admin.AdminClientConfig'];
    const found = await Promise.all(
      clients.map((client) => javaSettings(client, DEFAULT_KAFKA_VERSION)),
    );
    const names = found.flatMap((settings) => [...settings.keys()]);
    const others = [...new Set(names)].filter((name) => !PRODUCER_SETTINGS.has(name));
    expect([...OTHER_CLIENTS_SETTINGS].toSorted()).toEqual(others.toSorted());
  }, 90_000);
});
