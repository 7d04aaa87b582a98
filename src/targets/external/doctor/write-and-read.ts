// Records written as a run writes them (our own producer, acks=all, Java's defaults) to a topic
// that is made for it, read back, and their append times held against this machine's clock. The
// topic goes whatever happens, also after a stop. Called by doctor.ts; writes to no other topic.
import { randomBytes } from 'node:crypto';
import { RunError, StoppedError } from '../../../base/errors.js';
import { bounded } from '../../../base/time-limit.js';
import type { SecuritySettings, TopicSettings } from '../../../contract/settings.js';
import type { Access } from '../../../connect/cold.js';
import { ProducerError } from '../../../connect/index.js';
import { openReader, ReaderError, type RecordVisitor } from '../../../reader/index.js';
import { Producer, type ProducerSettings } from '../../../producer-core/index.js';
import type { ClockDifference, Finding, StepName } from './examination.js';
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

/** `kbench-doctor-20261127T190102-1f2e3d4c`: topic-health.ts reads the time out of it. */
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
  `allow it: kafka-acls --add --allow-principal User:... --operation ${operation} ` +
  '--topic kbench- --resource-pattern-type prefixed; or leave writing out with --no-write';

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
  let slowestMs = 0;
  try {
    const partitions = await producer.partitionsFor(topic);
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
  const read = sent.length === 0 ? 0 : await readBack(topic, value, acknowledged, client, findings);
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

/** How many of the acknowledged records, by partition, are there again. */
async function readBack(
  topic: string,
  value: string,
  acknowledged: ReadonlyMap<number, number>,
  { bootstrap, access, stop }: WritingClient,
  findings: Finding[],
): Promise<number> {
  const reader = openReader({ bootstrap, access, patienceMs: READ_LIMIT_MS });
  const assigned = [...acknowledged];
  const found = assigned.map(() => 0);
  const wanted = Buffer.from(value);
  try {
    const assignments = assigned.map(([partition, to]) => ({ topic, partition, from: 0, to }));
    const onRecord: RecordVisitor['onRecord'] = (slot, _offset, bytes, _key, _size, at, length) => {
      if (bytes.subarray(at, at + length).equals(wanted)) found[slot]++;
    };
    await reader.read(assignments, { onRecord }, stop === undefined ? {} : { signal: stop });
    for (const [slot, [partition, records]] of assigned.entries()) {
      const lost = records - found[slot];
      if (lost === 0) continue;
      const cause = `${topic}-${partition}: ${lost} of ${records} acknowledged records are lost`;
      findings.push(failed('read', cause));
    }
  } catch (error) {
    if (!(error instanceof ReaderError)) throw error;
    findings.push(notRead(error));
  } finally {
    reader.close();
  }
  return found.reduce((sum, records) => sum + records, 0);
}

function notRead({ message }: ReaderError): Finding {
  if (!/_AUTHORIZATION_FAILED/.test(message)) return failed('read', `cannot read: ${message}`);
  const cause = `cannot read: ${message}; missing permission: Read on Topic kbench-*`;
  return failed('read', cause, missing('Read'), 'missing-permission');
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
