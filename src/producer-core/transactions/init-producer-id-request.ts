// InitProducerId (API key 22): a producer id, or the next epoch of the one that a transactional id
// has. As Java's InitProducerIdHandler.
import type { Connection } from '../cluster/connection.js';
import type { ProducerError } from '../errors.js';
import {
  initProducerIdRequest,
  initProducerIdResponse,
  type InitProducerIdResponse,
} from '../../wire/apis/index.js';
import type { Decoded } from '../../wire/index.js';
import { ProducerIdentity } from '../batching/identity.js';
import { PRIORITY, TransactionRequest, type RequestContext } from './transaction-request.js';
import { ERROR } from '../../wire/error-codes.js';

const CLIENT_THROTTLES_FROM = 1;
const INT_MAX = 2_147_483_647;
/** Version 6 (KIP-939) is not stable in Apache Kafka 4.3, and its client does not use it. */
const LAST_VERSION = 5;

export class InitProducerIdRequest extends TransactionRequest {
  readonly name = 'InitProducerId';
  readonly priority: number;
  override readonly coordinatorType: 'transaction' | null;

  /** `current` NO_IDENTITY at the start; else the epoch is bumped, at the end of a transaction. */
  constructor(
    context: RequestContext,
    private readonly current: ProducerIdentity,
    private readonly transactionTimeoutMs: number,
  ) {
    super(context);
    this.priority = current.valid ? PRIORITY.epochBump : PRIORITY.initProducerId;
    this.coordinatorType = context.transactional ? 'transaction' : null;
  }

  send(connection: Connection, ended: (error: ProducerError | null) => void): void {
    const { transactionalId, transactional } = this.context;
    const body = {
      transactionalId,
      transactionTimeoutMs: transactional ? this.transactionTimeoutMs : INT_MAX,
      producerId: this.current.id,
      producerEpoch: this.current.epoch,
    };
    const done = (
      error: ProducerError | null,
      answer: Decoded<InitProducerIdResponse> | null,
      version: number,
    ) => {
      ended(error);
      if (answer === null) return;
      if (version >= CLIENT_THROTTLES_FROM) connection.throttle(answer.throttleTimeMs);
      this.handle(answer);
    };
    connection.request(initProducerIdRequest, initProducerIdResponse, body, done, LAST_VERSION);
  }

  private handle({ errorCode, producerId, producerEpoch }: Decoded<InitProducerIdResponse>): void {
    if (errorCode === ERROR.NONE) {
      this.context.initialized(new ProducerIdentity(producerId, producerEpoch), this.current.valid);
      this.outcome.done();
    } else if (!this.retries(errorCode) && !this.fenced(errorCode)) {
      const again: readonly number[] = [
        ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        ERROR.CLUSTER_AUTHORIZATION_FAILED,
        ERROR.TRANSACTION_ABORTABLE,
      ];
      if (again.includes(errorCode)) this.abortable(this.error(errorCode));
      else this.fatal(this.error(errorCode));
    }
  }
}
