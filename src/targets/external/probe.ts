// Asks one address whether it is a Kafka broker, and which cluster it belongs to. Called before a
// sweep's first run, when runs begin to fail, and, step by step, by doctor/. Sends ApiVersions and
// DescribeCluster (or Metadata) only: it never changes anything.
import { withoutSecrets } from '../../base/secrets/secrets.js';
import {
  type Access,
  apiVersions,
  type ApiVersions,
  brokerFailure,
  PLAINTEXT,
  ProbeFailure,
  speaksTls,
  tlsFailure,
  versionFor,
  WireClient,
} from '../../connect/cold.js';
import { type Address, formatAddress, parseAddress } from '../../connect/index.js';
import {
  describeClusterRequest,
  describeClusterResponse,
  metadataRequest,
  metadataResponse,
} from '../../wire/apis/all.js';
import { releaseOfMetadataVersion } from './kafka-version.js';
import { ERROR } from '../../wire/error-codes.js';
import { API } from '../../wire/api-keys.js';

/** Limit of connecting, and of each answer. */
export const PROBE_TIMEOUT_MS = 5_000;

export interface BrokerView {
  /** As every broker of the cluster advertises itself to clients of this listener. */
  readonly brokers: readonly { readonly id: number; readonly address: string }[];
  readonly clusterId: string | null;
  /** Finalised features by name. */
  readonly features: Readonly<Record<string, number>>;
  /** Release of the broker's software as far as it tells, e.g. `4.3`. */
  readonly version: string | null;
}

export type ProbeOutcome =
  | { readonly address: string; readonly ok: true; readonly view: BrokerView }
  | { readonly address: string; readonly ok: false; readonly failure: ProbeFailure };

/**
 * Probes one `host:port`. Never throws; takes at most some times `timeoutMs`: one for each step.
 */
export async function probe(
  address: string,
  timeoutMs = PROBE_TIMEOUT_MS,
  access: Access = PLAINTEXT,
  stop?: AbortSignal,
): Promise<ProbeOutcome> {
  const parsed = parseAddress(address);
  if (parsed === null) {
    return {
      address,
      ok: false,
      failure: new ProbeFailure('bad-address', 'is not an address of the form host:port'),
    };
  }
  let client: WireClient | null = null;
  try {
    client = await WireClient.open(parsed, timeoutMs, access, timeoutMs, stop);
    const versions = await apiVersions(client);
    const cluster = await describe(client, versions);
    return { address, ok: true, view: shownView({ ...cluster, ...softwareOf(versions) }) };
  } catch (error) {
    if (!(error instanceof ProbeFailure)) throw error;
    const failure =
      stop?.aborted === true ? error : await explain(error, parsed, timeoutMs, access);
    return { address, ok: false, failure };
  } finally {
    client?.close();
  }
}

/**
 * What is saved and printed of a cluster is its own words. Addresses are used, and are shown
 * elsewhere.
 */
function shownView({ clusterId, features, version, brokers }: BrokerView): BrokerView {
  const names = Object.entries(features).map(
    ([name, level]) => [withoutSecrets(name), level] as const,
  );
  return {
    brokers,
    clusterId: clusterId === null ? null : withoutSecrets(clusterId),
    features: Object.fromEntries(names),
    version,
  };
}

/** A port that says nothing, or nothing in TLS, may speak the other of the two. */
export async function explain(
  failure: ProbeFailure,
  address: Address,
  timeoutMs: number,
  access: Access,
): Promise<ProbeFailure> {
  if (failure.kind !== 'closed' && failure.kind !== 'silent' && failure.kind !== 'timed-out')
    return failure;
  if (!access.encrypted) {
    return failure.kind !== 'timed-out' && (await speaksTls(address, timeoutMs))
      ? tlsFailure()
      : failure;
  }
  let client: WireClient | null = null;
  try {
    client = await WireClient.open(address, timeoutMs);
    await apiVersions(client);
    return new ProbeFailure(
      'plaintext',
      'the port speaks Kafka’s protocol without TLS, and security.protocol asks for TLS',
    );
  } catch {
    return failure;
  } finally {
    client?.close();
  }
}

/** Throws ProbeFailure where what answers is no broker that takes records. */
export async function describe(
  client: WireClient,
  versions: ApiVersions,
): Promise<Pick<BrokerView, 'brokers' | 'clusterId'>> {
  if (!versions.apiKeys.some(({ apiKey }) => apiKey === API.PRODUCE)) {
    throw new ProbeFailure(
      'controller',
      'speaks Kafka but takes no records: this is a KRaft controller’s listener',
    );
  }
  const describeVersion = versionFor(versions, describeClusterRequest);
  if (describeVersion !== null) {
    const answer = await client.request(
      describeClusterRequest,
      describeClusterResponse,
      describeVersion,
      {},
    );
    if (answer.errorCode !== ERROR.NONE)
      throw brokerFailure('DescribeCluster', answer.errorCode, answer.errorMessage);
    const brokers = answer.brokers.map(({ brokerId, host, port }) => ({
      id: brokerId,
      address: formatAddress({ host, port }),
    }));
    return { brokers, clusterId: answer.clusterId };
  }
  const metadataVersion = versionFor(versions, metadataRequest);
  if (metadataVersion === null)
    throw new ProbeFailure('not-kafka', 'offers neither DescribeCluster nor Metadata');
  // No topics: an empty list means all of them in version 0, and none in every later one.
  const answer = await client.request(metadataRequest, metadataResponse, metadataVersion, {
    topics: [],
    allowAutoTopicCreation: false,
  });
  if (answer.errorCode !== ERROR.NONE) throw brokerFailure('Metadata', answer.errorCode);
  const brokers = answer.brokers.map(({ nodeId, host, port }) => ({
    id: nodeId,
    address: formatAddress({ host, port }),
  }));
  return { brokers, clusterId: answer.clusterId };
}

export function softwareOf(versions: ApiVersions): Pick<BrokerView, 'features' | 'version'> {
  const features = Object.fromEntries(
    versions.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
  );
  // What the broker supports is its own release; what is finalised may lag behind until someone
  // upgrades the feature.
  const supported = versions.supportedFeatures.find(
    ({ name }) => name === 'metadata.version',
  )?.maxVersion;
  return { features, version: releaseOfMetadataVersion(supported ?? features['metadata.version']) };
}
