// The cluster as the reader sees it: who leads which partition, and a connection to each broker
// that it asks. Called by reader.ts and fetch-session.ts. Retries nothing: they decide.
import {
  type Access,
  apiVersions,
  type ApiVersions,
  type BorrowedAnswer,
  ProbeFailure,
  versionFor,
  WireClient,
} from '../connect/cold.js';
import { type Address, parseAddress } from '../connect/index.js';
import { metadataRequest, metadataResponse } from '../wire/apis/all.js';
import type { Decoded, Message } from '../wire/index.js';
import { ReaderError } from './reader-error.js';
import { ERROR, errorRow } from '../wire/error-codes.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** Beyond what the broker was told that it may wait. */
const ANSWER_TIMEOUT_MS = 30_000;
const NO_LEADER = -1;
const NO_ID = '00000000-0000-0000-0000-000000000000';

export interface LedPartition {
  /** Null: nobody leads at the moment. */
  readonly leader: number | null;
}

export interface TopicView {
  /** Null where the cluster has no topic ids. */
  readonly id: string | null;
  readonly partitions: readonly LedPartition[];
}

/** One connection, with what its broker speaks. */
export class BrokerLink {
  constructor(
    private readonly client: WireClient,
    private readonly versions: ApiVersions,
  ) {}

  /** The newest version of both, at most `most`. Throws ReaderError where there is none. */
  version(table: Message<unknown>, most = Infinity): number {
    const version = versionFor(this.versions, table);
    if (version !== null) return Math.min(version, Math.max(most, table.versions[0]));
    throw new ReaderError('refused', `the broker speaks no ${table.name} that kbench does`);
  }

  request<Q, R>(
    ask: Message<Q>,
    answer: Message<R>,
    version: number,
    value: Q,
  ): Promise<Decoded<R>> {
    return this.client.request(ask, answer, version, value);
  }

  /** The same where answers are large: their memory is used again once it was given back. */
  borrow<Q, R>(
    ask: Message<Q>,
    answer: Message<R>,
    version: number,
    value: Q,
  ): Promise<BorrowedAnswer<R>> {
    return this.client.borrow(ask, answer, version, value);
  }

  close(): void {
    this.client.close();
  }
}

export class ClusterView {
  private readonly addresses = new Map<number, Address>();
  private readonly links = new Map<number, BrokerLink>();
  private readonly topics = new Map<string, TopicView>();
  private anyone: BrokerLink | null = null;
  private closed = false;

  constructor(
    private readonly bootstrap: readonly string[],
    private readonly access: Access,
    private readonly maxWaitMs: number,
  ) {}

  topic(name: string): TopicView | undefined {
    return this.topics.get(name);
  }

  /**
   * Asks anew who leads what. Throws ProbeFailure where nobody answers, ReaderError where the
   * cluster knows no such topic.
   */
  async refresh(names: readonly string[]): Promise<void> {
    const link = await this.someone();
    try {
      const topics = names.map((name) => ({ name }));
      const body = { topics, allowAutoTopicCreation: false };
      const version = link.version(metadataRequest);
      const answer = await link.request(metadataRequest, metadataResponse, version, body);
      for (const { nodeId, host, port } of answer.brokers)
        this.addresses.set(nodeId, { host, port });
      for (const topic of answer.topics) this.take(topic);
    } catch (error) {
      if (error instanceof ProbeFailure) this.forget(link);
      throw error;
    }
  }

  private take({ name, topicId, errorCode, partitions }: AnsweredTopic): void {
    const row = errorRow(errorCode);
    if (errorCode !== ERROR.NONE && !row.retriable)
      throw new ReaderError('refused', `topic ${name ?? ''}: ${row.name}: ${row.message}`);
    if (row.name === 'UNKNOWN_TOPIC_OR_PARTITION')
      throw new ReaderError('unknown-topic', `the cluster has no topic ${name ?? ''}`);
    const leaders: LedPartition[] = [];
    for (const { partitionIndex, leaderId } of partitions)
      leaders[partitionIndex] = { leader: leaderId === NO_LEADER ? null : leaderId };
    const id = topicId === NO_ID ? null : topicId;
    if (errorCode === ERROR.NONE) this.topics.set(name!, { id, partitions: leaders });
  }

  /** Connects to the broker, or takes the connection that there is. Throws ProbeFailure. */
  async link(node: number): Promise<BrokerLink> {
    const known = this.links.get(node);
    if (known !== undefined) return known;
    const address = this.addresses.get(node);
    if (address === undefined)
      throw new ProbeFailure('unresolvable', `the cluster does not tell broker ${node}’s address`);
    const link = await this.open(address);
    this.links.set(node, link);
    return link;
  }

  /** The connection is of no use any more. */
  drop(node: number): void {
    this.links.get(node)?.close();
    this.links.delete(node);
  }

  /** Ends every connection, and with it what is waited for; the next call connects anew. */
  hangUp(): void {
    for (const link of this.links.values()) link.close();
    this.links.clear();
    this.anyone?.close();
    this.anyone = null;
  }

  close(): void {
    this.closed = true;
    this.hangUp();
  }

  private async someone(): Promise<BrokerLink> {
    if (this.anyone !== null) return this.anyone;
    let failure = new ProbeFailure('bad-address', 'there is no bootstrap address');
    const known = this.bootstrap.map(parseAddress).filter((address) => address !== null);
    for (const address of [...known, ...this.addresses.values()]) {
      try {
        return (this.anyone = await this.open(address));
      } catch (error) {
        if (!(error instanceof ProbeFailure)) throw error;
        failure = new ProbeFailure(error.kind, `${address.host}:${address.port} ${error.message}`);
      }
    }
    throw failure;
  }

  private async open(address: Address): Promise<BrokerLink> {
    const limitMs = this.maxWaitMs + ANSWER_TIMEOUT_MS;
    const client = await WireClient.open(address, CONNECT_TIMEOUT_MS, this.access, limitMs);
    try {
      if (this.closed) throw new ProbeFailure('closed', 'stopped');
      return new BrokerLink(client, await apiVersions(client));
    } catch (error) {
      client.close();
      throw error;
    }
  }

  private forget(link: BrokerLink): void {
    link.close();
    if (this.anyone === link) this.anyone = null;
  }
}

type AnsweredTopic = Decoded<
  NonNullable<NonNullable<typeof metadataResponse.shape>['topics']>[number]
>;
