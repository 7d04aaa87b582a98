// Records written as a run writes them (our own producer, acks=all, Java's defaults) to a topic
// that is made for it, read back, and their append times held against this machine's clock. The
// topic goes whatever happens, also after a stop. Called by doctor.ts; writes to no other topic.
import { randomBytes } from 'node:crypto';
import { RunError, StoppedError } from '../../../base/errors.js';
import { bounded, sleep } from '../../../base/time-limit.js';
import type { SecuritySettings, TopicSettings } from '../../../contract/settings.js';
import { ProbeFailure } from '../../../connect/probe-failure.js';
import { WireClient, type Access } from '../../../connect/wire-client.js';
import { ProducerError } from '../../../producer-core/errors.js';
import {
  Producer,
  type PartitionInfo,
  type ProducerSettings,
} from '../../../producer-core/index.js';
import { errorRow } from '../../../wire/error-codes.js';
import { fetchRequest, fetchResponse } from '../../../wire/apis/fetch.js';
import { apiVersions, versionFor } from '../probe.js';
import type { ClockDifference, Finding, StepName } from './examination.js';
import { isForbidden } from './protocol.js';
import { clockDifference, type Stamped } from './clocks.js';

type FreshTopic = Extract<TopicSettings, { kind: 'fresh' }>;

/** Makes and deletes a topic, with its own retries and limits. Errors are RunErrors. */
export interface ScratchTopics {
  create(
    name: string,
    topic: FreshTopic,
    made: (id: string | null) => Promise<void>,
  ): Promise<boolean>;
  remove(topic: { readonly name: string; readonly id?: string }): Promise<unknown>;
}

export interface WritingClient {
  readonly bootstrap: readonly string[];
  readonly security: SecuritySettings;
  readonly access: Access;
  readonly timeoutMs: number;
  readonly stop: AbortSignal | undefined;
}

export interface WriteOutcome {
  readonly topic: string;
  readonly findings: readonly Finding[];
  /** Records that were acknowledged; null where there was no topic to write to. */
  readonly written: { readonly records: number; readonly slowestMs: number } | null;
  /** Records that were found again. */
  readonly read: number;
  /** By broker; empty where the topic did not take LogAppendTime. */
  readonly clocks: ReadonlyMap<number, ClockDifference>;
}

/** One partition a broker, so that each of them is written to; more are not tried. */
const MAX_PARTITIONS = 12;
const MAX_REPLICAS = 3;
/** Records to each partition: the quickest tells the clock best. */
const ROUNDS = 3;
const WORK_LIMIT_MS = 60_000;
const DELIVERY_MS = 12_000;
const REQUEST_MS = 5_000;
const CLOSE_MS = 1_000;
const READ_LIMIT_MS = 10_000;
const READ_AGAIN_MS = 100;
/** From version 13 on topics go by id. */
const LAST_FETCH_BY_NAME = 12;
const FETCH_BYTES = 1024 * 1024;
const FETCH_WAIT_MS = 500;

/** Throws StoppedError alone. */
export async function writeAndRead(
  brokers: number,
  client: WritingClient,
  topics: ScratchTopics,
  nowMs: number,
): Promise<WriteOutcome> {
  const name = topicName(nowMs);
  const made = { id: null as string | null, done: false };
  const findings: Finding[] = [];
  const nothing = { topic: name, findings, written: null, read: 0, clocks: new Map() };
  try {
    const stamps = await make(name, brokers, topics, made);
    const { stop } = client;
    return await bounded('writing a record', { limitMs: WORK_LIMIT_MS, stop }, () =>
      exchange(name, stamps, client, findings),
    );
  } catch (error) {
    if (error instanceof StoppedError || !(error instanceof RunError)) throw error;
    findings.push(made.done ? failed('write', error.message, error.remedy) : notMade(error));
    return nothing;
  } finally {
    await removeTopic(name, made, topics, findings, client.stop);
  }
}

/** `kbench-doctor-20261127T190102-1f2e3d4c`: topics.ts reads the time out of it. */
function topicName(nowMs: number): string {
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+Z/g, '');
  return `kbench-doctor-${time}-${randomBytes(4).toString('hex')}`;
}

