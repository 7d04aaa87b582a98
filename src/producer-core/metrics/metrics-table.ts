// Java's producer metrics: each name with the total, maximum or gauge that it is made of and what
// it means. One table for the values, their merging and the documentation. Definitions follow Kafka
// 4.3's SenderMetricsRegistry, Sender.SenderMetrics, BufferPool, KafkaProducerMetrics and
// Selector.SelectorMetrics. Called by metrics.ts. Java's per-topic and per-node metrics are not
// among them, nor the select, io-wait, io-time and iotime ones of its network thread: here is none.
import type { MetricGauges, MetricMaxima, ProducerTotals } from './metric-counters.js';

/**
 * How a value is made. Java's averages, maxima and rates cover samples of the last 30 s or so; here
 * they cover the window asked for.
 */
export type MetricMaking =
  /** A total over the number of its parts; none without parts. */
  | {
      readonly is: 'average';
      readonly of: keyof ProducerTotals;
      readonly per: keyof ProducerTotals;
    }
  /** A total over the window's seconds. */
  | { readonly is: 'rate'; readonly of: keyof ProducerTotals }
  | { readonly is: 'total'; readonly of: keyof ProducerTotals }
  /** A total of milliseconds, told in nanoseconds. */
  | { readonly is: 'nanoseconds'; readonly of: keyof ProducerTotals }
  /**
   * A total of milliseconds over the window's: the share of time (mean over producers), or the mean
   * number under way (sum over producers).
   */
  | { readonly is: 'share' | 'number'; readonly of: keyof ProducerTotals }
  | { readonly is: 'maximum'; readonly of: keyof MetricMaxima }
  | { readonly is: 'gauge'; readonly of: keyof MetricGauges };

export type MetricRow = MetricMaking & {
  readonly name: string;
  /** In intervals of a result, too. */
  readonly perInterval: boolean;
  readonly definition: string;
};

const average = (of: keyof ProducerTotals, per: keyof ProducerTotals): MetricMaking => ({
  is: 'average',
  of,
  per,
});
const maximum = (of: keyof MetricMaxima): MetricMaking => ({ is: 'maximum', of });
const gauge = (of: keyof MetricGauges): MetricMaking => ({ is: 'gauge', of });

function row(name: string, making: MetricMaking, definition: string): MetricRow {
  return { ...making, name, definition, perInterval: PER_INTERVAL.has(name) };
}

/** Java's Meter: `-rate` a second and `-total` of the same. */
function meter(name: string, of: keyof ProducerTotals, definition: string): MetricRow[] {
  return [
    row(`${name}-rate`, { is: 'rate', of }, `${definition}, a second`),
    row(`${name}-total`, { is: 'total', of }, definition),
  ];
}

function timeTotal(name: string, of: keyof ProducerTotals, definition: string): MetricRow {
  return row(`${name}-time-ns-total`, { is: 'nanoseconds', of }, `Nanoseconds spent ${definition}`);
}

const PER_INTERVAL = new Set([
  'batch-size-avg',
  'compression-rate-avg',
  'record-queue-time-avg',
  'record-queue-time-max',
  'request-latency-avg',
  'request-latency-max',
  'records-per-request-avg',
  'record-send-rate',
  'record-retry-rate',
  'record-error-rate',
  'produce-throttle-time-avg',
  'requests-in-flight',
  'bufferpool-wait-ratio',
  'buffer-available-bytes',
  'request-rate',
  'outgoing-byte-rate',
]);

