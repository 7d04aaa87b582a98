// A modelled cluster for the simulated network: brokers that read requests through the protocol tables, keep what was appended, and answer
// as scripted (delay, errors, silence, throttle, drops before and after the append, leader moves, KIP-951 hints).
import { apiVersionsResponse } from '../producer-core/protocol/apis/api-versions.js';
import { metadataRequest, metadataResponse } from '../producer-core/protocol/apis/metadata.js';
import { produceRequest, produceResponse, type ProduceRequest } from '../producer-core/protocol/apis/produce.js';
import { decodeRequestHeader, encodeResponse, type RequestHeader } from '../producer-core/protocol/frame.js';
import { decodeMessage, isFlexible, type Decoded } from '../producer-core/protocol/message.js';
import { WireReader } from '../producer-core/protocol/reader.js';
import { readBatch, type ReadBatch } from './sim-batch.js';
import type { SimLink, SimNetwork, SimPeer, SimServer } from './sim-network.js';

export interface SimPartition {
  leader: number;
  epoch: number;
  /** What Metadata says, where it lags behind. */
  shown: { leader: number; epoch: number };
  readonly batches: ReadBatch[];
  records: number;
}

interface SimTopic {
  id: string;
  error: number;
  readonly partitions: SimPartition[];
}

export interface SeenProduce {
  readonly atMs: number;
  readonly node: number;
  readonly version: number;
  readonly acks: number;
  readonly bytes: number;
  readonly parts: readonly { topic: string; partition: number; records: number; bytes: number }[];
}

/** What to do with one produce request; what is left out is as a healthy broker does it. */
export interface ProduceScript {
  afterMs?: number;
  silent?: boolean;
  drop?: 'before append' | 'after append' | 'in the middle of the answer';
  throttleMs?: number;
  /** Error code of a partition; it is then not appended, unless `appendAnyway`. */
  error?: (topic: string, partition: number) => number;
  appendAnyway?: boolean;
  /** Answered instead of the right bytes (behind size and correlation id). */
  raw?: Buffer;
}

type VersionRange = readonly [api: number, low: number, high: number];

export class SimCluster {
  readonly topics = new Map<string, SimTopic>();
  readonly brokers = new Map<number, SimBroker>();
  readonly produced: SeenProduce[] = [];
  readonly metadataAsked: { atMs: number; node: number; topics: string[] }[] = [];
  versions: VersionRange[] = [
    [0, 0, 13],
    [3, 0, 13],
    [18, 0, 4],
  ];
  answerAfterMs = 1;
  metadataThrottleMs = 0;
  metadataSilent = false;
  hints = false;
  /** Answers to ApiVersions above the broker's own version do not name that version. */
  bareUnsupported = false;
  onProduce: (seen: SeenProduce) => ProduceScript = () => ({});
  /** Most produce requests that any connection had outstanding. */
  mostInFlight = 0;

  constructor(
    readonly network: SimNetwork,
    count = 1,
  ) {
    for (let id = 0; id < count; id++) this.start(id);
  }

  start(id: number, host = `b${id}`): SimBroker {
    const broker = new SimBroker(this, id, host, 9092);
    this.brokers.set(id, broker);
    this.network.servers.set(broker.address, broker);
    return broker;
  }

  /** Its connections break, further ones are refused. */
  stop(id: number): void {
    const broker = this.brokers.get(id)!;
    this.brokers.delete(id);
    this.network.servers.delete(broker.address);
    broker.reset();
  }

  topic(name: string, leaders: readonly number[]): SimTopic {
    const id = `00000000-0000-0000-0000-${String(this.topics.size + 1).padStart(12, '0')}`;
    const partitions = leaders.map((leader) => ({
      leader,
      epoch: 0,
      shown: { leader, epoch: 0 },
      batches: [],
      records: 0,
    }));
    const topic: SimTopic = { id, error: 0, partitions };
    this.topics.set(name, topic);
    return topic;
  }

