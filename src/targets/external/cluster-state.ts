// How a cluster stands: who leads, who is in sync, who controls it; asked anew each time over one
// short connection. Called by session/faults, which decides what is broken and whether all is well
// again. Changes nothing but by electPreferred.
import {
  type Access,
  apiVersions,
  ProbeFailure,
  versionFor,
  WireClient,
} from '../../connect/cold.js';
import { type Address, parseAddress } from '../../connect/index.js';
import {
  describeQuorumRequest,
  describeQuorumResponse,
  electLeadersRequest,
  electLeadersResponse,
  metadataRequest,
  metadataResponse,
  PREFERRED,
} from '../../wire/apis/all.js';

const CONNECT_TIMEOUT_MS = 1_000;
const ANSWER_TIMEOUT_MS = 2_000;
const ELECTION_TIMEOUT_MS = 10_000;
/** Before this version metadata tells no controller, and null asks for no topic. */
const METADATA_FROM = 1;

export interface PartitionState {
  readonly topic: string;
  readonly partition: number;
  /** -1: none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

export interface ClusterState {
  readonly brokers: readonly number[];
  readonly controller: number | null;
  readonly partitions: readonly PartitionState[];
}

/**
 * Of one topic, or of all (null). All are asked, as one that hangs must not hold up the others; the
 * first that answers has the word. Throws ProbeFailure where none does.
 */
export async function clusterState(
  addresses: readonly string[],
  access: Access,
  topic: string | null,
): Promise<ClusterState> {
  const asked = addresses.map((address) => stateBy(address, access, topic));
  return Promise.any(asked).catch(() => asked[0]);
}

function stateBy(address: string, access: Access, topic: string | null): Promise<ClusterState> {
  return withBroker([address], access, ANSWER_TIMEOUT_MS, async (client) => {
    const versions = await apiVersions(client);
    const version = Math.max(METADATA_FROM, versionFor(versions, metadataRequest) ?? 0);
    const answer = await client.request(metadataRequest, metadataResponse, version, {
      topics: topic === null ? null : [{ name: topic }],
      allowAutoTopicCreation: false,
    });
    const inKraft = versionFor(versions, describeQuorumRequest) !== null;
    return {
      brokers: answer.brokers.map(({ nodeId }) => nodeId),
      controller: inKraft ? await quorumLeader(client) : known(answer.controllerId),
      partitions: answer.topics.flatMap(({ name, partitions }) =>
        partitions.map((each) => ({
          topic: name ?? '',
          partition: each.partitionIndex,
          leader: each.leaderId,
          replicas: each.replicaNodes,
          inSync: each.isrNodes,
        })),
      ),
    };
  });
}

/** Each partition's first replica leads again. Brokers that know no such request are left alone. */
export async function electPreferred(addresses: readonly string[], access: Access): Promise<void> {
  await withBroker(addresses, access, ELECTION_TIMEOUT_MS, async (client) => {
    const version = versionFor(await apiVersions(client), electLeadersRequest);
    if (version === null) return;
    await client.request(electLeadersRequest, electLeadersResponse, version, {
      electionType: PREFERRED,
      topicPartitions: null,
      timeoutMs: ELECTION_TIMEOUT_MS,
    });
  });
}

async function quorumLeader(client: WireClient): Promise<number | null> {
  const { topics } = await client.request(describeQuorumRequest, describeQuorumResponse, 0, {
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  });
  return known(topics[0]?.partitions[0]?.leaderId ?? -1);
}

const known = (id: number): number | null => (id < 0 ? null : id);

async function withBroker<T>(
  addresses: readonly string[],
  access: Access,
  answerMs: number,
  ask: (client: WireClient) => Promise<T>,
): Promise<T> {
  let failure = new ProbeFailure('bad-address', 'there is no address to ask');
  for (const text of addresses) {
    const address: Address | null = parseAddress(text);
    if (address === null) continue;
    let client: WireClient | null = null;
    try {
      client = await WireClient.open(address, CONNECT_TIMEOUT_MS, access, answerMs);
      return await ask(client);
    } catch (error) {
      if (!(error instanceof ProbeFailure)) throw error;
      failure = new ProbeFailure(error.kind, `${text}: ${error.message}`);
    } finally {
      client?.close();
    }
  }
  throw failure;
}
