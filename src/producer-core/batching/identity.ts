// Who the producer is to the brokers: producer id and epoch. Changed rarely (a bump, a
// transaction's end), written into every batch header. Used by record-batch.ts and the rest of this
// folder. Immutable: a batch keeps the identity that it was first sent under.

/** RecordBatch.NO_SEQUENCE of Java. */
export const NO_SEQUENCE = -1;

/** The epoch is an int16 on the wire; after this one only a new producer id helps. */
export const MAX_EPOCH = 32_767;

export class ProducerIdentity {
  /** The id's halves as int32: a batch header is written without a BigInt. */
  readonly idHigh: number;
  readonly idLow: number;

  constructor(
    readonly id: bigint,
    readonly epoch: number,
  ) {
    this.idHigh = Number(id >> 32n);
    this.idLow = Number(BigInt.asIntN(32, id));
  }

  get valid(): boolean {
    return this.idHigh >= 0;
  }

  equals(other: ProducerIdentity): boolean {
    return (
      this === other ||
      (this.idHigh === other.idHigh && this.idLow === other.idLow && this.epoch === other.epoch)
    );
  }

  /** The same producer id, one epoch later. */
  bumped(): ProducerIdentity {
    return new ProducerIdentity(this.id, this.epoch + 1);
  }

  toString(): string {
    return `producer id ${this.id}, epoch ${this.epoch}`;
  }
}

export const NO_IDENTITY = new ProducerIdentity(-1n, -1);
