// The numbers behind the producer's metrics: one object for each producer, counted up by
// accumulator, sender, settlement, connections and the producer itself, per batch, request or call,
// never per record. What Java makes of them stands in metrics-table.ts. Called on the hot path:
// must never allocate but in totals(), gauges and maxima, which are read once an interval.

/**
 * Running totals since the producer was made; read twice and subtract. Java's own metric of each
 * stands in metrics-table.ts. Times in milliseconds with fractions (Java's clock has whole ones),
 * sizes in bytes.
 */
export interface ProducerTotals {
  readonly recordsAppended: number;
  readonly recordsAcked: number;
  readonly recordsFailed: number;
  /**
   * Records of failed and expired batches, and appends refused for good; not those that close()
   * gave up, as in Java. Each once.
   */
  readonly recordErrors: number;
  /** Produce requests handed to the socket, one for each drain of a node. Retries count again. */
  readonly requests: number;
  /** Batches in those requests, and their records and bytes (header included, as on the wire). */
  readonly batches: number;
  readonly batchRecords: number;
  readonly batchBytes: number;
  /** Bytes of those batches before compression; equal to batchBytes without a codec. */
  readonly uncompressedBytes: number;
  /**
   * Sum over batches of (bytes of records as sent / bytes of records before compression), batch
   * headers left out.
   */
  readonly compressionRates: number;
  /**
   * Sum over batches of the time from the batch's making to this drain; a retry counts from its
   * making again.
   */
  readonly queueMs: number;
  /**
   * Sum over batches of the upper bound of its largest record (key, value, headers, and 82 bytes of
   * record and batch overhead).
   */
  readonly largestRecordBytes: number;
  /** Batches queued again, and the records in them. Splits are not among them. */
  readonly retries: number;
  readonly recordRetries: number;
  /** Batches split after MESSAGE_TOO_LARGE. */
  readonly batchSplits: number;
  /** Produce requests that were answered, and the sum of (answered - drained). None with acks=0. */
  readonly produceAnswers: number;
  readonly latencyMs: number;
  /**
   * Request time: sum over requests of every kind of (answered or lost - sent), those still out up
   * to now. Over a span: the mean number in flight.
   */
  readonly requestMs: number;
  /** Sum of throttle_time_ms over answers of every kind. */
  readonly throttleMs: number;
  /**
   * Time that appends waited for buffer.memory, a wait under way included, and appends that waited
   * max.block.ms in vain.
   */
  readonly bufferWaitMs: number;
  readonly bufferExhausted: number;
  /**
   * Time spent in calls: flush(), topic() where it had to wait, and the transactional calls that
   * succeeded.
   */
  readonly flushMs: number;
  readonly metadataWaitMs: number;
  readonly txnInitMs: number;
  readonly txnBeginMs: number;
  readonly txnSendOffsetsMs: number;
  readonly txnCommitMs: number;
  readonly txnAbortMs: number;
  /**
   * Sockets connected (before TLS, SASL and ApiVersions), and attempts or connections that ended,
   * failed attempts included.
   */
  readonly connectionsCreated: number;
  readonly connectionsClosed: number;
  /** Connections that became usable: negotiated and authenticated. */
  readonly connectionsOpened: number;
  /**
   * Of those, how many broke: closed by the other side, reset, or without an answer in time. Not
   * idle ones, not close().
   */
  readonly connectionsLost: number;
  /** Attempts that led to no usable connection. */
  readonly connectionsFailed: number;
  /**
   * Brokers that were sent a produce request: those that "per broker" means, idle ones are not
   * among them.
   */
  readonly brokersWritten: number;
  /** Partitions that metadata or an answer gave another leader than their last one. */
  readonly leaderChanges: number;
  /** Requests of every kind, as handed to the socket, with their length field. */
  readonly sends: number;
  readonly sentBytes: number;
  /** Answers of every kind, with their length field. */
  readonly answers: number;
  readonly receivedBytes: number;
  /** Requests handed over and socket reads. */
  readonly networkOperations: number;
  /**
   * Connections that became usable with TLS or SASL, those whose handshake failed, and the same for
   * re-authentication with its time.
   */
  readonly authentications: number;
  readonly failedAuthentications: number;
  readonly reauthentications: number;
  readonly failedReauthentications: number;
  readonly reauthenticationMs: number;
}

