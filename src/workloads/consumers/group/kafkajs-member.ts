// Entry of a process: one member of a consumer group, by kafkajs as its documents advise. Its order
// is the first line of stdin, `ping N`, `join` and `stop` follow; it ends when stdin does. What it
// receives goes to stdout (member-frames.ts). Started by group-member.ts only.
import { createInterface } from 'node:readline';
import { writeSync } from 'node:fs';
import { Kafka, logLevel, type Consumer, type EachBatchPayload } from 'kafkajs';
import { eventFrame, recordsFrame, type MemberEvent, type MemberOrder } from './member-frames.js';

const STDOUT = 1;
/** Java's auto.commit.interval.ms. */
const COMMIT_MS = 5000;

let consumer: Consumer | null = null;
let join: () => Promise<void> = () => Promise.resolve();
const clockMs = (): number => Number(process.hrtime.bigint()) / 1e6;

function write(frame: Buffer): void {
  for (let at = 0; at < frame.length;) {
    try {
      at += writeSync(STDOUT, frame, at);
    } catch (error) {
      // The run reads slowly: again. It is gone: so is this process.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(0);
    }
  }
}

const tell = (event: MemberEvent): void => write(eventFrame(event));

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  tell({ event: 'failed', message });
  process.exit(1);
}

function prepare(order: MemberOrder): void {
  const { bootstrap, topic, group, clientId, isolation, fromBeginning, properties } = order;
  const kafka = new Kafka({
    ...{ clientId, brokers: [...bootstrap], logLevel: logLevel.NOTHING },
    retry: { retries: 8 },
  });
  const number = (name: string, otherwise: number): number => Number(properties[name] ?? otherwise);
  const made = kafka.consumer({
    groupId: group,
    sessionTimeout: number('session.timeout.ms', 45_000),
    heartbeatInterval: number('heartbeat.interval.ms', 3000),
    minBytes: number('fetch.min.bytes', 1),
    maxBytes: number('fetch.max.bytes', 50 * 1024 * 1024),
    maxBytesPerPartition: number('max.partition.fetch.bytes', 1024 * 1024),
    maxWaitTimeInMs: number('fetch.max.wait.ms', 500),
    readUncommitted: isolation === 'read_uncommitted',
  });
  const { GROUP_JOIN, REBALANCING, CRASH } = made.events;
  made.on(GROUP_JOIN, ({ payload: { memberAssignment, duration } }) =>
    tell({ event: 'assigned', partitions: memberAssignment[topic] ?? [], tookMs: duration }),
  );
  made.on(REBALANCING, () => tell({ event: 'revoked' }));
  made.on(CRASH, ({ payload: { error, restart } }) => {
    if (!restart) fail(error);
  });
  consumer = made;
  join = async () => {
    await made.connect();
    await made.subscribe({ topics: [topic], fromBeginning });
    await made.run({ autoCommitInterval: COMMIT_MS, eachBatch });
  };
}

function eachBatch({ batch }: EachBatchPayload): Promise<void> {
  const receivedMs = clockMs();
  const { partition, messages, highWatermark } = batch;
  const [next, end] = [Number(batch.lastOffset()) + 1, Number(highWatermark)];
  const values = messages.map(({ value }) => value);
  write(recordsFrame({ partition, receivedMs, next, end }, values));
  return Promise.resolve();
}

const stop = async (): Promise<void> => {
  await consumer?.disconnect().catch(() => undefined);
  process.exit(0);
};

let ordered = false;
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (!ordered) {
    ordered = true;
    try {
      prepare(JSON.parse(line) as MemberOrder);
    } catch (error) {
      fail(error);
    }
  } else if (line.startsWith('ping ')) {
    tell({ event: 'pong', nonce: Number(line.slice('ping '.length)), clockMs: clockMs() });
  } else if (line === 'join') join().catch(fail);
  else if (line === 'stop') void stop();
});
lines.on('close', () => process.exit(0));
