// The modelled broker's answers to InitProducerId and to the APIs of transactions. Called by
// sim-broker; the state is SimCoordinator's.
import {
  addOffsetsToTxnRequest,
  addOffsetsToTxnResponse,
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
  endTxnRequest,
  endTxnResponse,
  findCoordinatorRequest,
  findCoordinatorResponse,
  initProducerIdRequest,
  initProducerIdResponse,
  txnOffsetCommitRequest,
  txnOffsetCommitResponse,
} from '../../../wire/apis/all.js';
import {
  type Decoded,
  decodeMessage,
  encodeResponse,
  isFlexible,
  type Message,
  type RequestHeader,
  type WireReader,
} from '../../../wire/index.js';
import type { SimClusterState } from './sim-cluster-state.js';
import { OFFSETS, type ProducerIdentity } from './sim-coordinator.js';
import type { RequestScript } from './sim-scripts.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';
import { API } from '../../../wire/api-keys.js';

/** The broker that was asked. */
interface Asked {
  readonly id: number;
  readonly cluster: SimClusterState;
}

const THROTTLE = { throttleTimeMs: 0 };

/** The answer's frame. Throws on an API that no producer asks for. */
export function answerTransactional(
  broker: Asked,
  header: RequestHeader,
  reader: WireReader,
  script: RequestScript,
): Buffer {
  const apis = new TransactionalApis(broker, header, reader, script);
  switch (header.api) {
    case API.FIND_COORDINATOR:
      return apis.findCoordinator();
    case API.INIT_PRODUCER_ID:
      return apis.initProducerId();
    case API.ADD_PARTITIONS_TO_TXN:
      return apis.addPartitions();
    case API.ADD_OFFSETS_TO_TXN:
      return apis.addOffsets();
    case API.END_TXN:
      return apis.endTxn();
    case API.TXN_OFFSET_COMMIT:
      return apis.commitOffsets();
    default:
      throw new Error(`no one asks for API ${header.api}`);
  }
}

class TransactionalApis {
  constructor(
    private readonly broker: Asked,
    private readonly header: RequestHeader,
    private readonly reader: WireReader,
    private readonly script: RequestScript,
  ) {}

  findCoordinator(): Buffer {
    const asked = this.read(findCoordinatorRequest);
    const { cluster } = this.broker;
    const keys = this.header.version >= 4 ? asked.coordinatorKeys : [asked.key];
    const found = keys.map((key) => {
      const node = cluster.brokers.get(cluster.coordinatorOf(key));
      const errorCode =
        this.script.error ?? (node === undefined ? ERROR.COORDINATOR_NOT_AVAILABLE : ERROR.NONE);
      return node === undefined || errorCode !== ERROR.NONE
        ? { key, errorCode, errorMessage: null, nodeId: -1, host: '', port: -1 }
        : { key, errorCode, errorMessage: null, nodeId: node.id, host: node.host, port: node.port };
    });
    return this.write(findCoordinatorResponse, { ...THROTTLE, ...found[0], coordinators: found });
  }

  initProducerId(): Buffer {
    const asked = this.read(initProducerIdRequest);
    const expected =
      this.header.version >= 3 && asked.producerId >= 0n
        ? { producerId: Number(asked.producerId), epoch: asked.producerEpoch }
        : null;
    const refused =
      asked.transactionalId === null ? this.script.error : this.refusal(asked.transactionalId);
    const { coordinator } = this.broker.cluster;
    const found =
      refused === undefined || refused === ERROR.NONE
        ? coordinator.init(asked.transactionalId, asked.transactionTimeoutMs, expected)
        : { error: refused, producerId: -1, epoch: -1 };
    return this.write(initProducerIdResponse, { ...THROTTLE, ...this.identity(found, 4) });
  }

