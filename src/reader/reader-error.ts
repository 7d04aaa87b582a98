// What the reader cannot go on after. Thrown by openReader and by the calls of a Reader.

export type ReaderErrorKind =
  /** No bootstrap address answers, or the partitions' leaders did not for too long. */
  | 'unreachable'
  /** The cluster does not know the topic, or the partition. */
  | 'unknown-topic'
  /** The broker refuses: rights, a disk fault, what this reader does not speak. */
  | 'refused'
  /** The log ends before what was asked for: it was cut. */
  | 'truncated'
  /** Bytes that are no record batch, or whose CRC does not fit. */
  | 'corrupt';

export class ReaderError extends Error {
  constructor(
    readonly kind: ReaderErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ReaderError';
  }
}
