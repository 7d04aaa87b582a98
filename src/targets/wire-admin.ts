// Topics, by Kafka's own requests: create, delete, describe. One short connection, over TLS and SASL where the target has them, so that
// none is open while a run is measured. Called by sweep's kafka-admin, which decides what is asked and how often; nothing here retries.
import { withoutSecrets } from '../base/secrets.js';
import { createTopicsRequest, createTopicsResponse } from '../producer-core/protocol/apis/create-topics.js';
import { deleteTopicsRequest, deleteTopicsResponse } from '../producer-core/protocol/apis/delete-topics.js';
import { metadataRequest, metadataResponse } from '../producer-core/protocol/apis/metadata.js';
import type { Message } from '../producer-core/protocol/message.js';
import { parseAddress, type Address } from '../producer-core/address.js';
import { ProbeFailure } from './probe-failure.js';
import { apiVersions, versionFor } from './probe.js';
import { WireClient, type Access } from './wire-client.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** Above what a broker is given for one request, so that it has the word first. */
const ANSWER_TIMEOUT_MS = 20_000;
/** Before this version an empty list of topics means all of them, and metadata tells no controller. */
const METADATA_FROM = 1;
const TOPICS_BY_ID_FROM = 6;

/** A broker's answer about one topic: 0 is success. */
export interface TopicAnswer {
  readonly code: number;
  readonly message: string | null;
}

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** Every call throws ProbeFailure when the connection fails. */
export interface AdminClient {
  createTopic(topic: NewTopic, timeoutMs: number): Promise<TopicAnswer>;
  deleteTopic(name: string, timeoutMs: number): Promise<TopicAnswer>;
  /** The leader's id of each partition, -1 for none. Never creates the topic. */
  describeTopic(name: string): Promise<TopicAnswer & { readonly leaders: readonly number[] }>;
  /** Goes on with the controller, which alone makes topics in a cluster with ZooKeeper. */
  moveToController(): Promise<void>;
  close(): void;
}

/** Connects to the first address that lets this client in. Throws the last one's ProbeFailure. */
export async function openAdmin(bootstrap: readonly string[], access: Access): Promise<AdminClient> {
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
    private versions: Awaited<ReturnType<typeof apiVersions>>,
    private readonly access: Access,
  ) {}

  static async open(address: Address, access: Access): Promise<WireAdmin> {
    const [client, versions] = await connect(address, access);
    return new WireAdmin(client, versions, access);
  }

  async createTopic(topic: NewTopic, timeoutMs: number): Promise<TopicAnswer> {
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
    return answerOf(answer.topics[0]);
  }

  async deleteTopic(name: string, timeoutMs: number): Promise<TopicAnswer> {
    const version = this.version(deleteTopicsRequest);
    const answer = await this.client.request(deleteTopicsRequest, deleteTopicsResponse, version, {
      ...(version >= TOPICS_BY_ID_FROM ? { topics: [{ name }] } : { topicNames: [name] }),
      timeoutMs,
    });
    return answerOf(answer.responses[0]);
  }

  async describeTopic(name: string): Promise<TopicAnswer & { leaders: readonly number[] }> {
    const answer = await this.metadata([{ name }]);
    const topic = answer.topics[0];
    const leaders = (topic?.partitions ?? []).map(({ leaderId }) => leaderId);
    return { ...answerOf(topic), leaders };
  }

  async moveToController(): Promise<void> {
    const { brokers, controllerId } = await this.metadata([]);
    const controller = brokers.find(({ nodeId }) => nodeId === controllerId);
    if (controller === undefined) throw new ProbeFailure('broker-error', 'the cluster has no controller at the moment');
    this.client.close();
    [this.client, this.versions] = await connect(controller, this.access);
  }

  close(): void {
    this.client.close();
  }

  private metadata(topics: { name: string }[]) {
    const version = Math.max(METADATA_FROM, this.version(metadataRequest));
    return this.client.request(metadataRequest, metadataResponse, version, { topics, allowAutoTopicCreation: false });
  }

  private version(table: Message<unknown>): number {
    const version = versionFor(this.versions, table);
    if (version === null) throw new ProbeFailure('broker-error', `the broker has no common version of ${table.name}`);
    return version;
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

function answerOf(
  topic: { readonly errorCode: number; readonly errorMessage?: string | null } | undefined,
): TopicAnswer {
  if (topic === undefined) throw new ProbeFailure('not-kafka', 'the answer leaves the topic out');
  return { code: topic.errorCode, message: topic.errorMessage == null ? null : withoutSecrets(topic.errorMessage) };
}