  moveLeader(name: string, partition: number, to: number, tell = true): void {
    const state = this.topics.get(name)!.partitions[partition];
    state.leader = to;
    state.epoch++;
    if (tell) state.shown = { leader: to, epoch: state.epoch };
  }

  /** Values of a partition's records in log order. */
  values(name: string, partition: number): string[] {
    return this.topics
      .get(name)!
      .partitions[partition].batches.flatMap(({ records }) => records.map(({ value }) => String(value)));
  }
}

export class SimBroker implements SimServer {
  private readonly links = new Set<SimLink>();

  constructor(
    readonly cluster: SimCluster,
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

  reset(error: Error | null = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })): void {
    for (const link of this.links) link.close(error);
    this.links.clear();
  }
}

class BrokerConnection implements SimPeer {
  private received = Buffer.alloc(0);
  private mute = false;
  private outstanding = 0;
  /** Answers leave in the order of the requests. */
  private lastAnswerMs = 0;

  constructor(
    private readonly broker: SimBroker,
    private readonly link: SimLink,
    private readonly gone: () => void,
  ) {}

  onClose(): void {
    this.mute = true;
    this.gone();
  }

  onBytes(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    while (!this.mute && this.received.length >= 4) {
      const size = this.received.readInt32BE(0);
      if (this.received.length < 4 + size) return;
      const frame = Buffer.from(this.received.subarray(4, 4 + size));
      this.received = this.received.subarray(4 + size);
      this.onFrame(frame);
    }
  }

  private onFrame(frame: Buffer): void {
    const reader = new WireReader(frame);
    const header = decodeRequestHeader(reader);
    if (header.api === 18) this.apiVersions(header);
    else if (header.api === 3) this.metadata(header, reader);
    else if (header.api === 0) this.produce(header, reader, frame.length + 4);
    else throw new Error(`no one asks for API ${header.api}`);
  }

  private reply(bytes: Buffer, afterMs = this.broker.cluster.answerAfterMs, done?: () => void): void {
    const { clock } = this.broker.cluster.network;
    this.lastAnswerMs = Math.max(this.lastAnswerMs, clock.now() + afterMs);
    clock.later(this.lastAnswerMs - clock.now(), () => {
      if (!this.mute) this.link.send(bytes);
      done?.();
    });
  }

