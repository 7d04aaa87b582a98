// InitProducerId (22) and FindCoordinator (10): producer ids for idempotence; an orderly no to transactions and groups, which the
// embedded cluster does not have. Called through api-table.ts.
import { findCoordinatorRequest, findCoordinatorResponse } from '../../producer-core/protocol/apis/find-coordinator.js';
import { initProducerIdRequest, initProducerIdResponse } from '../../producer-core/protocol/apis/init-producer-id.js';
import { api } from './api.js';

const INVALID_REQUEST = 42;
const COORDINATOR = 'the embedded cluster has no consumer groups and no transactions';

export const initProducerId = api(initProducerIdRequest, initProducerIdResponse, [0, 5], (request, call) => {
  if (request.transactionalId !== null) {
    // Not a retriable error: a client would ask for ever.
    call.answer({ errorCode: INVALID_REQUEST, producerEpoch: -1 });
    return;
  }
  // A new id each time, as Kafka does without a transactional id, even if the client brings one (KIP-360).
  call.answer({ producerId: BigInt(call.cluster.takeProducerId()), producerEpoch: 0 });
});

export const findCoordinator = api(findCoordinatorRequest, findCoordinatorResponse, [0, 6], (request, call) => {
  const nobody = { errorCode: INVALID_REQUEST, errorMessage: COORDINATOR, nodeId: -1, host: '', port: -1 };
  call.answer(call.version < 4 ? nobody : { coordinators: request.coordinatorKeys.map((key) => ({ key, ...nobody })) });
});
