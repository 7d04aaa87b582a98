// One modelled broker: reads requests through the protocol tables, keeps what was appended, and
// answers as scripted (delay, errors, silence, throttle, drops before and after the append, KIP-951
// hints). Called by the simulated network; the cluster's state is SimClusterState's.
import {
  apiVersionsRequest,
  apiVersionsResponse,
  metadataRequest,
  metadataResponse,
  produceRequest,
  type ProduceRequest,
  produceResponse,
} from '../../../wire/apis/all.js';
import {
  type Decoded,
  decodeMessage,
  decodeRequestHeader,
  encodeResponse,
  isFlexible,
  type RequestHeader,
  WireReader,
} from '../../../wire/index.js';
import { readBatch, type ReadBatch } from './sim-batch.js';
import type { SimClusterState, SimNode } from './sim-cluster-state.js';
import type { SimLink, SimPeer } from '../sim-network.js';
import type { SimPartition } from './sim-partition.js';
import type { ProduceScript, RequestScript } from './sim-scripts.js';
import { answerTransactional } from './sim-transactional-apis.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';
import { API } from '../../../wire/api-keys.js';

/**
 * From this Produce version on a broker adds partitions to the transaction by itself
 * (transaction.version 2).
 */
const ADDS_PARTITIONS_FROM = 12;

interface PartitionData {
  readonly index: number;
  readonly batch: ReadBatch;
  readonly bytes: number;
}

interface PartitionOutcome {
  readonly index: number;
  errorCode: ErrorCode;
  offset: number;
  /** Null where the broker does not have it. */
  readonly partition: SimPartition | null;
  readonly generation: number;
}

export class SimBroker implements SimNode {
  private readonly links = new Set<SimLink>();
  /**
   * Until then it looks at nothing that arrives; what was asked for is done all the same, even if
   * the asker has gone.
   */
  pausedUntilMs = 0;

  constructor(
    readonly cluster: SimClusterState,
    readonly id: number,
    readonly host: string,
    readonly port: number,
  ) {}

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  accept(link: SimLink): SimPeer {
    this.links.add(link);
    return new BrokerConnection(this, link, () => this.links.delete(link));
  }

  reset(error: Error | null = connectionReset()): void {
    for (const link of this.links) link.close(error);
    this.links.clear();
  }
}

function connectionReset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}

class BrokerConnection implements SimPeer {
  private received: Buffer = Buffer.alloc(0);
  private mute = false;
  private outstanding = 0;
  private readonly backlog: (() => void)[] = [];
  /** Answers leave in the order of the requests. */
  private lastAnswerMs = 0;

  constructor(
    private readonly broker: SimBroker,
    private readonly link: SimLink,
    private readonly gone: () => void,
  ) {}

  private get cluster(): SimClusterState {
    return this.broker.cluster;
  }

  onClose(): void {
    this.inTurn(() => {
      this.mute = true;
      this.gone();
    });
  }

  onBytes(bytes: Buffer): void {
    this.inTurn(() => this.take(bytes));
  }

  /** At once, or when the broker's pause is over. */
  private inTurn(event: () => void): void {
    if (this.backlog.length === 0 && this.pauseMs <= 0) {
      event();
      return;
    }
    this.backlog.push(event);
    if (this.backlog.length === 1) this.wait();
  }

  private get pauseMs(): number {
    return this.broker.pausedUntilMs - this.cluster.network.clock.now();
  }

  private wait(): void {
    this.cluster.network.clock.later(this.pauseMs, () => {
      if (this.pauseMs > 0) this.wait();
      else for (const event of this.backlog.splice(0)) event();
    });
  }

  private take(bytes: Buffer): void {
    this.received = this.received.length === 0 ? bytes : Buffer.concat([this.received, bytes]);
    while (!this.mute && this.received.length >= 4) {
      const size = this.received.readInt32BE(0);
      if (this.received.length < 4 + size) return;
      const frame = this.received.subarray(4, 4 + size);
      this.received = this.received.subarray(4 + size);
      this.onFrame(frame);
    }
  }

