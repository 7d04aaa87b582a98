// A real Kafka broker for tests: one per test file, started when the first test needs it and closed
// after the last. Where it cannot be had (no Java, Maven or network) the tests are skipped and
// their title says why; with CI set that is an error.
import { afterAll, beforeAll, describe } from 'vitest';
import { DEFAULT_KAFKA_VERSION, startKafkaCluster } from '../../targets/kafka/kafka-cluster.js';
import type { KafkaCluster } from '../../targets/kafka/kafka-cluster.js';
import { findKafkaJars } from '../../targets/kafka/kafka-jars.js';

const START_LIMIT_MS = 120_000;

export type RealKafka =
  | { readonly available: true; readonly cluster: KafkaCluster }
  | { readonly available: false; readonly reason: string };

/**
 * Asked once a file, when it is collected: a skip must be known before tests run. The first ever
 * asking fetches the jars.
 */
const jars = await findKafkaJars(DEFAULT_KAFKA_VERSION);

/**
 * The releases that tests of a table over versions go through:
 * KBENCH_TEST_KAFKA=4.4.0,4.3.1,4.1.0,3.9.1, by default the newest alone.
 */
export const testedVersions = (process.env['KBENCH_TEST_KAFKA'] ?? DEFAULT_KAFKA_VERSION).split(
  ',',
);
if (!jars.available && isCi())
  throw new Error(`CI needs a real Kafka, but ${jars.reason}. ${jars.remedy}`);

let shared: Promise<KafkaCluster> | null = null;

/**
 * The file's broker, started by the first call. Who calls this outside describeWithKafka calls
 * closeRealKafka too.
 */
export async function realKafka(): Promise<RealKafka> {
  if (!jars.available) return { available: false, reason: jars.reason };
  shared ??= startKafkaCluster({ heap: '512m' });
  return { available: true, cluster: await shared };
}

/** Closes the file's broker, if one was started. */
export async function closeRealKafka(): Promise<void> {
  const starting = shared;
  shared = null;
  const cluster = await starting?.catch(() => null);
  await cluster?.close();
}

/** `describe` for tests that need the broker; `cluster()` gives it inside tests and hooks. */
export function describeWithKafka(
  name: string,
  define: (cluster: () => KafkaCluster) => void,
): void {
  if (!jars.available) {
    describe.skip(`${name} (skipped: ${jars.reason})`, () => define(() => notStarted()));
    return;
  }
  describe(name, () => {
    let cluster: KafkaCluster | null = null;
    beforeAll(async () => {
      const kafka = await realKafka();
      if (kafka.available) cluster = kafka.cluster;
    }, START_LIMIT_MS);
    afterAll(closeRealKafka, START_LIMIT_MS);
    define(() => cluster ?? notStarted());
  });
}

/** `describe` for tests that need Kafka's jars, but no broker of this fixture. */
export async function describeWithKafkaJars(
  name: string,
  define: () => void,
  version = DEFAULT_KAFKA_VERSION,
): Promise<void> {
  const found = await findKafkaJars(version);
  if (found.available) describe(name, define);
  else if (isCi())
    throw new Error(`CI needs Kafka ${version}, but ${found.reason}. ${found.remedy}`);
  else describe.skip(`${name} (skipped: ${found.reason})`, define);
}

function notStarted(): never {
  throw new Error('the broker is started in beforeAll: ask for it inside a test or a hook');
}

/** As CI systems set it: CI=true or CI=1. */
function isCi(): boolean {
  const ci = process.env['CI'];
  return ci !== undefined && ci !== '' && ci !== 'false' && ci !== '0';
}
