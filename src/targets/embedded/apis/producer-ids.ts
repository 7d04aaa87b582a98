// InitProducerId (22) and FindCoordinator (10): producer ids for idempotence and transactions, and
// who looks after a transactional id. An orderly no to groups, which the embedded cluster does not
// have. Called through api-table.ts.
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
  initProducerIdRequest,
  initProducerIdResponse,
} from '../../../wire/apis/all.js';
import { api } from './api.js';
import type { Call } from './api.js';
import { NO_GROUPS } from './group-refusals.js';
import { coordinatorError } from './transaction-apis.js';
import { ERROR } from '../../../wire/error-codes.js';

/** InitProducerId before this version knows INVALID_PRODUCER_EPOCH only (KIP-588). */
const FENCED_FROM = 4;
const TRANSACTION = 1;

export const initProducerId = api(
  initProducerIdRequest,
  initProducerIdResponse,
  [0, 5],
  (request, call) => {
    const { cluster, broker, version } = call;
    const { transactionalId } = request;
    if (transactionalId === null) {
      // A new id each time, as Kafka does without a transactional id, even if the client brings one
      // (KIP-360).
      call.answer({ producerId: BigInt(cluster.takeProducerId()), producerEpoch: 0 });
      return;
    }
    const wrong = coordinatorError(cluster, broker, transactionalId);
    if (wrong !== ERROR.NONE) {
      call.answer({ errorCode: wrong, producerEpoch: -1 });
      return;
    }
    const { transactionTimeoutMs, producerId, producerEpoch } = request;
    const made = cluster.transactions.init(
      transactionalId,
      transactionTimeoutMs,
      Number(producerId),
      producerEpoch,
    );
    const older = made.errorCode === ERROR.PRODUCER_FENCED && version < FENCED_FROM;
    call.answer({
      errorCode: older ? ERROR.INVALID_PRODUCER_EPOCH : made.errorCode,
      producerId: BigInt(made.producerId),
      producerEpoch: made.epoch,
    });
  },
);

export const findCoordinator = api(
  findCoordinatorRequest,
  findCoordinatorResponse,
  [0, 6],
  (request, call) => {
    const { key, keyType, coordinatorKeys } = request;
    if (call.version < 4) call.answer(coordinator(call, key, keyType));
    else {
      const coordinators = coordinatorKeys.map((each) => ({
        key: each,
        ...coordinator(call, each, keyType),
      }));
      call.answer({ coordinators });
    }
  },
);

function coordinator({ cluster, clientId }: Call<never>, key: string, keyType: number) {
  const nobody = { nodeId: -1, host: '', port: -1 };
  if (keyType !== TRANSACTION) {
    cluster.groupRefusals.note(clientId, `group ${JSON.stringify(key)}`);
    // Not retriable for any client; the words that most of them show for it send the reader to the
    // broker's log.
    return { ...nobody, errorCode: ERROR.INVALID_REQUEST, errorMessage: NO_GROUPS };
  }
  if (key === '')
    return {
      ...nobody,
      errorCode: ERROR.INVALID_REQUEST,
      errorMessage: 'the transactional id is empty',
    };
  const broker = cluster.coordinatorOf(key);
  if (broker === null)
    return {
      ...nobody,
      errorCode: ERROR.COORDINATOR_NOT_AVAILABLE,
      errorMessage: 'no broker is up',
    };
  return {
    errorCode: ERROR.NONE,
    errorMessage: null,
    nodeId: broker.id,
    host: broker.host,
    port: broker.port,
  };
}
