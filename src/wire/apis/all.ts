// The door to the tables of all APIs: for readers, administration, and brokers that answer.
// A producer enters by index.ts, and so loads no more than it speaks.
export { addOffsetsToTxnRequest, addOffsetsToTxnResponse } from './add-offsets-to-txn.js';
export { addPartitionsToTxnRequest, addPartitionsToTxnResponse } from './add-partitions-to-txn.js';
export {
  apiVersionsRequest,
  apiVersionsResponse,
  type ApiVersionsResponse,
} from './api-versions.js';
export {
  createTopicsRequest,
  createTopicsResponse,
  type CreateTopicsResponse,
} from './create-topics.js';
export { deleteTopicsRequest, deleteTopicsResponse } from './delete-topics.js';
export { describeClusterRequest, describeClusterResponse } from './describe-cluster.js';
export {
  describeConfigsRequest,
  describeConfigsResponse,
  type DescribeConfigsResponse,
} from './describe-configs.js';
export { describeQuorumRequest, describeQuorumResponse } from './describe-quorum.js';
export { electLeadersRequest, electLeadersResponse, PREFERRED } from './elect-leaders.js';
export { endTxnRequest, endTxnResponse } from './end-txn.js';
export { fetchRequest, type FetchRequest, fetchResponse, type FetchResponse } from './fetch.js';
export { findCoordinatorRequest, findCoordinatorResponse } from './find-coordinator.js';
export { initProducerIdRequest, initProducerIdResponse } from './init-producer-id.js';
export { listOffsetsRequest, listOffsetsResponse } from './list-offsets.js';
export { metadataRequest, metadataResponse, type MetadataResponse } from './metadata.js';
export {
  produceRequest,
  type ProduceRequest,
  produceResponse,
  type ProduceResponse,
} from './produce.js';
export { saslAuthenticateRequest, saslAuthenticateResponse } from './sasl-authenticate.js';
export { saslHandshakeRequest, saslHandshakeResponse } from './sasl-handshake.js';
export { txnOffsetCommitRequest, txnOffsetCommitResponse } from './txn-offset-commit.js';
