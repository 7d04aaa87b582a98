// Topics, by Kafka's own requests: create, delete, describe. One short connection, over TLS and
// SASL where the target has them, so that none is open while a run is measured. Called by sweep's
// kafka-admin, which decides what is asked and how often; nothing here retries.
import { withoutSecrets } from '../../base/secrets/secrets.js';
import {
  type Access,
  apiVersions,
  ProbeFailure,
  versionFor,
  WireClient,
} from '../../connect/cold.js';
import { type Address, parseAddress } from '../../connect/index.js';
import {
  createTopicsRequest,
  createTopicsResponse,
  deleteTopicsRequest,
  deleteTopicsResponse,
  describeConfigsRequest,
  describeConfigsResponse,
  listOffsetsRequest,
  listOffsetsResponse,
  metadataRequest,
  metadataResponse,
} from '../../wire/apis/all.js';
import type { Message } from '../../wire/index.js';
import { ERROR, type ErrorCode } from '../../wire/error-codes.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** Above what a broker is given for one request, so that it has the word first. */
const ANSWER_TIMEOUT_MS = 20_000;
/**
 * Before this version an empty list of topics means all of them, and metadata tells no controller.
 */
const METADATA_FROM = 1;
const TOPICS_BY_ID_FROM = 6;
/** Told by brokers that know no ids (before 2.8, or of a cluster that was upgraded halfway). */
const NO_ID = '00000000-0000-0000-0000-000000000000';
/** DescribeConfigs: the kind of a resource. */
const TOPIC = 2;
/** ListOffsets: where the next record would go. */
const LATEST = -1n;

/** A broker's answer about one topic: 0 is success. */
export interface TopicAnswer {
  readonly code: ErrorCode;
  readonly message: string | null;
}

export interface IdentifiedAnswer extends TopicAnswer {
  /** Null where the broker tells none. */
  readonly id: string | null;
}

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** Every call throws ProbeFailure when the connection fails. */
export interface AdminClient {
  createTopic(topic: NewTopic, timeoutMs: number): Promise<IdentifiedAnswer>;
  deleteTopic(name: string, timeoutMs: number): Promise<TopicAnswer>;
  /** That very topic and no other of its name. Only where `deletesById`. */
  deleteTopicById(id: string, timeoutMs: number): Promise<TopicAnswer>;
  readonly deletesById: boolean;
  /** The leader's id of each partition, -1 for none. Never creates the topic. */
  describeTopic(name: string): Promise<IdentifiedAnswer & { readonly leaders: readonly number[] }>;
  /** A setting of the topic; null where the broker does not tell. */
  topicSetting(topic: string, setting: string): Promise<string | null>;
  /** Whether anything was ever written to the topic; null where a partition cannot be asked. */
  wasWrittenTo(name: string): Promise<boolean | null>;
  /** Goes on with the controller, which alone makes topics in a cluster with ZooKeeper. */
  moveToController(): Promise<void>;
  close(): void;
}

/** Connects to the first address that lets this client in. Throws the last one's ProbeFailure. */
export async function openAdmin(
  bootstrap: readonly string[],
  access: Access,
): Promise<AdminClient> {
  let failure = new ProbeFailure('bad-address', 'there is no bootstrap address');
  for (const text of bootstrap) {
    const address = parseAddress(text);
    if (address === null) continue;
    try {
      return await WireAdmin.open(address, access);
    } catch (error) {
      if (!(error instanceof ProbeFailure)) throw error;
      failure = new ProbeFailure(error.kind, `${text}: ${error.message}`);
    }
  }
  throw failure;
}

class WireAdmin implements AdminClient {
  private constructor(
    private client: WireClient,
    private versions: Versions,
    private readonly access: Access,
  ) {}

  static async open(address: Address, access: Access): Promise<WireAdmin> {
    const [client, versions] = await connect(address, access);
    return new WireAdmin(client, versions, access);
  }

  async createTopic(topic: NewTopic, timeoutMs: number): Promise<IdentifiedAnswer> {
    const { name, partitions, replicationFactor, config } = topic;
    const configs = Object.entries(config).map(([key, value]) => ({ name: key, value }));
    const answer = await this.client.request(
      createTopicsRequest,
      createTopicsResponse,
      this.version(createTopicsRequest),
      {
        topics: [{ name, numPartitions: partitions, replicationFactor, configs }],
        timeoutMs,
        validateOnly: false,
      },
    );
    return { ...answerOf(answer.topics[0]), id: idOf(answer.topics[0]) };
  }

  async deleteTopic(name: string, timeoutMs: number): Promise<TopicAnswer> {
    const version = this.version(deleteTopicsRequest);
    const answer = await this.client.request(deleteTopicsRequest, deleteTopicsResponse, version, {
      ...(version >= TOPICS_BY_ID_FROM ? { topics: [{ name }] } : { topicNames: [name] }),
      timeoutMs,
    });
    return answerOf(answer.responses[0]);
  }

