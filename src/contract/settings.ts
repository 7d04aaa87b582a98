// The settings of one point, after YAML: what sweep hands to workloads and what results carry.
// Plain data, may cross threads.
import type { DriverSettings } from './driver.js';
import type { FaultSettings } from './faults.js';

/**
 * A value of a producer or topic setting after its unit was read: bytes and milliseconds are
 * numbers.
 */
export type Scalar = string | number | boolean;

/**
 * Producer settings under Java's own names (`batch.size`, `linger.ms`, ...), only what differs from
 * or restates the defaults.
 */
export type ProducerSettings = Readonly<Record<string, Scalar>>;

/**
 * How keys are chosen among `distinct` ones. `uniform`, `zipf`, `hot-set`: every key has `bytes`
 * bytes. `range` (in turn) and `random` (evenly) write plain decimal numbers, as
 * ProducerPerformance does. `zipf`: key k - 1 comes with a chance that falls as k ** -exponent.
 * `hot-set`: the first `hotKeys` keys get the share `hotTraffic` of the records. All but `uniform`
 * follow from the seed and the record's index alone, however many workers there are.
 */
export type KeySettings =
  | { readonly kind: 'none' }
  | { readonly kind: 'uniform'; readonly distinct: number; readonly bytes: number }
  | { readonly kind: 'range' | 'random'; readonly distinct: number }
  | {
      readonly kind: 'zipf';
      readonly distinct: number;
      readonly exponent: number;
      readonly bytes: number;
    }
  | {
      readonly kind: 'hot-set';
      readonly distinct: number;
      readonly hotKeys: number;
      readonly hotTraffic: number;
      readonly bytes: number;
    };

/** How many records or how long; exactly one of the two is not null. */
export interface Extent {
  readonly records: number | null;
  readonly durationMs: number | null;
}

/** How a payload file is cut into values. */
export type PayloadRecords = 'lines' | 'delimiter' | 'length-prefixed' | 'slices';

/** What stands before each record of a `length-prefixed` file: 4 bytes, or protobuf's varint. */
export type LengthPrefix = 'uint32be' | 'uint32le' | 'varint';

/** Where a record's key stands: a dotted path in its JSON, or a column (from 0, or by its name). */
export type PayloadKey = { readonly field: string } | { readonly column: string | number };

/** What a payload file held when the plan was made, so that two files are told apart. */
export interface PayloadContent {
  readonly fileBytes: number;
  /** Of the file, or of the sample: each value's length as uint32be, then its bytes. */
  readonly sha256: string;
  /** Values that are sent; of `fileRecords` where it is a sample. */
  readonly records: number;
  readonly fileRecords: number;
  /** The sample's seed; null: the whole file is used. */
  readonly sampleSeed: number | null;
  readonly minBytes: number;
  readonly meanBytes: number;
  readonly maxBytes: number;
  /** Empty lines or pieces, which are no records. */
  readonly emptyLeftOut: number;
  /** At the end, where slices do not come out even. */
  readonly bytesLeftOut: number;
  /** With a key field or column: values that have none, and are sent with a null key. */
  readonly withoutKey: number;
  /** Of the longest key; -1 without a key field or column. */
  readonly longestKeyBytes: number;
  /** Whether the first value is whole JSON; null where it does not begin like it. */
  readonly firstIsJson: boolean | null;
}

/** `file` is relative to the YAML's folder. */
export interface PayloadFile {
  readonly kind: 'file';
  readonly file: string;
  /** Left out in results of versions that knew slices only. */
  readonly records?: PayloadRecords;
  readonly delimiter?: string;
  readonly prefix?: LengthPrefix;
  /** Of a CSV file: whether its first record names the columns, and what parts them. */
  readonly header?: boolean;
  readonly separator?: string;
  readonly key?: PayloadKey;
  /** Record i is value i mod n, or a value drawn by the seed from i. */
  readonly order?: 'sequential' | 'random';
  /** A larger file is sampled down to so many bytes. */
  readonly sampleBytes?: number;
  readonly content?: PayloadContent;
}

/**
 * Where the bytes of values come from. `random` does not compress; `text` is made-up JSON events,
 * which compress about as application data does; `file` sends the records of a file.
 */
export type PayloadSettings = { readonly kind: 'random' } | { readonly kind: 'text' } | PayloadFile;

/**
 * Each worker ends a transaction after so many records; with the chance `abortRatio` (0 to 1) by an
 * abort.
 */
export interface TransactionSettings {
  readonly records: number;
  readonly abortRatio: number;
}

/**
 * `spin` never sleeps (finest, costs a core); `auto` sleeps in steps of about 50 us between due
 * times.
 */