/** The largest values since they were last taken; -Infinity where there was none. */
export interface MetricMaxima {
  readonly batchBytes: number;
  readonly queueMs: number;
  readonly recordBytes: number;
  readonly latencyMs: number;
  readonly throttleMs: number;
  readonly sendBytes: number;
  readonly reauthenticationMs: number;
}

/** What is so at the moment of reading. */
export interface MetricGauges {
  readonly requestsInFlight: number;
  readonly metadataAgeSeconds: number;
  readonly waitingThreads: number;
  readonly bufferTotalBytes: number;
  readonly bufferAvailableBytes: number;
  readonly connectionCount: number;
}

/** One reading of a producer. Two of them make a window: windowBetween in metrics.ts. */
export interface MetricSample {
  /** The producer's clock. */
  readonly atMs: number;
  readonly totals: ProducerTotals;
  /** Since the last sample was taken. */
  readonly maxima: MetricMaxima;
  readonly gauges: MetricGauges;
}

/** What of a sealed batch is counted. */
export interface CountedBatch {
  readonly recordCount: number;
  readonly bytes: number;
  readonly uncompressedBytes: number;
  readonly compressionRatio: number;
  readonly largestRecordBytes: number;
  readonly createdMs: number;
}

/** Totals of time spent in a call. */
export type CallTime =
  | 'flushMs'
  | 'metadataWaitMs'
  | 'txnInitMs'
  | 'txnBeginMs'
  | 'txnSendOffsetsMs'
  | 'txnCommitMs'
  | 'txnAbortMs';

/**
 * Zero as a double from the start: a field that begins as a small integer and outgrows it would
 * change the object's shape in mid-run.
 */
const ZERO = -0;

export class MetricCounters {
  recordsAcked = ZERO;
  recordsFailed = ZERO;
  recordErrors = ZERO;
  requests = ZERO;
  batches = ZERO;
  batchRecords = ZERO;
  batchBytes = ZERO;
  uncompressedBytes = ZERO;
  compressionRates = ZERO;
  queueMs = ZERO;
  largestRecordBytes = ZERO;
  retries = ZERO;
  recordRetries = ZERO;
  batchSplits = ZERO;
  produceAnswers = ZERO;
  latencyMs = ZERO;
  throttleMs = ZERO;
  bufferExhausted = ZERO;
  flushMs = ZERO;
  metadataWaitMs = ZERO;
  txnInitMs = ZERO;
  txnBeginMs = ZERO;
  txnSendOffsetsMs = ZERO;
  txnCommitMs = ZERO;
  txnAbortMs = ZERO;
  connectionsCreated = ZERO;
  connectionsClosed = ZERO;
  connectionsOpened = ZERO;
  connectionsLost = ZERO;
  connectionsFailed = ZERO;
  brokersWritten = ZERO;
  leaderChanges = ZERO;
  sends = ZERO;
  sentBytes = ZERO;
  answers = ZERO;
  receivedBytes = ZERO;
  networkOperations = ZERO;
  authentications = ZERO;
  failedAuthentications = ZERO;
  reauthentications = ZERO;
  failedReauthentications = ZERO;
  reauthenticationMs = ZERO;
  /** Requests of every kind that are out. */
  inFlight = 0;

  // Sum of ends less sum of beginnings: with `n` under way at time T, n * T more is the time spent
  // until T.
  private requestEnds = ZERO;
  private waitEnds = ZERO;
  private waiting = 0;

  private maxBatchBytes = -Infinity;
  private maxQueueMs = -Infinity;
  private maxRecordBytes = -Infinity;
  private maxLatencyMs = -Infinity;
  private maxThrottleMs = -Infinity;
  private maxSendBytes = -Infinity;
  private maxReauthenticationMs = -Infinity;