/** Whether the topic keeps the brokers' own times. */
async function make(
  name: string,
  brokers: number,
  topics: ScratchTopics,
  made: { id: string | null; done: boolean },
): Promise<boolean> {
  const topic = {
    kind: 'fresh',
    partitions: Math.min(brokers, MAX_PARTITIONS),
    replicationFactor: Math.min(brokers, MAX_REPLICAS),
  } as const;
  const note = (id: string | null): Promise<void> => {
    Object.assign(made, { id, done: true });
    return Promise.resolve();
  };
  try {
    const config = { 'message.timestamp.type': 'LogAppendTime' };
    await topics.create(name, { ...topic, config }, note);
    return true;
  } catch (error) {
    if (!(error instanceof RunError) || made.done) throw error;
    if (!/INVALID_CONFIG|POLICY_VIOLATION/.test(error.message)) throw error;
    await topics.create(name, { ...topic, config: {} }, note);
    return false;
  }
}

function notMade({ message, remedy }: RunError): Finding {
  const forbidden = /_AUTHORIZATION_FAILED/.test(message);
  return failed(
    'write',
    forbidden ? `${message}; missing permission: Create on Topic kbench-*` : message,
    forbidden
      ? missing('Create')
      : `${remedy ?? 'look into the log of the controller'}; or leave this out with --no-write`,
    forbidden ? 'missing-permission' : 'no-topic',
  );
}

const missing = (operation: string): string =>
  `allow it: kafka-acls --add --allow-principal User:... --operation ${operation} --topic kbench- ` +
  '--resource-pattern-type prefixed; or leave writing out with --no-write';

const failed = (
  step: StepName,
  cause: string,
  remedy?: string,
  code = `${step}-failed`,
): Finding => ({
  ...{ severity: 'problem', step, code, cause },
  remedy: remedy ?? 'look into the logs of the brokers',
});

async function exchange(
  topic: string,
  stamps: boolean,
  client: WritingClient,
  findings: Finding[],
): Promise<WriteOutcome> {
  const value = `kbench-doctor ${randomBytes(16).toString('hex')}`;
  const producer = new Producer({
    ...client.security,
    'bootstrap.servers': client.bootstrap,
    'client.id': 'kbench-doctor',
    acks: 'all',
    'linger.ms': 0,
    'max.block.ms': DELIVERY_MS,
    'delivery.timeout.ms': DELIVERY_MS,
    'request.timeout.ms': REQUEST_MS,
  } as unknown as ProducerSettings);
  const sent: Stamped[] = [];
  const acknowledged = new Map<number, number>();
  let partitions: PartitionInfo[] = [];
  let slowestMs = 0;
  try {
    partitions = await producer.partitionsFor(topic);
    for (let round = 0; round < ROUNDS; round++) {
      for (const { partition, leader } of partitions) {
        const [sentMs, from] = [Date.now(), performance.now()];
        const { timestamp } = await producer.send({ topic, partition, value });
        slowestMs = Math.max(slowestMs, performance.now() - from);
        acknowledged.set(partition, round + 1);
        sent.push({ broker: leader?.id ?? -1, timestamp, sentMs, ackedMs: Date.now() });
      }
    }
  } catch (error) {
    if (!(error instanceof ProducerError)) throw error;
    findings.push(notWritten(error));
  } finally {
    await producer.close(CLOSE_MS);
  }
  const written = partitions.filter(({ partition }) => acknowledged.has(partition));
  const find = (at: PartitionInfo): Promise<number> =>
    readPartition(topic, at, { value, records: acknowledged.get(at.partition) ?? 0 }, client);
  const read = await readBack(topic, written, find, findings);
  return {
    topic,
    findings,
    written: { records: sent.length, slowestMs },
    read,
    clocks: stamps ? clockDifference(sent) : new Map<number, ClockDifference>(),
  };
}

/** What of a right that lacks is called in Kafka's ACLs. */
function notWritten({ kafkaName, message }: ProducerError): Finding {
  if (kafkaName === 'TOPIC_AUTHORIZATION_FAILED')
    return failed(
      'write',
      `${message}; missing permission: Write on Topic kbench-*`,
      missing('Write'),
      'missing-permission',
    );
  if (kafkaName === 'CLUSTER_AUTHORIZATION_FAILED')
    return failed(
      'write',
      `${message}; missing permission: IdempotentWrite on Cluster`,
      'allow it (kafka-acls --operation IdempotentWrite --cluster), or run with ' +
        'enable.idempotence=false',
      'missing-permission',
    );
  return failed(
    'write',
    `a record with acks=all was not acknowledged: ${message}`,
    'see the findings about topics above (in-sync replicas, leaders), and the log of the leader',
  );
}

