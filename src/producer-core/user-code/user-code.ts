// The user's own code of one producer: partitioner, interceptors, serializers, from settings or
// from options. Made by core-producer.ts if there is any, loaded before it connects, closed after
// it. What a record goes through stands in user-append.ts and producer.ts.
import type { ProducerConfig } from '../config/config.js';
import { ProducerError } from '../errors.js';
import type { RecordHeader } from '../batching/batch-view.js';
import { loadModule, thrownText } from '../../connect/index.js';
import type { ProducerSettingValues } from '../../connect/security/index.js';
import { InterceptorChain } from './interceptor-chain.js';
import type {
  Partitioner,
  ProducerInterceptor,
  Serializer,
  TopicPartitions,
  UserCodeOptions,
  WarningHook,
} from './interfaces.js';
import { isRoundRobin } from '../config/module-names.js';
import { RoundRobinPartitioner } from './round-robin-partitioner.js';
import { builtInSerializer, keepsBytes } from './serializers.js';
import { PartitionerError, SerializationError } from './user-code-error.js';

type Names = Pick<
  ProducerConfig,
  'keySerializer' | 'valueSerializer' | 'partitionerClass' | 'interceptorClasses'
>;

/** `key.serializer` or `value.serializer`, as one producer has it. */
export interface SerializerInUse {
  readonly setting: 'key.serializer' | 'value.serializer';
  readonly serializer: Serializer;
  /** Bytes come out as they went in. */
  readonly keepsBytes: boolean;
  /** What else comes out is a new buffer each time, which nobody else writes into. */
  readonly builtIn: boolean;
}

export class UserCode {
  /** Null where the built-in choice (key hash, else sticky) holds. */
  partitioner: Partitioner | null = null;
  key: SerializerInUse | null = null;
  value: SerializerInUse | null = null;
  /**
   * Null where there are none. Known from the start, so that the producer can choose its way at
   * once; filled by load().
   */
  readonly interceptors: InterceptorChain | null;
  loaded = false;
  private readonly warn: WarningHook;

  /** Null where neither settings nor options name any. */
  static of(
    names: Names,
    settings: ProducerSettingValues,
    options: UserCodeOptions,
  ): UserCode | null {
    const any =
      names.keySerializer !== null ||
      names.valueSerializer !== null ||
      names.partitionerClass !== null ||
      names.interceptorClasses.length > 0 ||
      options.keySerializer !== undefined ||
      options.valueSerializer !== undefined ||
      options.partitioner !== undefined ||
      (options.interceptors?.length ?? 0) > 0;
    return any ? new UserCode(names, settings, options) : null;
  }

  private constructor(
    private readonly names: Names,
    private readonly settings: ProducerSettingValues,
    private readonly options: UserCodeOptions,
  ) {
    this.warn = options.onWarning ?? warnOnce();
    const intercepted = (options.interceptors?.length ?? names.interceptorClasses.length) > 0;
    this.interceptors = intercepted ? new InterceptorChain(this.warn) : null;
  }

  /** Throws ConfigError with setting, path and remedy. */
  async load(): Promise<void> {
    if (this.loaded) return;
    const { names, options, settings } = this;
    this.key = await this.loadSerializer(
      'key.serializer',
      names.keySerializer,
      options.keySerializer,
    );
    this.value = await this.loadSerializer(
      'value.serializer',
      names.valueSerializer,
      options.valueSerializer,
    );
    this.partitioner = options.partitioner ?? (await this.loadPartitioner());
    if (this.interceptors !== null) {
      this.interceptors.interceptors = options.interceptors ?? (await this.loadInterceptors());
      this.interceptors.configure(settings);
    }
    this.partitioner?.configure?.(settings);
    this.key?.serializer.configure?.(settings, true);
    this.value?.serializer.configure?.(settings, false);
    this.loaded = true;
  }