  private onFrame(frame: Buffer): void {
    const reader = new WireReader(frame);
    const header = decodeRequestHeader(reader);
    if (header.api === API.PRODUCE) {
      this.produce(header, reader, frame.length + 4);
      return;
    }
    const { cluster, id } = this.broker;
    const seen = {
      atMs: cluster.network.clock.now(),
      node: id,
      api: header.api,
      version: header.version,
    };
    const script = cluster.onRequest(seen);
    cluster.trace?.(() => `b${id} gets API ${header.api} v${header.version} ${describe(script)}`);
    if (header.api === API.END_TXN && !this.link.open) cluster.lateEnd = true;
    if (script.drop === 'before') this.breakLink();
    else if (header.api === API.API_VERSIONS) this.apiVersions(header, reader, script);
    else if (header.api === API.METADATA) this.metadata(header, reader, script);
    else this.reply(answerTransactional(this.broker, header, reader, script), script);
  }

  private reply(bytes: Buffer, script: RequestScript = {}, done?: () => void): void {
    if (script.silent === true) return;
    if (script.drop === 'after') {
      this.breakLink();
      return;
    }
    this.later(script.afterMs, () => {
      if (!this.mute) this.link.send(bytes);
      done?.();
    });
  }

  /** When answers that were asked for before have left. */
  private later(afterMs: number | undefined, callback: () => void): void {
    const { clock } = this.cluster.network;
    this.lastAnswerMs = Math.max(
      this.lastAnswerMs,
      clock.now() + (afterMs ?? this.cluster.answerAfterMs),
    );
    clock.later(this.lastAnswerMs - clock.now(), callback);
  }

  private breakLink(): void {
    this.mute = true;
    this.link.close(connectionReset());
  }

  private apiVersions(header: RequestHeader, reader: WireReader, script: RequestScript): void {
    const { cluster, id } = this.broker;
    const { versions, bareUnsupported, transactionVersion } = cluster;
    const high = versions.find(([api]) => api === API.API_VERSIONS)![2];
    const apiKeys = versions.map(([apiKey, minVersion, maxVersion]) => ({
      apiKey,
      minVersion,
      maxVersion,
    }));
    if (header.version > high) {
      const own = apiKeys.filter(({ apiKey }) => apiKey === API.API_VERSIONS);
      const answer = { errorCode: ERROR.UNSUPPORTED_VERSION, apiKeys: bareUnsupported ? [] : own };
      this.reply(encodeResponse(apiVersionsResponse, 0, header.correlationId, answer), script);
      return;
    }
    if (isFlexible(apiVersionsRequest, header.version)) reader.skipTags();
    const { clusterId, nodeId } = decodeMessage(apiVersionsRequest, header.version, reader);
    cluster.taken.push({ node: id, clusterId, nodeId });
    const strayed = clusterId !== null && (clusterId !== cluster.clusterId || nodeId !== id);
    const error = script.error ?? (strayed ? ERROR.REBOOTSTRAP_REQUIRED : ERROR.NONE);
    const features =
      header.version >= 3 && transactionVersion > 0
        ? {
            finalizedFeaturesEpoch: 1n,
            finalizedFeatures: [
              {
                name: 'transaction.version',
                maxVersionLevel: transactionVersion,
                minVersionLevel: transactionVersion,
              },
            ],
          }
        : {};
    const answer = { errorCode: error, apiKeys: error === ERROR.NONE ? apiKeys : [], ...features };
    this.reply(
      encodeResponse(apiVersionsResponse, header.version, header.correlationId, answer),
      script,
    );
  }

  private metadata(header: RequestHeader, reader: WireReader, script: RequestScript): void {
    const { cluster } = this;
    if (isFlexible(metadataRequest, header.version)) reader.skipTags();
    const asked = decodeMessage(metadataRequest, header.version, reader);
    const names = asked.topics?.map(({ name }) => name ?? '') ?? [...cluster.topics.keys()];
    cluster.metadataAsked.push({
      atMs: cluster.network.clock.now(),
      node: this.broker.id,
      topics: names,
    });
    if (cluster.metadataSilent) return;
    const topics = names.map((name) => {
      const topic = cluster.topics.get(name);
      if (topic === undefined) return { name, errorCode: ERROR.UNKNOWN_TOPIC_OR_PARTITION };
      const error = script.error ?? topic.error;
      if (error !== ERROR.NONE) return { name, errorCode: error };
      const partitions = topic.partitions.map(({ shown: { leader, epoch } }, partitionIndex) => ({
        partitionIndex,
        leaderId: cluster.brokers.has(leader) ? leader : -1,
        leaderEpoch: epoch,
        errorCode: cluster.brokers.has(leader) ? ERROR.NONE : ERROR.LEADER_NOT_AVAILABLE,
      }));
      return { name, topicId: topic.id, partitions };
    });
    const { metadataError: errorCode, metadataThrottleMs: throttleTimeMs } = cluster;
    const brokers = [...cluster.brokers.values()].map(({ id, host, port }) => ({
      nodeId: id,
      host,
      port,
      rack: cluster.racks.get(id) ?? null,
    }));
    const { clusterId } = cluster;
    const answer = {
      errorCode,
      throttleTimeMs,
      ...(errorCode === ERROR.NONE ? { brokers, clusterId, topics } : {}),
    };
    this.reply(
      encodeResponse(metadataResponse, header.version, header.correlationId, answer),
      script,
    );
  }

