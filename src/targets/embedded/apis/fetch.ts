// Fetch (1): whole batches from an offset on, waiting up to maxWait for minBytes. Sessions are
// answered with session id 0, which tells the client to send full fetches (KIP-227). Called through
// api-table.ts; must never answer with more than LIMIT_BYTES but for one batch.
import {
  fetchRequest,
  type FetchRequest,
  fetchResponse,
  type FetchResponse,
} from '../../../wire/apis/all.js';
import type { Decoded } from '../../../wire/index.js';
import { api } from './api.js';
import type { Call } from './api.js';
import { leadershipError } from './leadership.js';
import type { Partition } from '../cluster-topics.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';

const READ_COMMITTED = 1;
/** Kafka's fetch.max.bytes on the broker. */
const LIMIT_BYTES = 55 * 1024 * 1024;
const MAX_WAIT_MS = 60_000;

type Request = Decoded<FetchRequest>;
type Asked = Request['topics'][number]['partitions'][number];
type Answered = NonNullable<NonNullable<FetchResponse['responses']>[number]['partitions']>[number];

interface Target {
  readonly asked: Asked;
  readonly partition: Partition | undefined;
  /** Known before anything is read, e.g. an unknown topic. */
  readonly unknown: ErrorCode;
}

export const fetch = api(fetchRequest, fetchResponse, [4, 18], (request, call) => {
  if (request.sessionId !== 0) {
    call.answer({ errorCode: ERROR.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0 });
    return;
  }
  const byId = call.version >= 13;
  const topics = request.topics.map(({ topic: name, topicId, partitions }) => {
    const topic = byId ? call.cluster.topics.withId(topicId) : call.cluster.topics.named(name);
    const unknown =
      topic === undefined && byId ? ERROR.UNKNOWN_TOPIC_ID : ERROR.UNKNOWN_TOPIC_OR_PARTITION;
    const targets = partitions.map((asked): Target => ({
      asked,
      partition: topic?.partitions[asked.partition],
      unknown,
    }));
    return { name, topicId, targets };
  });
  const targets = topics.flatMap((topic) => topic.targets);
  const answer = () => call.answer(compose(request, call, topics));
  if (request.maxWaitMs <= 0 || hasEnough(request, call.broker, targets)) answer();
  else waitForMore(request, call, targets, answer);
});

/** Long poll: until there is enough, or an error to tell, or maxWait has passed. */
function waitForMore(
  request: Request,
  call: Call<FetchResponse>,
  targets: readonly Target[],
  answer: () => void,
): void {
  const { clock } = call.cluster;
  const watched = targets.flatMap(({ partition }) => (partition === undefined ? [] : [partition]));
  let ended = false;
  let looking = false;
  const end = () => {
    ended = true;
    timer.cancel();
    for (const partition of watched) partition.watchers.delete(watch);
  };
  const look = () => {
    looking = false;
    if (ended || !hasEnough(request, call.broker, targets)) return;
    end();
    answer();
  };
  // Many appends of one turn of the event loop are looked at together.
  const watch = () => {
    if (looking) return;
    looking = true;
    clock.soon(look);
  };
  const timer = clock.schedule(Math.min(request.maxWaitMs, MAX_WAIT_MS), () => {
    if (ended) return;
    end();
    answer();
  });
  for (const partition of watched) partition.watchers.add(watch);
  call.onAbandoned(end);
}

function errorOf({ asked, partition, unknown }: Target, broker: number): ErrorCode {
  if (partition === undefined || partition.topic.deleted) return unknown;
  const wrong = leadershipError(partition, broker, asked.currentLeaderEpoch);
  if (wrong !== ERROR.NONE) return wrong;
  const offset = Number(asked.fetchOffset);
  const { logStartOffset, nextOffset } = partition.log;
  return offset < logStartOffset || offset > nextOffset ? ERROR.OFFSET_OUT_OF_RANGE : ERROR.NONE;
}

function hasEnough(request: Request, broker: number, targets: readonly Target[]): boolean {
  if (targets.length === 0) return true;
  let bytes = 0;
  for (const target of targets) {
    if (errorOf(target, broker) !== ERROR.NONE) return true;
    const { asked, partition } = target;
    const end = request.isolationLevel === READ_COMMITTED ? stableEnd(partition!) : Infinity;
    bytes += partition!.log.availableBytes(
      Number(asked.fetchOffset),
      asked.partitionMaxBytes,
      true,
      end,
    );
    if (bytes >= request.minBytes) return true;
  }
  return false;
}

const stableEnd = ({ transactions, log }: Partition): number =>
  transactions.lastStableOffset(log.nextOffset);

function compose(
  request: Request,
  call: Call<FetchResponse>,
  topics: readonly {
    readonly name: string;
    readonly topicId: string;
    readonly targets: readonly Target[];
  }[],
): FetchResponse {
  const committed = request.isolationLevel === READ_COMMITTED;
  let left = Math.min(request.maxBytes, LIMIT_BYTES);
  let empty = true;
  const movedTo = new Set<number>();

  const serve = (target: Target): Answered => {
    const { asked, partition } = target;
    const errorCode = errorOf(target, call.broker);
    const partitionIndex = asked.partition;
    const noRecords = Buffer.alloc(0);
    if (errorCode !== ERROR.NONE) {
      const failed: Answered = {
        partitionIndex,
        errorCode,
        highWatermark: -1n,
        abortedTransactions: committed ? [] : null,
        records: noRecords,
      };
      const moved =
        errorCode === ERROR.NOT_LEADER_OR_FOLLOWER || errorCode === ERROR.FENCED_LEADER_EPOCH;
      if (!moved || call.version < 16) return failed;
      const { leader, leaderEpoch } = partition!;
      movedTo.add(leader);
      return { ...failed, currentLeader: { leaderId: leader, leaderEpoch } };
    }
    const { log, transactions } = partition!;
    const from = Number(asked.fetchOffset);
    const stable = stableEnd(partition!);
    // The first batch goes out however large it is, or a consumer could never get past it (KIP-74).
    const room = Math.min(asked.partitionMaxBytes, left);
    const records = log.read(from, room, empty, committed ? stable : Infinity);
    left -= Math.min(left, records.length);
    if (records.length > 0) empty = false;
    const aborted = committed && records.length > 0 ? transactions.abortedIn(from, stable) : [];
    return {
      partitionIndex,
      highWatermark: BigInt(log.nextOffset),
      lastStableOffset: BigInt(stable),
      logStartOffset: BigInt(log.logStartOffset),
      abortedTransactions: committed
        ? aborted.map(({ producerId, firstOffset }) => ({
            producerId: BigInt(producerId),
            firstOffset: BigInt(firstOffset),
          }))
        : null,
      records,
    };
  };

  const responses = topics.map(({ name, topicId, targets }) => ({
    topic: name,
    topicId,
    partitions: targets.map(serve),
  }));
  const nodeEndpoints = call.cluster.aliveBrokers
    .filter(({ id }) => movedTo.has(id))
    .map(({ id, host, port }) => ({ nodeId: id, host, port }));
  return { responses, nodeEndpoints };
}