  private breakLink(): void {
    this.mute = true;
    this.link.close(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  }

  private apiVersions(header: RequestHeader): void {
    const { versions, bareUnsupported } = this.broker.cluster;
    const high = versions.find(([api]) => api === 18)![2];
    const apiKeys = versions.map(([apiKey, minVersion, maxVersion]) => ({ apiKey, minVersion, maxVersion }));
    if (header.version > high) {
      const answer = { errorCode: 35, apiKeys: bareUnsupported ? [] : apiKeys.filter(({ apiKey }) => apiKey === 18) };
      this.reply(encodeResponse(apiVersionsResponse, 0, header.correlationId, answer));
    } else this.reply(encodeResponse(apiVersionsResponse, header.version, header.correlationId, { apiKeys }));
  }

  private metadata(header: RequestHeader, reader: WireReader): void {
    const { cluster } = this.broker;
    if (isFlexible(metadataRequest, header.version)) reader.skipTags();
    const asked = decodeMessage(metadataRequest, header.version, reader);
    const names = asked.topics?.map(({ name }) => name ?? '') ?? [...cluster.topics.keys()];
    cluster.metadataAsked.push({ atMs: cluster.network.clock.now(), node: this.broker.id, topics: names });
    if (cluster.metadataSilent) return;
    const topics = names.map((name) => {
      const topic = cluster.topics.get(name);
      if (topic === undefined) return { name, errorCode: 3 };
      if (topic.error !== 0) return { name, errorCode: topic.error };
      const partitions = topic.partitions.map(({ shown: { leader, epoch } }, partitionIndex) => ({
        partitionIndex,
        leaderId: cluster.brokers.has(leader) ? leader : -1,
        leaderEpoch: epoch,
        errorCode: cluster.brokers.has(leader) ? 0 : 5,
      }));
      return { name, topicId: topic.id, partitions };
    });
    const brokers = [...cluster.brokers.values()].map(({ id, host, port }) => ({ nodeId: id, host, port }));
    const answer = { brokers, topics, throttleTimeMs: cluster.metadataThrottleMs };
    this.reply(encodeResponse(metadataResponse, header.version, header.correlationId, answer));
  }

  private produce(header: RequestHeader, reader: WireReader, bytes: number): void {
    const { cluster, id } = this.broker;
    if (isFlexible(produceRequest, header.version)) reader.skipTags();
    const request = decodeMessage(produceRequest, header.version, reader);
    if (reader.remaining !== 0) throw new Error(`${reader.remaining} bytes behind the request`);
    const named = request.topicData.map((topic) => ({ ...topic, name: this.nameOf(topic) }));
    const parts = named.flatMap(({ name, partitionData }) =>
      partitionData.map(({ index, records }) => ({
        topic: name,
        partition: index,
        records: readBatch(records!).records.length,
        bytes: records!.length,
      })),
    );
    const seen = {
      atMs: cluster.network.clock.now(),
      node: id,
      version: header.version,
      acks: request.acks,
      bytes,
      parts,
    };
    cluster.produced.push(seen);
    const script = cluster.onProduce(seen);
    if (script.drop === 'before append') {
      this.breakLink();
      return;
    }
    const responses = named.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index, records }) => this.append(name, index, records!, script)),
    }));
    if (script.drop === 'after append') this.breakLink();
    if (request.acks === 0 || script.silent === true || this.mute) return;
    this.outstanding++;
    cluster.mostInFlight = Math.max(cluster.mostInFlight, this.outstanding);
    const nodeEndpoints = cluster.hints
      ? [...cluster.brokers.values()].map((b) => ({ nodeId: b.id, host: b.host, port: b.port }))
      : [];
    const answer = { responses, throttleTimeMs: script.throttleMs ?? 0, nodeEndpoints };
    let frame = encodeResponse(produceResponse, header.version, header.correlationId, answer);
    if (script.raw !== undefined) {
      frame = Buffer.concat([frame.subarray(0, 8), script.raw]);
      frame.writeInt32BE(frame.length - 4, 0);
    }
    const cut = script.drop === 'in the middle of the answer';
    this.reply(cut ? frame.subarray(0, frame.length >> 1) : frame, script.afterMs, () => {
      this.outstanding--;
      if (cut) this.breakLink();
    });
  }

  private nameOf(topic: Decoded<ProduceRequest>['topicData'][number]): string {
    if (topic.name !== '') return topic.name;
    for (const [name, { id }] of this.broker.cluster.topics) if (id === topic.topicId) return name;
    return '';
  }

  private append(name: string, index: number, records: Buffer, script: ProduceScript) {
    const { cluster, id } = this.broker;
    const partition = cluster.topics.get(name)?.partitions[index];
    if (partition === undefined) return { index, errorCode: name === '' ? 100 : 3, baseOffset: -1n };
    const scripted = script.error?.(name, index) ?? 0;
    const errorCode = scripted !== 0 ? scripted : partition.leader === id ? 0 : 6;
    const baseOffset = partition.records;
    if (errorCode === 0 || (script.appendAnyway === true && partition.leader === id)) {
      const batch = readBatch(records);
      partition.batches.push(batch);
      partition.records += batch.records.length;
    }
    const hint =
      cluster.hints && (errorCode === 6 || errorCode === 74)
        ? { currentLeader: { leaderId: partition.leader, leaderEpoch: partition.epoch } }
        : {};
    return { index, errorCode, baseOffset: errorCode === 0 ? BigInt(baseOffset) : -1n, ...hint };
  }
}
