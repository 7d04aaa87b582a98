// AddPartitionsToTxn (24) and EndTxn (26): what a transactional producer asks of its coordinator.
// Called through api-table.ts; the rules stand in transaction-coordinator.ts. Offsets of groups are
// not part of it: there are no groups, and their APIs are not advertised.
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
  endTxnRequest,
  endTxnResponse,
} from '../../../wire/apis/all.js';
import { api } from './api.js';
import type { Cluster } from '../cluster.js';
import type { Partition } from '../cluster-topics.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';

/** Before these versions a client takes PRODUCER_FENCED for INVALID_PRODUCER_EPOCH (KIP-588). */
const FENCED_FROM = 2;
/** EndTxn of a client that follows transaction.version 2. */
const BUMPS_FROM = 5;

/** Kafka's error code where this broker does not look after the id, else 0. */
export function coordinatorError(
  cluster: Cluster,
  broker: number,
  transactionalId: string,
): ErrorCode {
  return cluster.coordinatorOf(transactionalId)?.id === broker ? ERROR.NONE : ERROR.NOT_COORDINATOR;
}

const fenced = (code: ErrorCode, version: number) =>
  code === ERROR.PRODUCER_FENCED && version < FENCED_FROM ? ERROR.INVALID_PRODUCER_EPOCH : code;

export const addPartitionsToTxn = api(
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
  [0, 3],
  (request, call) => {
    const { cluster, broker, version } = call;
    const { v3AndBelowTransactionalId: id, v3AndBelowTopics: topics } = request;
    const found: Partition[] = [];
    let unknown = false;
    for (const { name, partitions } of topics) {
      for (const index of partitions) {
        const partition = cluster.topics.partition(name, index);
        if (partition === undefined) unknown = true;
        else found.push(partition);
      }
    }
    let code = id === '' ? ERROR.INVALID_REQUEST : coordinatorError(cluster, broker, id);
    if (code === ERROR.NONE && unknown) code = ERROR.OPERATION_NOT_ATTEMPTED;
    if (code === ERROR.NONE) {
      const { v3AndBelowProducerId: producerId, v3AndBelowProducerEpoch: epoch } = request;
      code = fenced(cluster.transactions.add(id, Number(producerId), epoch, found), version);
    }
    call.answer({
      resultsByTopicV3AndBelow: topics.map(({ name, partitions }) => ({
        name,
        resultsByPartition: partitions.map((partitionIndex) => ({
          partitionIndex,
          partitionErrorCode:
            cluster.topics.partition(name, partitionIndex) === undefined
              ? ERROR.UNKNOWN_TOPIC_OR_PARTITION
              : code,
        })),
      })),
    });
  },
);

export const endTxn = api(endTxnRequest, endTxnResponse, [0, 5], (request, call) => {
  const { cluster, broker, version } = call;
  const { transactionalId, producerId, producerEpoch, committed } = request;
  const wrong = coordinatorError(cluster, broker, transactionalId);
  if (wrong !== ERROR.NONE) {
    call.answer({ errorCode: wrong });
    return;
  }
  const bumps = version >= BUMPS_FROM && cluster.options.transactionVersion >= 2;
  const ended = cluster.transactions.end(
    transactionalId,
    Number(producerId),
    producerEpoch,
    committed,
    bumps,
  );
  call.answer({
    errorCode: fenced(ended.errorCode, version),
    producerId: BigInt(ended.producerId),
    producerEpoch: ended.epoch,
  });
});
