// What this client may do, by the names of Kafka's ACLs: from the authorized operations that
// brokers tell (KIP-430). Called by doctor.ts; asks with DescribeCluster.
import { type ApiVersions, versionFor, type WireClient } from '../../../connect/cold.js';
import { describeClusterRequest, describeClusterResponse } from '../../../wire/apis/all.js';
import { ERROR } from '../../../wire/error-codes.js';

/** org.apache.kafka.common.acl.AclOperation by code. */
const OPERATIONS: readonly (readonly [code: number, name: string])[] = [
  [3, 'Read'],
  [4, 'Write'],
  [5, 'Create'],
  [6, 'Delete'],
  [7, 'Alter'],
  [8, 'Describe'],
  [9, 'ClusterAction'],
  [10, 'DescribeConfigs'],
  [11, 'AlterConfigs'],
  [12, 'IdempotentWrite'],
];
/** What a broker says that does not tell. */
const NOT_TOLD = -2_147_483_648;

/** Of the bits that a broker answers with; null: not told. */
export function operationsOf(bits: number): readonly string[] | null {
  if (bits === NOT_TOLD) return null;
  return OPERATIONS.filter(([code]) => (bits & (1 << code)) !== 0).map(([, name]) => name);
}

/** On the cluster; null: not told. Throws ProbeFailure. */
export async function clusterOperations(
  client: WireClient,
  versions: ApiVersions,
): Promise<readonly string[] | null> {
  const version = versionFor(versions, describeClusterRequest);
  if (version === null) return null;
  const answer = await client.request(describeClusterRequest, describeClusterResponse, version, {
    includeClusterAuthorizedOperations: true,
  });
  return answer.errorCode === ERROR.NONE ? operationsOf(answer.clusterAuthorizedOperations) : null;
}