/** How many records are there again, on all partitions. */
async function readBack(
  topic: string,
  partitions: readonly PartitionInfo[],
  find: (at: PartitionInfo) => Promise<number>,
  findings: Finding[],
): Promise<number> {
  let found = 0;
  for (const at of partitions) {
    const { partition } = at;
    try {
      const here = await find(at);
      found += here;
      if (here === 0)
        findings.push(
          failed('read', `${topic}-${partition}: a record that was acknowledged is not there`),
        );
    } catch (error) {
      if (!(error instanceof ProbeFailure || error instanceof RunError)) throw error;
      const { message, remedy } = error as { message: string; remedy?: string };
      findings.push(failed('read', `reading ${topic}-${partition}: ${message}`, remedy));
    }
  }
  return found;
}

async function readPartition(
  topic: string,
  { partition, leader }: PartitionInfo,
  { value, records }: { readonly value: string; readonly records: number },
  { access, timeoutMs, stop }: WritingClient,
): Promise<number> {
  if (leader === null) throw new RunError('it has no leader');
  const client = await WireClient.open(leader, timeoutMs, access, timeoutMs, stop);
  try {
    const versions = await apiVersions(client);
    const [lowest] = fetchRequest.versions;
    const version = versionFor(versions, {
      ...fetchRequest,
      versions: [lowest, LAST_FETCH_BY_NAME],
    });
    if (version === null) throw new RunError('the broker has no version of Fetch by name');
    const fetchPartition = { partition, fetchOffset: 0n, partitionMaxBytes: FETCH_BYTES };
    const body = {
      ...{ maxWaitMs: FETCH_WAIT_MS, minBytes: 1, maxBytes: FETCH_BYTES },
      topics: [{ topic, partitions: [fetchPartition] }],
    };
    const endMs = performance.now() + READ_LIMIT_MS;
    for (;;) {
      const answer = await client.request(fetchRequest, fetchResponse, version, body);
      const here = answer.responses[0]?.partitions[0];
      const code = answer.errorCode === 0 ? (here?.errorCode ?? 0) : answer.errorCode;
      const { name, retriable, message } = errorRow(code);
      if (isForbidden(code))
        throw new RunError(`${name}; missing permission: Read on Topic kbench-*`, missing('Read'));
      const found = code === 0 ? occurrences(here?.records ?? null, value) : 0;
      if (found >= records || performance.now() > endMs) return found;
      if (code !== 0 && !retriable) throw new RunError(`${name}: ${message}`);
      await sleep(READ_AGAIN_MS, stop);
    }
  } finally {
    client.close();
  }
}

/** Records are not compressed, so their values stand in the batch as they are. */
function occurrences(records: Buffer | null, value: string): number {
  let found = 0;
  for (let at = -1; records !== null; found++) {
    at = records.indexOf(value, at + 1, 'latin1');
    if (at < 0) break;
  }
  return found;
}

async function removeTopic(
  name: string,
  made: { readonly id: string | null; readonly done: boolean },
  topics: ScratchTopics,
  findings: Finding[],
  stop: AbortSignal | undefined,
): Promise<void> {
  try {
    await topics.remove({ name, ...(made.id === null ? {} : { id: made.id }) });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // What was never made may well be refused to be deleted.
    if (!made.done) return;
    const forbidden = /_AUTHORIZATION_FAILED/.test(error.message);
    const lacking = forbidden ? '; missing permission: Delete on Topic kbench-*' : '';
    const cause = error.message + lacking;
    const remedy = `delete it: kafka-topics --delete --topic ${name} --bootstrap-server ...`;
    if (stop?.aborted === true) throw new StoppedError(`stopped, and ${cause}`, remedy);
    findings.push(failed('write', `topic ${name} is left: ${cause}`, remedy, 'topic-left'));
  }
}