  private async loadSerializer(
    setting: SerializerInUse['setting'],
    name: string | null,
    given: Serializer | undefined,
  ): Promise<SerializerInUse | null> {
    if (given !== undefined)
      return { setting, serializer: given, keepsBytes: false, builtIn: false };
    if (name === null) return null;
    const builtIn = builtInSerializer(name);
    const serializer =
      builtIn ??
      (await loadModule<Serializer>(name, this.folder, {
        setting,
        kind: 'serializer',
        methods: ['serialize'],
      }));
    return { setting, serializer, keepsBytes: keepsBytes(name), builtIn: builtIn !== null };
  }

  private async loadPartitioner(): Promise<Partitioner | null> {
    const name = this.names.partitionerClass;
    if (name === null) return null;
    if (isRoundRobin(name)) return new RoundRobinPartitioner();
    return loadModule(name, this.folder, {
      setting: 'partitioner.class',
      kind: 'partitioner',
      methods: ['partition'],
    });
  }

  private async loadInterceptors(): Promise<ProducerInterceptor[]> {
    const made: ProducerInterceptor[] = [];
    for (const name of this.names.interceptorClasses) {
      made.push(
        await loadModule<ProducerInterceptor>(name, this.folder, {
          setting: 'interceptor.classes',
          kind: 'interceptor',
          methods: ['onSend', 'onAcknowledgement'],
        }),
      );
    }
    return made;
  }

  private get folder(): string {
    return this.options.modulesFrom ?? process.cwd();
  }

  /** The partitioner's choice. Throws PartitionerError. */
  choosePartition(
    partitioner: Partitioner,
    topic: TopicPartitions & { readonly name: string },
    key: Uint8Array | null,
    value: Uint8Array | null,
    keyData: unknown,
    valueData: unknown,
  ): number {
    let chosen: unknown;
    try {
      chosen = partitioner.partition(topic.name, key, value, topic, keyData, valueData);
    } catch (error) {
      throw new PartitionerError(
        `partitioner.class${this.told(this.names.partitionerClass)} threw: ${thrownText(error)}`,
        error,
      );
    }
    const { partitionCount } = topic;
    if (Number.isInteger(chosen) && (chosen as number) >= 0 && (chosen as number) < partitionCount)
      return chosen as number;
    throw new PartitionerError(
      `partitioner.class${this.told(this.names.partitionerClass)} chose ${String(chosen)} ` +
        `for a record of ${topic.name}, which has the partitions 0 to ${partitionCount - 1}`,
    );
  }

  private told(name: string | null): string {
    return name === null ? '' : ` ${name}`;
  }

  /** After the last outcome was told. Never throws. */
  close(): void {
    this.interceptors?.close();
    if (!this.loaded) return;
    const rest = [
      ['key.serializer', this.key?.serializer],
      ['value.serializer', this.value?.serializer],
      ['partitioner.class', this.partitioner],
    ] as const;
    for (const [setting, code] of rest) {
      try {
        code?.close?.();
      } catch (error) {
        this.warn(`${setting}: close failed`, error);
      }
    }
  }
}

/** Bytes of a key or value. Throws SerializationError. */
export function serialize(
  { serializer, setting }: SerializerInUse,
  topic: string,
  data: unknown,
  headers: readonly RecordHeader[] | null,
): Uint8Array | null {
  let bytes: unknown;
  try {
    bytes = serializer.serialize(topic, data ?? null, headers ?? []);
  } catch (error) {
    if (error instanceof ProducerError)
      throw new SerializationError(`${setting}: ${error.message}`, error);
    throw new SerializationError(`${setting} threw: ${thrownText(error)}`, error);
  }
  if (bytes === null || bytes instanceof Uint8Array) return bytes;
  const what = bytes instanceof Promise ? 'a promise, which is not waited for' : typeof bytes;
  throw new SerializationError(`${setting} returned ${what}; it must return a Uint8Array or null`);
}

/**
 * Node's own warning, once for each message, as the same fault would come back with every record.
 */
function warnOnce(): WarningHook {
  const told = new Set<string>();
  return (message, error) => {
    if (told.has(message)) return;
    told.add(message);
    process.emitWarning(`${message}: ${thrownText(error)} (told once)`, 'KbenchWarning');
  };
}