export type Pacing = 'auto' | 'spin';

/**
 * Whether an open loop tells the thread that a Java application has beside its producer's sender
 * (workloads/java-timing), so that batches come out as they do there.
 */
export type Timing = 'java' | 'none';

export interface WorkloadSettings extends Extent {
  /** Bytes of each record's value; null: a payload file's records have their own sizes. */
  readonly valueBytes: number | null;
  readonly payload: PayloadSettings;
  readonly keys: KeySettings;
  /**
   * Records a second over all workers (open loop), or `max` (closed loop: as fast as buffer.memory
   * lets in).
   */
  readonly rate: 'max' | number;
  /** Sent before and drained before the measured part starts; both null for no warm-up. */
  readonly warmup: Extent;
  readonly workers: number;
  readonly pacing: Pacing;
  /** Absent: `java`, as in results of versions that knew no other. */
  readonly timing?: 'none';
  /** Null: records are sent outside of transactions. */
  readonly transaction: TransactionSettings | null;
  /**
   * Every value begins with a stamp of 16 bytes, and the log is read back after the run. Left out
   * where it is not: results of older versions stay the same settings.
   */
  readonly audit?: true;
}

/** A topic made for the run and deleted after it, or an existing one that is never altered. */
export type TopicSettings =
  | {
      readonly kind: 'fresh';
      readonly partitions: number;
      readonly replicationFactor: number;
      readonly config: Readonly<Record<string, Scalar>>;
    }
  | { readonly kind: 'existing'; readonly name: string };

/** Fetch and isolation settings of a consumer under Java's names; left out: Java's defaults. */
export type ConsumerProperties = Readonly<Record<string, Scalar>>;

interface Consuming {
  /** After the measured part's begin; until then a backlog builds up. Left out: from the first. */
  readonly startAfterMs?: number;
  readonly properties: ConsumerProperties;
}

/** kbench's own reader of all partitions, in the process that produces. */
export interface ReaderSettings extends Consuming {
  readonly kind: 'reader';
}

/** `groups` of `members` each, which share the partitions of their group; each is a process. */
export interface GroupSettings extends Consuming {
  readonly kind: 'group';
  readonly driver: GroupDriver;
  readonly groups: number;
  readonly members: number;
}

export type GroupDriver = 'kafkajs' | 'java';

/** Who reads what a run produces, while it does. */
export type ConsumerSettings = ReaderSettings | GroupSettings;

/** One point of a sweep, complete. */
export interface PointSettings {
  readonly driver: DriverSettings;
  /**
   * So many processes or machines, each with `workload.workers`; left out: this process alone, as
   * in results of older versions.
   */
  readonly agents?: number;
  readonly producer: ProducerSettings;
  readonly topic: TopicSettings;
  readonly workload: WorkloadSettings;
  /** Left out where nothing consumes. */
  readonly consumers?: ConsumerSettings;
  /** In order of time; left out where nothing is broken on purpose. */
  readonly faults?: readonly FaultSettings[];
  /** Its cluster, where points have clusters of their own; left out: the sweep's. */
  readonly target?: KafkaTargetSettings;
}

/**
 * TLS and SASL under Java's own names (`security.protocol`, `sasl.jaas.config`, ...), as text.
 * Secrets are references to them (`${env:NAME}`, `${file:PATH}`, `${properties:PATH:KEY}`),
 * resolved only by who connects.
 */
export type SecuritySettings = Readonly<Record<string, string>>;

/** Where the records go. */
export type TargetSettings =
  | { readonly kind: 'embedded'; readonly brokers: number; readonly replicationDelayMs: number }
  | {
      readonly kind: 'external';
      readonly bootstrap: readonly string[];
      /** Left out: PLAINTEXT. */
      readonly security?: SecuritySettings;
      /** The file of settings that some of it comes from, as the YAML names it. */
      readonly properties?: string;
    }
  | KafkaTargetSettings;

/** Apache Kafka that kbench starts on this machine. What is left out has its default. */
export interface KafkaTargetSettings {
  readonly kind: 'kafka';
  readonly version: string;
  readonly brokers: number;
  /** Default KRaft. */
  readonly mode?: 'zookeeper';
  /** With ZooKeeper; default 1. */
  readonly zookeepers?: number;
  /** Of clients; default plaintext. */
  readonly security?: 'tls' | 'sasl';
  /** Each broker has a rack of its own. */
  readonly racks?: true;
  /** Settings of every broker under Kafka's own names, in the order of their names. */
  readonly brokerConfig?: Readonly<Record<string, Scalar>>;
}
