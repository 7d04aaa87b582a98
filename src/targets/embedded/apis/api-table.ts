// Which APIs the embedded brokers speak, in which versions; ApiVersions itself, which tells exactly
// that. Asked by connection.ts. Must never advertise what no handler does.
import {
  apiVersionsRequest,
  apiVersionsResponse,
  type ApiVersionsResponse,
} from '../../../wire/apis/all.js';
import { api } from './api.js';
import type { Api } from './api.js';
import { createTopics, deleteTopics } from './create-delete-topics.js';
import { describeConfigs } from './describe-configs.js';
import { fetch } from './fetch.js';
import { listOffsets } from './list-offsets.js';
import { describeCluster, metadata } from './metadata.js';
import { findCoordinator, initProducerId } from './producer-ids.js';
import { addPartitionsToTxn, endTxn } from './transaction-apis.js';
import { ERROR } from '../../../wire/error-codes.js';
import { API, type ApiKey } from '../../../wire/api-keys.js';

export const PRODUCE_LOWEST = 3;
export const PRODUCE_HIGHEST = 13;

/** KIP-511: what a client may call itself. */
const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

const apiVersions = api(apiVersionsRequest, apiVersionsResponse, [0, 5], (request, call) => {
  const named =
    call.version < 3 ||
    (SOFTWARE_NAME.test(request.clientSoftwareName) &&
      SOFTWARE_NAME.test(request.clientSoftwareVersion));
  const answer = { apiKeys: advertised(), ...features(call.cluster.options.transactionVersion) };
  const { clusterId, nodeId } = request;
  // KIP-1242: the client has come to another cluster, or another node, than it meant to.
  const strayed =
    (clusterId !== null && clusterId !== call.cluster.clusterId) ||
    (nodeId >= 0 && nodeId !== call.broker);
  const errorCode = named
    ? strayed
      ? ERROR.REBOOTSTRAP_REQUIRED
      : ERROR.NONE
    : ERROR.INVALID_REQUEST;
  call.answer({ ...answer, errorCode });
});

/** The cold ones, by API key. Produce is handled by produce.ts. */
export const APIS: ReadonlyMap<ApiKey, Api> = new Map(
  [
    fetch,
    listOffsets,
    metadata,
    findCoordinator,
    apiVersions,
    createTopics,
    deleteTopics,
    initProducerId,
    addPartitionsToTxn,
    endTxn,
    describeConfigs,
    describeCluster,
  ].map((entry) => [entry.request.api, entry]),
);

/**
 * To a version that is not known, in v0's form: a client reads the versions of this one API and
 * asks again (KIP-511).
 */
export const UNSUPPORTED_API_VERSIONS = {
  errorCode: ERROR.UNSUPPORTED_VERSION,
  apiKeys: [
    { apiKey: API.API_VERSIONS, minVersion: apiVersions.lowest, maxVersion: apiVersions.highest },
  ],
};

/**
 * By a level of 2 clients know that EndTxn bumps the epoch and that partitions join by being
 * written to (KIP-890).
 */
function features(level: number): Partial<ApiVersionsResponse> {
  const name = 'transaction.version';
  return {
    supportedFeatures: [{ name, minVersion: 0, maxVersion: 2 }],
    finalizedFeaturesEpoch: 1n,
    finalizedFeatures:
      level === 0 ? [] : [{ name, minVersionLevel: level, maxVersionLevel: level }],
  };
}

function advertised(): { apiKey: number; minVersion: number; maxVersion: number }[] {
  // Kafka 4 says 0 for Produce too, though it takes 3 and up only: librdkafka reads codecs off the
  // range (KAFKA-18659).
  const produce = { apiKey: API.PRODUCE, minVersion: 0, maxVersion: PRODUCE_HIGHEST };
  const cold = [...APIS].map(([apiKey, { lowest, highest }]) => ({
    apiKey,
    minVersion: lowest,
    maxVersion: highest,
  }));
  return [produce, ...cold].sort((a, b) => a.apiKey - b.apiKey);
}
