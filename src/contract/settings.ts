// The settings of one point, after YAML: what sweep hands to workloads and what results carry. Plain data, may cross threads.

/** A value of a producer or topic setting after its unit was read: bytes and milliseconds are numbers. */
export type Scalar = string | number | boolean;

/** Producer settings under Java's own names (`batch.size`, `linger.ms`, ...), only what differs from or restates the defaults. */
export type ProducerSettings = Readonly<Record<string, Scalar>>;

/**
 * How keys are chosen among `distinct` ones. `uniform`, `zipf`, `hot-set`: every key has `bytes` bytes.
 * `range` (in turn) and `random` (evenly) write plain decimal numbers, as ProducerPerformance does.
 * `zipf`: key k - 1 comes with a chance that falls as k ** -exponent. `hot-set`: the first
 * `hotKeys` keys get the share `hotTraffic` of the records. All but `uniform` follow from the
 * seed and the record's index alone, however many workers there are.
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

/**
 * Where the bytes of values come from. `random` does not compress; `text` is made-up JSON events, which compress about as application data
 * does; `file` cuts a file's bytes into values, read relative to the working directory.
 */
export type PayloadSettings =
  { readonly kind: 'random' } | { readonly kind: 'text' } | { readonly kind: 'file'; readonly file: string };

/** Each worker ends a transaction after so many records; with the chance `abortRatio` (0 to 1) by an abort. */
export interface TransactionSettings {
  readonly records: number;
  readonly abortRatio: number;
}

/** `spin` never sleeps (finest, costs a core); `auto` sleeps in steps of about 50 us between due times. */
export type Pacing = 'auto' | 'spin';

export interface WorkloadSettings extends Extent {
  /** Bytes of each record's value. */
  readonly valueBytes: number;
  readonly payload: PayloadSettings;
  readonly keys: KeySettings;
  /** Records a second over all workers (open loop), or `max` (closed loop: as fast as buffer.memory lets in). */
  readonly rate: 'max' | number;
  /** Sent before and drained before the measured part starts; both null for no warm-up. */
  readonly warmup: Extent;
  readonly workers: number;
  readonly pacing: Pacing;
  /** Null: records are sent outside of transactions. */
  readonly transaction: TransactionSettings | null;
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

export type DriverName = 'core';

/** One point of a sweep, complete. */
export interface PointSettings {
  readonly driver: DriverName;
  readonly producer: ProducerSettings;
  readonly topic: TopicSettings;
  readonly workload: WorkloadSettings;
}

/**
 * TLS and SASL under Java's own names (`security.protocol`, `sasl.jaas.config`, ...), as text. Secrets are references to them
 * (`${env:NAME}`, `${file:PATH}`), resolved only by who connects.
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
    }
  | { readonly kind: 'kafka'; readonly version: string; readonly brokers: number };