  /**
   * The first `count` batches, sealed, leave in one produce request.
   * SenderMetrics.updateProduceRequestMetrics for one node.
   */
  drained(batches: readonly CountedBatch[], count: number, nowMs: number): void {
    this.requests++;
    this.batches += count;
    for (let i = 0; i < count; i++) {
      const batch = batches[i];
      const { bytes, largestRecordBytes } = batch;
      const queueMs = nowMs - batch.createdMs;
      this.batchRecords += batch.recordCount;
      this.batchBytes += bytes;
      this.uncompressedBytes += batch.uncompressedBytes;
      this.compressionRates += batch.compressionRatio;
      this.queueMs += queueMs;
      this.largestRecordBytes += largestRecordBytes;
      if (bytes > this.maxBatchBytes) this.maxBatchBytes = bytes;
      if (queueMs > this.maxQueueMs) this.maxQueueMs = queueMs;
      if (largestRecordBytes > this.maxRecordBytes) this.maxRecordBytes = largestRecordBytes;
    }
  }

  /** Appends refused for good, or records of failed batches. */
  recordsRefused(records: number): void {
    this.recordErrors += records;
  }

  /** An append waited max.block.ms for memory in vain. */
  memoryExhausted(): void {
    this.bufferExhausted++;
  }

  /** A batch was split (MESSAGE_TOO_LARGE). */
  splitBatch(): void {
    this.batchSplits++;
  }

  /** A batch is queued again. */
  retried(records: number): void {
    this.retries++;
    this.recordRetries += records;
  }

  /** A batch has its outcome. */
  settled(records: number, acked: boolean): void {
    if (acked) this.recordsAcked += records;
    else this.recordsFailed += records;
  }

  /** A broker is sent its first produce request. */
  brokerWritten(): void {
    this.brokersWritten++;
  }

  /** A partition got another leader than its last one. */
  leaderChanged(): void {
    this.leaderChanges++;
  }

  /** A call of this kind took `ms`. */
  called(kind: CallTime, ms: number): void {
    this[kind] += ms;
  }

  /** A produce request was answered `ms` after its batches were drained. */
  produceAnswered(ms: number): void {
    this.produceAnswers++;
    this.latencyMs += ms;
    if (ms > this.maxLatencyMs) this.maxLatencyMs = ms;
  }

  /** The throttle_time_ms of an answer of any kind; 0 need not be told. */
  throttled(ms: number): void {
    this.throttleMs += ms;
    if (ms > this.maxThrottleMs) this.maxThrottleMs = ms;
  }

  /** A request of any kind goes to the socket; `bytes` with its length field. */
  requestSent(bytes: number, nowMs: number): void {
    this.sends++;
    this.networkOperations++;
    this.sentBytes += bytes;
    if (bytes > this.maxSendBytes) this.maxSendBytes = bytes;
    this.inFlight++;
    this.requestEnds -= nowMs;
  }

  /** An answer to it came, `bytes` long with its length field. */
  answered(bytes: number): void {
    this.answers++;
    this.receivedBytes += bytes;
    if (this.maxThrottleMs < 0) this.maxThrottleMs = 0;
  }

  /** `requests` are out no more: answered, lost, or (acks=0) written. */
  requestsEnded(requests: number, nowMs: number): void {
    this.inFlight -= requests;
    this.requestEnds += requests * nowMs;
  }

  /** One append more waits for buffer.memory, or one less. */
  waitersChanged(by: 1 | -1, nowMs: number): void {
    this.waiting += by;
    this.waitEnds -= by * nowMs;
  }

  /** A socket is connected. */
  connectionCreated(): void {
    this.connectionsCreated++;
  }

  /** It is usable: negotiated, and authenticated if `secure`. */
  connectionOpened(secure: boolean): void {
    this.connectionsOpened++;
    if (secure) this.authentications++;
  }