  addPartitions(): Buffer {
    const asked = this.read(addPartitionsToTxnRequest);
    const id = asked.v3AndBelowTransactionalId;
    const names = asked.v3AndBelowTopics.flatMap(({ name, partitions }) =>
      partitions.map((p) => `${name}-${p}`),
    );
    const error =
      this.refusal(id) ||
      this.broker.cluster.coordinator.add(
        id,
        Number(asked.v3AndBelowProducerId),
        asked.v3AndBelowProducerEpoch,
        names,
      );
    const results = asked.v3AndBelowTopics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map((partitionIndex) => ({
        partitionIndex,
        partitionErrorCode: this.fencedAs(error, 2),
      })),
    }));
    return this.write(addPartitionsToTxnResponse, {
      ...THROTTLE,
      resultsByTopicV3AndBelow: results,
    });
  }

  addOffsets(): Buffer {
    const asked = this.read(addOffsetsToTxnRequest);
    const { coordinator } = this.broker.cluster;
    const error =
      this.refusal(asked.transactionalId) ||
      coordinator.add(asked.transactionalId, Number(asked.producerId), asked.producerEpoch, [
        OFFSETS,
      ]);
    return this.write(addOffsetsToTxnResponse, { ...THROTTLE, errorCode: this.fencedAs(error, 2) });
  }

  endTxn(): Buffer {
    const asked = this.read(endTxnRequest);
    const refused = this.refusal(asked.transactionalId);
    const { coordinator } = this.broker.cluster;
    const found =
      refused === ERROR.NONE
        ? coordinator.end(
            asked.transactionalId,
            Number(asked.producerId),
            asked.producerEpoch,
            asked.committed,
            this.header.version >= 5,
          )
        : { error: refused, producerId: -1, epoch: -1 };
    return this.write(endTxnResponse, { ...THROTTLE, ...this.identity(found, 2) });
  }

  commitOffsets(): Buffer {
    const asked = this.read(txnOffsetCommitRequest);
    const { cluster } = this.broker;
    const notHere =
      cluster.coordinatorOf(asked.groupId) === this.broker.id ? ERROR.NONE : ERROR.NOT_COORDINATOR;
    const producerId = Number(asked.producerId);
    // From v5 on the group's coordinator adds the offsets' partition by itself.
    const add = () =>
      this.header.version >= 5
        ? cluster.coordinator.add(
            asked.transactionalId,
            producerId,
            asked.producerEpoch,
            [OFFSETS],
            true,
          )
        : cluster.coordinator.verify(
            asked.transactionalId,
            producerId,
            asked.producerEpoch,
            OFFSETS,
          );
    const error = (this.script.error ?? notHere) || add();
    const topics = asked.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, committedOffset }) => {
        const key = `${asked.groupId} ${name}-${partitionIndex}`;
        if (error === ERROR.NONE)
          cluster.coordinator.commitOffset(producerId, key, Number(committedOffset));
        return {
          partitionIndex,
          errorCode: error === ERROR.PRODUCER_FENCED ? ERROR.INVALID_PRODUCER_EPOCH : error,
        };
      }),
    }));
    return this.write(txnOffsetCommitResponse, { ...THROTTLE, topics });
  }

  /** 0 where this broker may answer for the transactional id. */
  private refusal(transactionalId: string): ErrorCode {
    if (this.script.error !== undefined) return this.script.error;
    return this.broker.cluster.coordinatorOf(transactionalId) === this.broker.id
      ? ERROR.NONE
      : ERROR.NOT_COORDINATOR;
  }

  /** PRODUCER_FENCED has its own code from some version on; before it is INVALID_PRODUCER_EPOCH. */
  private fencedAs(error: ErrorCode, knownFrom: number): ErrorCode {
    return error === ERROR.PRODUCER_FENCED && this.header.version < knownFrom
      ? ERROR.INVALID_PRODUCER_EPOCH
      : error;
  }

  private identity({ error, producerId, epoch }: ProducerIdentity, fencedFrom: number) {
    return {
      errorCode: this.fencedAs(error, fencedFrom),
      producerId: BigInt(producerId),
      producerEpoch: epoch,
    };
  }

  private read<T>(table: Message<T>): Decoded<T> {
    if (isFlexible(table, this.header.version)) this.reader.skipTags();
    return decodeMessage(table, this.header.version, this.reader);
  }

  private write<T>(table: Message<T>, value: T): Buffer {
    return encodeResponse(table, this.header.version, this.header.correlationId, value);
  }
}
