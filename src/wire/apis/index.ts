// The door to the tables of the APIs that a producer speaks.
export {
  addOffsetsToTxnRequest,
  addOffsetsToTxnResponse,
  type AddOffsetsToTxnResponse,
} from './add-offsets-to-txn.js';
export {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
  type AddPartitionsToTxnResponse,
} from './add-partitions-to-txn.js';
export {
  apiVersionsRequest,
  apiVersionsResponse,
  type ApiVersionsResponse,
} from './api-versions.js';
export { endTxnRequest, endTxnResponse, type EndTxnResponse } from './end-txn.js';
export {
  findCoordinatorRequest,
  findCoordinatorResponse,
  type FindCoordinatorResponse,
} from './find-coordinator.js';
export {
  initProducerIdRequest,
  initProducerIdResponse,
  type InitProducerIdResponse,
} from './init-producer-id.js';
export { metadataRequest, metadataResponse } from './metadata.js';
export {
  saslAuthenticateRequest,
  saslAuthenticateResponse,
  type SaslAuthenticateResponse,
} from './sasl-authenticate.js';
export { saslHandshakeRequest, saslHandshakeResponse } from './sasl-handshake.js';
export {
  txnOffsetCommitRequest,
  txnOffsetCommitResponse,
  type TxnOffsetCommitResponse,
} from './txn-offset-commit.js';