  private produce(header: RequestHeader, reader: WireReader, bytes: number): void {
    const { cluster, id } = this.broker;
    if (isFlexible(produceRequest, header.version)) reader.skipTags();
    const request = decodeMessage(produceRequest, header.version, reader);
    if (reader.remaining !== 0) throw new Error(`${reader.remaining} bytes behind the request`);
    const named = request.topicData.map((topic) => ({
      name: this.nameOf(topic),
      topicId: topic.topicId,
      data: topic.partitionData.map(({ index, records }) => ({
        index,
        batch: readBatch(records!),
        bytes: records!.length,
      })),
    }));
    const parts = named.flatMap(({ name, data }) =>
      data.map(({ index, batch, bytes: size }) => ({
        topic: name,
        partition: index,
        records: batch.records.length,
        bytes: size,
        batch,
      })),
    );
    const seen = {
      atMs: cluster.network.clock.now(),
      node: id,
      version: header.version,
      acks: request.acks,
      bytes,
      transactionalId: request.transactionalId,
      parts,
    };
    cluster.produced.push(seen);
    const script = cluster.onProduce(seen);
    cluster.trace?.(
      () => `b${id} gets Produce ${parts.map(describePart).join(', ')} ${describe(script)}`,
    );
    if (script.drop === 'before append') {
      this.breakLink();
      return;
    }
    const outcomes = named.map(({ name, topicId, data }) => ({
      name,
      topicId,
      partitions: data.map((part) =>
        this.append(name, part, header.version, request.transactionalId, script),
      ),
    }));
    if (script.drop === 'after append') this.breakLink();
    if (request.acks === 0 || script.silent === true || this.mute) return;
    this.outstanding++;
    cluster.mostInFlight = Math.max(cluster.mostInFlight, this.outstanding);
    const waitsMs = request.acks === -1 ? cluster.replicationMs : 0;
    this.later(Math.max(script.afterMs ?? cluster.answerAfterMs, waitsMs), () => {
      this.outstanding--;
      if (this.mute) return;
      const responses = outcomes.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitionResponses: partitions.map((outcome) =>
          this.partitionAnswer(outcome, request.acks),
        ),
      }));
      this.answerProduce(header, responses, script);
    });
  }

  private answerProduce(
    header: RequestHeader,
    responses: { name: string; topicId: string; partitionResponses: object[] }[],
    script: ProduceScript,
  ): void {
    const { cluster } = this;
    const nodeEndpoints = cluster.hints
      ? [...cluster.brokers.values()].map((b) => ({ nodeId: b.id, host: b.host, port: b.port }))
      : [];
    const answer = { responses, throttleTimeMs: script.throttleMs ?? 0, nodeEndpoints };
    let frame = encodeResponse(produceResponse, header.version, header.correlationId, answer);
    if (script.raw !== undefined) {
      frame = Buffer.concat([frame.subarray(0, 8), script.raw]);
      frame.writeInt32BE(frame.length - 4, 0);
    }
    if (script.drop === 'in the middle of the answer') {
      this.link.send(frame.subarray(0, frame.length >> 1));
      this.breakLink();
    } else this.link.send(frame);
  }

  private nameOf(topic: Decoded<ProduceRequest>['topicData'][number]): string {
    if (topic.name !== '') return topic.name;
    for (const [name, { id }] of this.cluster.topics) if (id === topic.topicId) return name;
    return '';
  }

  private append(
    name: string,
    { index, batch, bytes }: PartitionData,
    version: number,
    transactionalId: string | null,
    script: ProduceScript,
  ): PartitionOutcome {
    const { cluster } = this;
    const partition = cluster.topics.get(name)?.partitions[index];
    if (partition === undefined)
      return {
        index,
        errorCode: name === '' ? ERROR.UNKNOWN_TOPIC_ID : ERROR.UNKNOWN_TOPIC_OR_PARTITION,
        offset: -1,
        partition: null,
        generation: 0,
      };
    const outcome = {
      index,
      errorCode: script.error?.(name, index) ?? ERROR.NONE,
      offset: -1,
      partition,
      generation: 0,
    };
    partition.seenEpoch = Math.max(partition.seenEpoch, batch.producerEpoch);
    if (partition.leader !== this.broker.id) {
      if (outcome.errorCode === ERROR.NONE) outcome.errorCode = ERROR.NOT_LEADER_OR_FOLLOWER;
    } else if (outcome.errorCode === ERROR.NONE || script.appendAnyway === true) {
      const written = this.write(
        `${name}-${index}`,
        partition,
        batch,
        bytes,
        version,
        transactionalId,
      );
      if (outcome.errorCode === ERROR.NONE) outcome.errorCode = written.error;
      outcome.offset = written.offset;
      cluster.trace?.(() => `  ${name}-${index} at ${written.offset}, error ${written.error}`);
    }
    outcome.generation = partition.generation;
    return outcome;
  }

  private write(
    name: string,
    partition: SimPartition,
    batch: ReadBatch,
    bytes: number,
    version: number,
    transactionalId: string | null,
  ): { error: ErrorCode; offset: number } {
    const { cluster } = this;
    if (bytes > cluster.maxMessageBytes) return { error: ERROR.MESSAGE_TOO_LARGE, offset: -1 };
    const byBroker = version >= ADDS_PARTITIONS_FROM && cluster.transactionVersion >= 2;
    const unverified =
      batch.transactional && !partition.isOngoing(batch.producerId, batch.producerEpoch);
    if (unverified) {
      const { producerId, producerEpoch } = batch;
      const error = byBroker
        ? cluster.coordinator.add(transactionalId ?? '', producerId, producerEpoch, [name], true)
        : cluster.coordinator.verify(transactionalId, producerId, producerEpoch, name);
      if (error !== ERROR.NONE)
        return { error: toProduceError(error, version, byBroker), offset: -1 };
    }
    const rules = {
      unknownProducerId: cluster.unknownProducerId,
      verified: unverified,
      strictStart: byBroker,
    };
    const check = partition.check(batch, rules);
    if (check.error !== ERROR.NONE) return { error: check.error, offset: -1 };
    partition.blind ||= check.blind;
    const offset = check.duplicateOf >= 0 ? check.duplicateOf : partition.append(batch);
    cluster.replicate(partition);
    return { error: ERROR.NONE, offset };
  }

  private partitionAnswer(outcome: PartitionOutcome, acks: number): object {
    const { index, partition } = outcome;
    let { errorCode } = outcome;
    // Waited for the followers meanwhile, and is no longer the leader.
    const lost =
      partition !== null &&
      (partition.leader !== this.broker.id || partition.generation !== outcome.generation);
    if (acks === -1 && errorCode === ERROR.NONE && lost) errorCode = ERROR.NOT_LEADER_OR_FOLLOWER;
    const hint =
      this.cluster.hints &&
      partition !== null &&
      (errorCode === ERROR.NOT_LEADER_OR_FOLLOWER || errorCode === ERROR.FENCED_LEADER_EPOCH)
        ? { currentLeader: { leaderId: partition.leader, leaderEpoch: partition.epoch } }
        : {};
    return {
      index,
      errorCode,
      baseOffset: errorCode === ERROR.NONE ? BigInt(outcome.offset) : -1n,
      ...hint,
    };
  }
}

/** What the coordinator says of a partition, as ReplicaManager tells it to a producer. */
function toProduceError(error: ErrorCode, version: number, byBroker: boolean): ErrorCode {
  if (error === ERROR.PRODUCER_FENCED) return ERROR.INVALID_PRODUCER_EPOCH;
  if (error === ERROR.CONCURRENT_TRANSACTIONS) return byBroker ? error : ERROR.NOT_ENOUGH_REPLICAS;
  if (error === ERROR.INVALID_TXN_STATE) return version >= 11 ? ERROR.TRANSACTION_ABORTABLE : error;
  return error;
}

function describe(script: object): string {
  return Object.keys(script).length === 0 ? '' : JSON.stringify(script);
}

function describePart(part: { topic: string; partition: number; batch: ReadBatch }): string {
  const { records, producerId, producerEpoch, baseSequence } = part.batch;
  const first = String(records[0]?.value).split(':-')[0];
  return (
    `${part.topic}-${part.partition} ${producerId}/${producerEpoch} seq ` +
    `${baseSequence} +${records.length} (${first})`
  );
}
