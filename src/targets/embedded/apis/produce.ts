// Carries out one produce request: checks, sequence rules, append, answer; as Kafka's KafkaApis and
// ReplicaManager do, in their order. Called by connection.ts for each produce frame, one after the
// other. Must never act on a frame that was not checked whole.
import {
  baseSequence,
  isTransactional,
  lastOffsetDelta,
  maxTimestamp,
  producerEpoch,
  producerId,
} from '../../../wire/index.js';
import { checkBatch, checkShape } from '../log/batch.js';
import type { BrokerAddress, Cluster } from '../cluster.js';
import { sequenceAfter } from '../log/producer-states.js';
import type { OutputBuffer } from '../server/output-buffer.js';
import { ProduceRequestView } from './received-produce.js';
import { ProduceResponseWriter } from './produce-answer.js';
import type { Partition, Topic } from '../cluster-topics.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';

const ALL = -1;

/**
 * From these versions of Produce on: the error by which a client aborts and goes on; partitions
 * join the transaction by themselves (KIP-890).
 */
const ABORTABLE_FROM = 11;
const JOINS_FROM = 12;

/**
 * `answer`: written behind the output; `later`: as well, but due after the replication delay;
 * `none`: acks=0; `close`: acks=0 failed.
 */
export type ProduceOutcome = 'answer' | 'later' | 'none' | 'close';

/** Serves all connections of a cluster, as they share its thread. */
export class ProduceHandler {
  readonly response = new ProduceResponseWriter();
  private readonly request = new ProduceRequestView();
  private lastTopic: Topic | null = null;
  /** Of the request under way. */
  private broker = 0;
  private failed = false;
  private replicates = false;
  private readonly movedTo = new Set<BrokerAddress>();

  constructor(private readonly cluster: Cluster) {}

  /**
   * `frame[at, end)` is a whole request with its header. Throws WireError where it does not follow
   * the protocol; nothing was done then.
   */
  handle(
    broker: number,
    frame: Buffer,
    at: number,
    end: number,
    throttleMs: number,
    out: OutputBuffer,
  ): ProduceOutcome {
    const { request, response } = this;
    request.read(frame, at, end);
    const { version } = request;
    this.broker = broker;
    this.failed = false;
    this.replicates = false;
    const answered = request.acks !== 0;
    response.begin(out, version, request.correlationId, request.topicCount);
    for (let t = 0; t < request.topicCount; t++) {
      const nameAt = request.nameAt[t];
      const nameBytes = request.nameBytes[t];
      const first = request.firstPartition[t];
      const past = request.firstPartition[t + 1];
      response.topic(frame, nameAt, nameBytes, past - first);
      const topic = this.findTopic(frame, nameAt, nameBytes, version);
      for (let p = first; p < past; p++) this.produce(topic, p, version);
      response.endTopic();
    }
    response.end(throttleMs, this.movedTo.size === 0 ? [] : [...this.movedTo]);
    this.movedTo.clear();
    if (answered) return this.replicates ? 'later' : 'answer';
    out.takeBack(response.frameBytes);
    // Kafka tells a producer that asked for no answer of an error by closing its connection.
    return this.failed ? 'close' : 'none';
  }

