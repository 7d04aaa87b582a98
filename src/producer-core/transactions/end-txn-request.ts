// EndTxn (API key 26): commits or aborts. From version 5 on (transaction.version 2, KIP-890) the
// answer brings the identity of the next transaction. As Java's EndTxnHandler.
import type { Connection } from '../cluster/connection.js';
import type { ProducerError } from '../errors.js';
import { endTxnRequest, endTxnResponse, type EndTxnResponse } from '../../wire/apis/index.js';
import type { Decoded } from '../../wire/index.js';
import { ProducerIdentity } from '../batching/identity.js';
import { PRIORITY, TransactionRequest, type RequestContext } from './transaction-request.js';
import { ERROR } from '../../wire/error-codes.js';

const CLIENT_THROTTLES_FROM = 1;
const LAST_VERSION = 5;
const LAST_VERSION_BEFORE_V2 = 4;

export class EndTxnRequest extends TransactionRequest {
  readonly name: string;
  readonly priority = PRIORITY.endTxn;
  override readonly endsTransaction = true;
  /** As they were when the end was asked for. */
  private readonly identity: ProducerIdentity;
  private readonly lastVersion: number;

  constructor(
    context: RequestContext,
    private readonly commit: boolean,
  ) {
    super(context);
    this.name = `EndTxn (${commit ? 'commit' : 'abort'})`;
    this.identity = context.identity;
    this.lastVersion = context.isV2 ? LAST_VERSION : LAST_VERSION_BEFORE_V2;
  }

  send(connection: Connection, ended: (error: ProducerError | null) => void): void {
    const body = {
      transactionalId: this.context.transactionalId!,
      producerId: this.identity.id,
      producerEpoch: this.identity.epoch,
      committed: this.commit,
    };
    const done = (
      error: ProducerError | null,
      answer: Decoded<EndTxnResponse> | null,
      version: number,
    ) => {
      ended(error);
      if (answer === null) return;
      if (version >= CLIENT_THROTTLES_FROM) connection.throttle(answer.throttleTimeMs);
      this.handle(answer);
    };
    connection.request(endTxnRequest, endTxnResponse, body, done, this.lastVersion);
  }

  private handle({ errorCode: code, producerId, producerEpoch }: Decoded<EndTxnResponse>): void {
    if (code === ERROR.NONE) {
      this.context.transactionEnded(
        producerId < 0n ? null : new ProducerIdentity(producerId, producerEpoch),
      );
      this.outcome.done();
    } else if (!this.retries(code) && !this.fenced(code)) {
      if (code === ERROR.UNKNOWN_PRODUCER_ID) this.abortableIfPossible(this.error(code));
      // To abort what failed to abort would go on for ever.
      else if (code === ERROR.TRANSACTION_ABORTABLE && this.commit)
        this.abortable(this.error(code));
      else this.fatal(this.error(code));
    }
  }
}