  get deletesById(): boolean {
    return this.version(deleteTopicsRequest) >= TOPICS_BY_ID_FROM;
  }

  async deleteTopicById(topicId: string, timeoutMs: number): Promise<TopicAnswer> {
    const version = this.version(deleteTopicsRequest);
    const body = { topics: [{ name: null, topicId }], timeoutMs };
    const answer = await this.client.request(
      deleteTopicsRequest,
      deleteTopicsResponse,
      version,
      body,
    );
    return answerOf(answer.responses[0]);
  }

  async describeTopic(name: string): Promise<IdentifiedAnswer & { leaders: readonly number[] }> {
    const answer = await this.metadata([{ name }]);
    const topic = answer.topics[0];
    const leaders = (topic?.partitions ?? []).map(({ leaderId }) => leaderId);
    return { ...answerOf(topic), id: idOf(topic), leaders };
  }

  async wasWrittenTo(name: string): Promise<boolean | null> {
    const { brokers, topics } = await this.metadata([{ name }]);
    const partitions = topics[0]?.partitions ?? [];
    const leaders = new Set(partitions.map(({ leaderId }) => leaderId));
    if (leaders.size === 0) return null;
    for (const leader of leaders) {
      const broker = brokers.find(({ nodeId }) => nodeId === leader);
      if (broker === undefined) return null;
      const led = partitions.filter(({ leaderId }) => leaderId === leader);
      const indexes = led.map(({ partitionIndex }) => partitionIndex);
      const ends = await endOffsets(broker, this.access, name, indexes);
      if (ends.some((end) => end !== null && end > 0n)) return true;
      if (ends.length < indexes.length || ends.includes(null)) return null;
    }
    return false;
  }

  async topicSetting(topic: string, setting: string): Promise<string | null> {
    const version = this.version(describeConfigsRequest);
    const { results } = await this.client.request(
      describeConfigsRequest,
      describeConfigsResponse,
      version,
      {
        resources: [{ resourceType: TOPIC, resourceName: topic, configurationKeys: [setting] }],
      },
    );
    return results[0]?.configs.find(({ name }) => name === setting)?.value ?? null;
  }

  async moveToController(): Promise<void> {
    const { brokers, controllerId } = await this.metadata([]);
    const controller = brokers.find(({ nodeId }) => nodeId === controllerId);
    if (controller === undefined)
      throw new ProbeFailure('broker-error', 'the cluster has no controller at the moment');
    this.client.close();
    [this.client, this.versions] = await connect(controller, this.access);
  }

  close(): void {
    this.client.close();
  }

  private metadata(topics: { name: string }[]) {
    const version = Math.max(METADATA_FROM, this.version(metadataRequest));
    return this.client.request(metadataRequest, metadataResponse, version, {
      topics,
      allowAutoTopicCreation: false,
    });
  }

  private version(table: Message<unknown>): number {
    return commonVersion(this.versions, table);
  }
}

async function connect(address: Address, access: Access) {
  const client = await WireClient.open(address, CONNECT_TIMEOUT_MS, access, ANSWER_TIMEOUT_MS);
  try {
    return [client, await apiVersions(client)] as const;
  } catch (error) {
    client.close();
    throw error;
  }
}

type Versions = Awaited<ReturnType<typeof apiVersions>>;

function commonVersion(versions: Versions, table: Message<unknown>): number {
  const version = versionFor(versions, table);
  if (version === null)
    throw new ProbeFailure('broker-error', `the broker has no common version of ${table.name}`);
  return version;
}

/** Null for a partition that the broker has no answer for. */
async function endOffsets(
  leader: Address,
  access: Access,
  name: string,
  indexes: readonly number[],
): Promise<readonly (bigint | null)[]> {
  const [client, versions] = await connect(leader, access);
  try {
    const version = commonVersion(versions, listOffsetsRequest);
    const partitions = indexes.map((partitionIndex) => ({ partitionIndex, timestamp: LATEST }));
    const body = { replicaId: -1, topics: [{ name, partitions }], timeoutMs: ANSWER_TIMEOUT_MS };
    const { topics } = await client.request(listOffsetsRequest, listOffsetsResponse, version, body);
    return (topics[0]?.partitions ?? []).map(({ errorCode, offset }) =>
      errorCode === ERROR.NONE ? offset : null,
    );
  } finally {
    client.close();
  }
}

const idOf = (topic: { readonly topicId?: string } | undefined): string | null =>
  topic?.topicId === undefined || topic.topicId === NO_ID ? null : topic.topicId;

function answerOf(
  topic: { readonly errorCode: ErrorCode; readonly errorMessage?: string | null } | undefined,
): TopicAnswer {
  if (topic === undefined) throw new ProbeFailure('not-kafka', 'the answer leaves the topic out');
  return {
    code: topic.errorCode,
    message: topic.errorMessage == null ? null : withoutSecrets(topic.errorMessage),
  };
}