  private findTopic(frame: Buffer, at: number, bytes: number, version: number): Topic | null {
    const last = this.lastTopic;
    const byId = version >= 13;
    if (
      last !== null &&
      !last.deleted &&
      sameBytes(frame, at, bytes, byId ? last.idBytes : last.nameBytes)
    )
      return last;
    const hex = byId ? frame.toString('hex', at, at + 16) : '';
    const found = byId
      ? this.cluster.topics.withId(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))
      : this.cluster.topics.named(frame.toString('utf8', at, at + bytes));
    this.lastTopic = found ?? null;
    return this.lastTopic;
  }

  private produce(topic: Topic | null, p: number, version: number): void {
    const { request } = this;
    const index = request.index[p];
    const partition = topic?.partitions[index];
    if (partition === undefined) {
      this.refuse(
        index,
        topic === null && version >= 13 ? ERROR.UNKNOWN_TOPIC_ID : ERROR.UNKNOWN_TOPIC_OR_PARTITION,
        null,
      );
      return;
    }
    const at = request.recordsAt[p];
    const bytes = request.recordsBytes[p];
    const shape = checkShape(request.bytes, at, bytes, version);
    if (shape !== null) {
      this.refuse(index, shape.code, shape.message);
      return;
    }
    const { acks } = request;
    if (acks !== 0 && acks !== 1 && acks !== ALL) {
      this.refuse(index, ERROR.INVALID_REQUIRED_ACKS, `acks must be -1, 0 or 1, not ${acks}`);
      return;
    }
    const { faults } = this.cluster;
    const fault = faults.armed ? faults.forBatch(this.broker, partition.topic.name, index) : null;
    if (fault !== null && fault.appended !== true) {
      this.refusePartition(partition, fault.code);
      return;
    }
    if (partition.leader !== this.broker) {
      this.refusePartition(partition, ERROR.NOT_LEADER_OR_FOLLOWER);
      return;
    }
    if (acks === ALL && partition.isr.length < partition.topic.configs.minInsyncReplicas) {
      this.refuse(index, ERROR.NOT_ENOUGH_REPLICAS, null);
      return;
    }
    const batch = checkBatch(request.bytes, at, bytes, partition.topic.configs.maxMessageBytes);
    if (batch !== null) {
      this.refuse(index, batch.code, batch.message);
      return;
    }
    this.append(partition, at, bytes, fault?.code ?? ERROR.NONE);
  }

  private append(partition: Partition, at: number, bytes: number, answerWith: ErrorCode): void {
    const frame = this.request.bytes;
    const { index, log, producers } = partition;
    const id = producerId(frame, at);
    let offset: number;
    let appendTimeMs = -1;
    if (id < 0) {
      offset = log.append(frame, at, bytes, partition.leaderEpoch);
    } else {
      const epoch = producerEpoch(frame, at);
      const first = baseSequence(frame, at);
      const last = sequenceAfter(first, lastOffsetDelta(frame, at));
      const transactional = isTransactional(frame, at);
      const verdict = producers.check(id, epoch, first, last);
      if (verdict === 'out-of-order') {
        this.refuse(
          index,
          ERROR.OUT_OF_ORDER_SEQUENCE_NUMBER,
          `sequence ${first} of producer ${id} is not the next`,
        );
        return;
      }
      if (verdict === 'old-epoch') {
        this.refuse(index, ERROR.INVALID_PRODUCER_EPOCH, `epoch ${epoch} of producer ${id} is old`);
        return;
      }
      if (verdict === 'duplicate') {
        offset = producers.duplicateOffset;
        // As Kafka answers: LogAppendInfo.setLogAppendTime(duplicate.timestamp).
        appendTimeMs = producers.duplicateTimestamp;
      } else {
        if (transactional || partition.transactions.anyOpen) {
          const wrong = this.checkTransaction(partition, id, epoch, transactional);
          if (wrong !== ERROR.NONE) {
            this.refuse(index, wrong, null);
            return;
          }
        }
        offset = log.append(frame, at, bytes, partition.leaderEpoch);
        if (transactional && !partition.transactions.isOpen(id))
          partition.transactions.begin(id, offset);
        producers.add(id, epoch, first, last, offset, maxTimestamp(frame, at));
      }
    }
    if (partition.watchers.size > 0) partition.notify();
    if (this.request.acks === ALL && partition.isr.length > 1)
      this.replicates = this.cluster.delays.delayMs > 0;
    if (answerWith !== ERROR.NONE) {
      this.refusePartition(partition, answerWith);
      return;
    }
    this.response.partition(
      index,
      ERROR.NONE,
      offset,
      appendTimeMs,
      log.logStartOffset,
      null,
      null,
    );
  }

  /**
   * Whether this batch belongs to a transaction that is open; asks the coordinator once a partition
   * and transaction. Kafka's code.
   */
  private checkTransaction(
    partition: Partition,
    id: number,
    epoch: number,
    transactional: boolean,
  ): ErrorCode {
    const { request, cluster } = this;
    const open = partition.transactions.isOpen(id);
    if (!transactional) return open ? ERROR.INVALID_TXN_STATE : ERROR.NONE;
    if (request.transactionalIdBytes < 0) return ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    if (open) return ERROR.NONE;
    const { transactionalIdAt: at, transactionalIdBytes, bytes, version } = request;
    const transactionalId = bytes.toString('utf8', at, at + transactionalIdBytes);
    const joins = version >= JOINS_FROM && cluster.options.transactionVersion >= 2;
    const code = joins
      ? cluster.transactions.add(transactionalId, id, epoch, [partition])
      : cluster.transactions.verify(transactionalId, id, epoch, partition);
    // as AddPartitionsToTxnManager, for older clients
    if (code === ERROR.PRODUCER_FENCED) return ERROR.INVALID_PRODUCER_EPOCH;
    return code === ERROR.INVALID_TXN_STATE && version >= ABORTABLE_FROM
      ? ERROR.TRANSACTION_ABORTABLE
      : code;
  }

  private refuse(index: number, code: ErrorCode, message: string | null): void {
    this.failed = true;
    this.response.partition(index, code, -1, -1, -1, message, null);
  }

  /**
   * With the leader where the error says that the client looks for it in the wrong place (KIP-951).
   */
  private refusePartition(partition: Partition, code: ErrorCode): void {
    this.failed = true;
    const moved = code === ERROR.NOT_LEADER_OR_FOLLOWER;
    this.response.partition(partition.index, code, -1, -1, -1, null, moved ? partition : null);
    const leader = moved ? this.cluster.brokers[partition.leader - 1] : undefined;
    if (leader !== undefined) this.movedTo.add(leader);
  }
}

function sameBytes(frame: Buffer, at: number, bytes: number, known: Buffer): boolean {
  if (bytes !== known.length) return false;
  for (let i = 0; i < bytes; i++) if (frame[at + i] !== known[i]) return false;
  return true;
}