  /** It broke, or never became usable. */
  connectionBroke(established: boolean): void {
    if (established) this.connectionsLost++;
    else this.connectionsFailed++;
  }

  /** Its socket is gone, whatever the reason. */
  connectionClosed(): void {
    this.connectionsClosed++;
  }

  /** A socket brought something. */
  socketRead(): void {
    this.networkOperations++;
  }

  /** `again`: of a connection that was authenticated before. */
  authenticationFailed(again: boolean): void {
    if (again) this.failedReauthentications++;
    else this.failedAuthentications++;
  }

  reauthenticated(ms: number): void {
    this.reauthentications++;
    this.reauthenticationMs += ms;
    if (ms > this.maxReauthenticationMs) this.maxReauthenticationMs = ms;
  }

  /** `recordsAppended` is the accumulator's: it counts per record. */
  totals(nowMs: number, recordsAppended: number): ProducerTotals {
    return {
      recordsAppended,
      recordsAcked: this.recordsAcked + 0,
      recordsFailed: this.recordsFailed + 0,
      recordErrors: this.recordErrors + 0,
      requests: this.requests + 0,
      batches: this.batches + 0,
      batchRecords: this.batchRecords + 0,
      batchBytes: this.batchBytes + 0,
      uncompressedBytes: this.uncompressedBytes + 0,
      compressionRates: this.compressionRates + 0,
      queueMs: this.queueMs + 0,
      largestRecordBytes: this.largestRecordBytes + 0,
      retries: this.retries + 0,
      recordRetries: this.recordRetries + 0,
      batchSplits: this.batchSplits + 0,
      produceAnswers: this.produceAnswers + 0,
      latencyMs: this.latencyMs + 0,
      requestMs: this.requestEnds + this.inFlight * nowMs,
      throttleMs: this.throttleMs + 0,
      bufferWaitMs: this.waitEnds + this.waiting * nowMs,
      bufferExhausted: this.bufferExhausted + 0,
      flushMs: this.flushMs + 0,
      metadataWaitMs: this.metadataWaitMs + 0,
      txnInitMs: this.txnInitMs + 0,
      txnBeginMs: this.txnBeginMs + 0,
      txnSendOffsetsMs: this.txnSendOffsetsMs + 0,
      txnCommitMs: this.txnCommitMs + 0,
      txnAbortMs: this.txnAbortMs + 0,
      connectionsCreated: this.connectionsCreated + 0,
      connectionsClosed: this.connectionsClosed + 0,
      connectionsOpened: this.connectionsOpened + 0,
      connectionsLost: this.connectionsLost + 0,
      connectionsFailed: this.connectionsFailed + 0,
      brokersWritten: this.brokersWritten + 0,
      leaderChanges: this.leaderChanges + 0,
      sends: this.sends + 0,
      sentBytes: this.sentBytes + 0,
      answers: this.answers + 0,
      receivedBytes: this.receivedBytes + 0,
      networkOperations: this.networkOperations + 0,
      authentications: this.authentications + 0,
      failedAuthentications: this.failedAuthentications + 0,
      reauthentications: this.reauthentications + 0,
      failedReauthentications: this.failedReauthentications + 0,
      reauthenticationMs: this.reauthenticationMs + 0,
    };
  }

  get maxima(): MetricMaxima {
    return {
      batchBytes: this.maxBatchBytes,
      queueMs: this.maxQueueMs,
      recordBytes: this.maxRecordBytes,
      latencyMs: this.maxLatencyMs,
      throttleMs: this.maxThrottleMs,
      sendBytes: this.maxSendBytes,
      reauthenticationMs: this.maxReauthenticationMs,
    };
  }

  /** The next maxima are those of what comes from now on. */
  resetMaxima(): void {
    this.maxBatchBytes = -Infinity;
    this.maxQueueMs = -Infinity;
    this.maxRecordBytes = -Infinity;
    this.maxLatencyMs = -Infinity;
    this.maxThrottleMs = -Infinity;
    this.maxSendBytes = -Infinity;
    this.maxReauthenticationMs = -Infinity;
  }
}
