// The few questions of `kbench doctor` that no one else asks: SASL mechanisms, which broker this
// is, round trips. Each over a WireClient that the caller opened; they change nothing, and throw
// ProbeFailure where the connection fails.
import { performance } from 'node:perf_hooks';
import { withoutSecrets } from '../../../base/secrets/secrets.js';
import { type ApiVersions, versionFor, type WireClient } from '../../../connect/cold.js';
import {
  apiVersionsRequest,
  apiVersionsResponse,
  describeConfigsRequest,
  describeConfigsResponse,
  saslHandshakeRequest,
  saslHandshakeResponse,
} from '../../../wire/apis/all.js';
import type { RoundTrip } from './examination.js';
import { ERROR, errorRow, type ErrorCode } from '../../../wire/error-codes.js';

/** Resource types of DescribeConfigs. */
export const TOPIC_RESOURCE = 2;
const BROKER_RESOURCE = 4;
/** Brokers that one request names: of more than that, which one this is stays unknown. */
const MAX_IDS = 1_000;
const ROUND_TRIPS = 20;
/** Any name does: the answer lists what the broker has, whether it is among them or not. */
const ANY_MECHANISM = 'PLAIN';

/** Null: the listener does without SASL. Ask a connection that has not logged in. */
export async function saslMechanisms(client: WireClient): Promise<readonly string[] | null> {
  const answer = await client.request(saslHandshakeRequest, saslHandshakeResponse, 1, {
    mechanism: ANY_MECHANISM,
  });
  if (answer.errorCode === ERROR.ILLEGAL_SASL_STATE) return null;
  return answer.mechanisms.map((name) => withoutSecrets(name)).toSorted();
}

export interface BrokerIdentity {
  readonly id: number;
  /** Of its own configuration, by name; what it does not tell is absent. */
  readonly config: ReadonlyMap<string, string>;
}

export type Identified =
  | { readonly known: true; readonly broker: BrokerIdentity }
  | { readonly known: false; readonly forbidden: boolean };

/**
 * Which of these brokers is at the other end: a broker describes itself alone, and refuses the ids
 * of others (ConfigHelper: "Unexpected broker id").
 */
export async function identify(
  client: WireClient,
  versions: ApiVersions,
  ids: readonly number[],
): Promise<Identified> {
  const version = versionFor(versions, describeConfigsRequest);
  if (version === null || ids.length > MAX_IDS) return { known: false, forbidden: false };
  const { results } = await client.request(
    describeConfigsRequest,
    describeConfigsResponse,
    version,
    {
      resources: ids.map((id) => ({
        resourceType: BROKER_RESOURCE,
        resourceName: String(id),
        configurationKeys: ['listeners', 'advertised.listeners', 'listener.security.protocol.map'],
      })),
    },
  );
  const own = results.filter(({ errorCode }) => errorCode === ERROR.NONE);
  if (own.length !== 1) {
    const forbidden = results.some(({ errorCode }) => isForbidden(errorCode));
    return { known: false, forbidden };
  }
  const config = new Map(
    own[0].configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const])),
  );
  return { known: true, broker: { id: Number(own[0].resourceName), config } };
}

export const isForbidden = (code: ErrorCode): boolean =>
  errorRow(code).name.endsWith('_AUTHORIZATION_FAILED');

/** ApiVersions is answered from memory, so that the network and the broker's threads are left. */
export async function roundTrips(client: WireClient, versions: ApiVersions): Promise<RoundTrip> {
  const version = versionFor(versions, apiVersionsRequest) ?? 0;
  const software = { clientSoftwareName: 'kbench', clientSoftwareVersion: '1' };
  const took: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) {
    const from = performance.now();
    await client.request(apiVersionsRequest, apiVersionsResponse, version, software);
    took.push(performance.now() - from);
  }
  took.sort((a, b) => a - b);
  const at = (share: number): number =>
    took[Math.min(took.length - 1, Math.ceil(share * took.length) - 1)];
  return { requests: took.length, medianMs: at(0.5), p99Ms: at(0.99) };
}