export const METRICS: readonly MetricRow[] = [
  // SenderMetrics.updateProduceRequestMetrics: at each drain, retries again.
  row(
    'batch-size-avg',
    average('batchBytes', 'batches'),
    'Bytes of a batch as sent, header included, at its drain',
  ),
  row('batch-size-max', maximum('batchBytes'), 'Largest of them'),
  row(
    'compression-rate-avg',
    average('compressionRates', 'batches'),
    'Mean over batches of record bytes as sent / record bytes before compression, ' +
      'batch headers left out; 1 without a codec',
  ),
  row(
    'record-queue-time-avg',
    average('queueMs', 'batches'),
    "Milliseconds from a batch's making to its drain",
  ),
  row('record-queue-time-max', maximum('queueMs'), 'Longest of them'),
  row(
    'records-per-request-avg',
    average('batchRecords', 'requests'),
    'Records drained for one node at once: those of one produce request',
  ),
  ...meter('record-send', 'batchRecords', 'Records drained into produce requests, retries again'),
  row(
    'record-size-avg',
    average('largestRecordBytes', 'batches'),
    "Mean over batches of the upper bound of the batch's largest record: " +
      '61 bytes batch header, 21 record overhead, key, value, headers',
  ),
  row('record-size-max', maximum('recordBytes'), 'Largest of them'),
  // SenderMetrics.recordLatency, recordRetries, recordErrors, recordBatchSplit; NetworkClient's
  // throttle sensor.
  row(
    'request-latency-avg',
    average('latencyMs', 'produceAnswers'),
    'Milliseconds from the drain of a produce request to its answer; ' +
      'lost requests and acks=0 have none',
  ),
  row('request-latency-max', maximum('latencyMs'), 'Longest of them'),
  row(
    'produce-throttle-time-avg',
    average('throttleMs', 'answers'),
    'throttle_time_ms over the answers of every API, as Java records it, 0 included',
  ),
  row('produce-throttle-time-max', maximum('throttleMs'), 'Longest of them'),
  ...meter('record-retry', 'recordRetries', 'Records of batches queued again; a split is no retry'),
  ...meter(
    'record-error',
    'recordErrors',
    'Records of failed and expired batches, and records refused for good at send',
  ),
  ...meter('batch-split', 'batchSplits', 'Batches split after MESSAGE_TOO_LARGE'),
  row(
    'requests-in-flight',
    { is: 'number', of: 'requestMs' },
    'Requests of every API that await their answer: ' +
      'the number now in metrics(), the mean over the window in results',
  ),
  row('metadata-age', gauge('metadataAgeSeconds'), 'Seconds since the last metadata answer'),
  // RecordAccumulator, BufferPool.
  row('waiting-threads', gauge('waitingThreads'), 'Appenders that wait for buffer.memory'),
  row('buffer-total-bytes', gauge('bufferTotalBytes'), 'buffer.memory'),
  row(
    'buffer-available-bytes',
    gauge('bufferAvailableBytes'),
    'Bytes of it not in use, pooled or not',
  ),
  row(
    'bufferpool-wait-ratio',
    { is: 'share', of: 'bufferWaitMs' },
    'Share of time in which appends waited for memory',
  ),
  timeTotal('bufferpool-wait', 'bufferWaitMs', 'by appends waiting for memory'),
  ...meter(
    'buffer-exhausted',
    'bufferExhausted',
    'Records refused after max.block.ms without memory',
  ),
  // KafkaProducerMetrics.
  timeTotal('flush', 'flushMs', 'in flush()'),
  timeTotal('metadata-wait', 'metadataWaitMs', "waiting for a topic's metadata, where it came"),
  timeTotal('txn-init', 'txnInitMs', 'in initTransactions() that succeeded'),
  timeTotal('txn-begin', 'txnBeginMs', 'in beginTransaction()'),
  timeTotal('txn-send-offsets', 'txnSendOffsetsMs', 'in sendOffsetsToTransaction() that succeeded'),
  timeTotal('txn-commit', 'txnCommitMs', 'in commitTransaction() that succeeded'),
  timeTotal('txn-abort', 'txnAbortMs', 'in abortTransaction() that succeeded'),
  // SelectorMetrics. SASL's own requests are counted too, which Java leaves out.
  row('connection-count', gauge('connectionCount'), 'Connections, those being set up included'),
  ...meter('connection-creation', 'connectionsCreated', 'Sockets connected'),
  ...meter('connection-close', 'connectionsClosed', 'Connections ended, failed attempts included'),
  ...meter('request', 'sends', 'Requests handed to the socket (Java: written out)'),
  row(
    'request-size-avg',
    average('sentBytes', 'sends'),
    'Bytes of a request, its length field included',
  ),
  row('request-size-max', maximum('sendBytes'), 'Largest of them'),
  ...meter('outgoing-byte', 'sentBytes', 'Bytes of requests, before TLS'),
  ...meter('response', 'answers', 'Answers received'),
  ...meter('incoming-byte', 'receivedBytes', 'Bytes of answers, length fields included, after TLS'),
  ...meter('network-io', 'networkOperations', 'Requests written and socket reads'),
  ...meter(
    'successful-authentication',
    'authentications',
    'Connections past their TLS or SASL handshake',
  ),
  ...meter('failed-authentication', 'failedAuthentications', 'Connections that failed in it'),
  ...meter('successful-reauthentication', 'reauthentications', 'Re-authentications (KIP-368)'),
  ...meter('failed-reauthentication', 'failedReauthentications', 'Re-authentications that failed'),
  row(
    'reauthentication-latency-avg',
    average('reauthenticationMs', 'reauthentications'),
    'Milliseconds of one',
  ),
  row('reauthentication-latency-max', maximum('reauthenticationMs'), 'Longest of them'),
];
