// FindCoordinator (API key 10): which broker looks after a transactional id or a consumer group.
// Sent before whatever needs one; as Java's FindCoordinatorHandler.
import type { Connection } from '../cluster/connection.js';
import { type ProducerError } from '../errors.js';
import { ERROR, errorRow } from '../../wire/error-codes.js';
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
  type FindCoordinatorResponse,
} from '../../wire/apis/index.js';
import type { Decoded } from '../../wire/index.js';
import {
  PRIORITY,
  TransactionRequest,
  type CoordinatorType,
  type RequestContext,
} from './transaction-request.js';

const KEY_TYPE: Readonly<Record<CoordinatorType, number>> = { group: 0, transaction: 1 };
const CLIENT_THROTTLES_FROM = 2;

export class FindCoordinatorRequest extends TransactionRequest {
  readonly name = 'FindCoordinator';
  readonly priority = PRIORITY.findCoordinator;
  override readonly coordinatorType = null;

  constructor(
    context: RequestContext,
    readonly type: CoordinatorType,
    private readonly key: string,
  ) {
    super(context);
  }

  override get coordinatorKey(): string {
    return this.key;
  }

  send(connection: Connection, ended: (error: ProducerError | null) => void): void {
    const body = { key: this.key, keyType: KEY_TYPE[this.type], coordinatorKeys: [this.key] };
    connection.request(
      findCoordinatorRequest,
      findCoordinatorResponse,
      body,
      (error, answer, version) => {
        ended(error);
        if (answer === null) return;
        if (version >= CLIENT_THROTTLES_FROM) connection.throttle(answer.throttleTimeMs);
        this.handle(answer);
      },
    );
  }

  private handle(answer: Decoded<FindCoordinatorResponse>): void {
    // Before version 4 the answer is about one key and stands in the message itself.
    const { nodeId, host, port, errorCode, errorMessage } = answer.coordinators.at(0) ?? answer;
    if (errorCode === ERROR.NONE) {
      this.context.requests.found(this.type, { nodeId, host, port });
      this.outcome.done();
    } else if (errorRow(errorCode).retriable) this.retry();
    else if (
      errorCode === ERROR.GROUP_AUTHORIZATION_FAILED ||
      errorCode === ERROR.TRANSACTION_ABORTABLE
    )
      this.abortable(this.error(errorCode, errorMessage));
    else this.fatal(this.error(errorCode, errorMessage));
  }
}
