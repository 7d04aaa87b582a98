// CoreProducer as users of the library have it: every argument checked once a call, then
// core-producer.ts. kbench's own generators append to that one directly, so that the checks cost
// them nothing.
import {
  checkFunction,
  checkNames,
  checkNoArguments,
  checkText,
  checkTimeout,
  checkWhole,
  described,
} from './argument-checks.js';
import {
  CoreProducer as InnerCore,
  type CoreProducerOptions as InnerOptions,
} from './core-producer.js';
import { IllegalArgumentError, type ProducerError } from '../errors.js';
import { takeHeaders } from './header-input.js';
import type {
  BatchView,
  ConsumerGroupMetadata,
  OffsetToCommit,
  RecordHeader,
  TopicHandle,
} from '../producer-api.js';
import type { ProducerSettings } from '../config/producer-settings.js';
import { TopicState } from '../batching/topic-state.js';
import { InvalidRecordError } from '../user-code/user-code-error.js';

export interface CoreProducerOptions extends Omit<InnerOptions, 'settings'> {
  /** Java's settings by their own names. */
  readonly settings: ProducerSettings;
}

const CODE_OPTIONS = [
  'partitioner',
  'interceptors',
  'keySerializer',
  'valueSerializer',
  'onWarning',
  'modulesFrom',
];
const WORLD_OPTIONS = ['hooks', 'clock', 'network', 'random', 'poison'];
/** Of Producer, which takes the settings apart. */
export const PRODUCER_OPTIONS: readonly string[] = [...CODE_OPTIONS, ...WORLD_OPTIONS];
const CORE_OPTIONS: readonly string[] = ['settings', ...PRODUCER_OPTIONS, 'trackRecords'];

/** The methods that an option's object must have. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  partitioner: ['partition'],
  keySerializer: ['serialize'],
  valueSerializer: ['serialize'],
  hooks: ['onBatchDone'],
};

/** Throws IllegalArgumentError. */
export function checkOptions(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new IllegalArgumentError(`${what}: the options are ${described(options)}, not an object`);
  }
  checkNames(what, options, known);
  const given = options as Readonly<Record<string, unknown>>;
  for (const [name, methods] of Object.entries(METHODS)) {
    if (given[name] === undefined) continue;
    const has = (method: string) =>
      typeof (given[name] as Record<string, unknown> | null)?.[method] === 'function';
    if (methods.every(has)) continue;
    throw new IllegalArgumentError(
      `${what}: ${name} is ${described(given[name])} without a method ${methods[0]}`,
    );
  }
  if (given['interceptors'] !== undefined && !Array.isArray(given['interceptors'])) {
    throw new IllegalArgumentError(
      `${what}: interceptors is ${described(given['interceptors'])}, not an array`,
    );
  }
  for (const name of ['onWarning', 'random']) {
    if (given[name] !== undefined) checkFunction(`${what}: ${name}`, given[name]);
  }
  if (given['modulesFrom'] !== undefined) checkText(`${what}: modulesFrom`, given['modulesFrom']);
}

/**
 * A consumer group and its offsets, as sendOffsetsToTransaction takes them. Throws
 * IllegalArgumentError.
 */
function checkOffsets(offsets: unknown, group: unknown): void {
  const what = 'sendOffsetsToTransaction';
  if (!Array.isArray(offsets)) {
    throw new IllegalArgumentError(
      `${what}: the offsets are ${described(offsets)}; ` +
        'they must be a list of { topic, partition, offset }',
    );
  }
  for (const [i, each] of (offsets as unknown[]).entries())
    checkOffset(`${what}: offsets[${i}]`, each);
  if (typeof group !== 'object' || group === null) {
    throw new IllegalArgumentError(
      `${what}: the group is ${described(group)}; ` +
        'it must be an object { groupId, generationId, memberId }',
    );
  }
  checkNames(`${what}: group`, group, ['groupId', 'generationId', 'memberId', 'groupInstanceId']);
  const { groupId, generationId, memberId, groupInstanceId } = group as Record<string, unknown>;
  checkText(`${what}: group.groupId`, groupId);
  if (generationId !== undefined)
    checkWhole(`${what}: group.generationId`, generationId, -1, 2_147_483_647);
  if (memberId !== undefined) checkText(`${what}: group.memberId`, memberId);
  if (groupInstanceId != null) checkText(`${what}: group.groupInstanceId`, groupInstanceId);
}

function checkOffset(what: string, each: unknown): void {
  if (typeof each !== 'object' || each === null) {
    throw new IllegalArgumentError(
      `${what} is ${described(each)}; it must be { topic, partition, offset }`,
    );
  }
  checkNames(what, each, ['topic', 'partition', 'offset', 'leaderEpoch', 'metadata']);
  const { topic, partition, offset, leaderEpoch, metadata } = each as Record<string, unknown>;
  checkText(`${what}.topic`, topic);
  checkWhole(`${what}.partition`, partition, 0, 2_147_483_647);
  checkWhole(`${what}.offset`, offset, 0);
  if (leaderEpoch !== undefined) checkWhole(`${what}.leaderEpoch`, leaderEpoch, -1, 2_147_483_647);
  if (metadata !== undefined) checkText(`${what}.metadata`, metadata);
}

function checkBytes(what: string, data: unknown): void {
  if (data === null || data instanceof Uint8Array) return;
  throw new InvalidRecordError(
    `append: ${what} is ${described(data)}; it must be a Uint8Array (Buffer) or null`,
  );
}

export class CoreProducer extends InnerCore {
  /**
   * Throws IllegalArgumentError, and ConfigError on settings that Java's producer would refuse.
   * Connects to nothing yet.
   */
  constructor(options: CoreProducerOptions) {
    checkOptions('new CoreProducer', options, CORE_OPTIONS);
    if ((options as Partial<CoreProducerOptions>).hooks === undefined) {
      throw new IllegalArgumentError(
        'new CoreProducer: hooks is missing: { onBatchDone(batch, error) { ... } }',
      );
    }
    super(options);
  }

  override async topicWith(name: string, partition: number, maxMs: number): Promise<TopicState> {
    checkText('topic: the name', name);
    return super.topicWith(name, partition, maxMs);
  }

  override append(
    topic: TopicHandle,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    nowMs: number,
    headers: readonly RecordHeader[] | null = null,
  ): BatchView | null {
    if (!(topic instanceof TopicState)) {
      throw new InvalidRecordError(
        `append: topic is ${described(topic)}; it must be what await topic(name) gave`,
      );
    }
    if (!Number.isInteger(partition) || partition < -1) {
      throw new InvalidRecordError(
        `append: partition is ${described(partition)}; it must be a whole number from 0, or -1`,
      );
    }
    checkBytes('key', key);
    checkBytes('value', value);
    if (!Number.isSafeInteger(timestampMs) || timestampMs < 0) {
      const got = described(timestampMs);
      throw new InvalidRecordError(
        `append: timestampMs is ${got}; it must be whole milliseconds since 1970`,
      );
    }
    if (!Number.isFinite(nowMs)) {
      throw new InvalidRecordError(
        `append: nowMs is ${described(nowMs)}; it must be performance.now()`,
      );
    }
    const taken = headers == null ? null : takeHeaders(headers, 'append: ');
    return super.append(topic, partition, key, value, timestampMs, nowMs, taken);
  }

  override awaitMemory(callback: (error: ProducerError | null) => void): void {
    checkFunction('awaitMemory: the call back', callback);
    super.awaitMemory(callback);
  }

  override async flush(...none: readonly never[]): Promise<void> {
    checkNoArguments(
      'flush',
      none,
      'it lasts until every record has its outcome (delivery.timeout.ms)',
    );
    await super.flush();
  }

  override async sendOffsetsToTransaction(
    offsets: readonly OffsetToCommit[],
    group: ConsumerGroupMetadata,
  ): Promise<void> {
    checkOffsets(offsets, group);
    await super.sendOffsetsToTransaction(offsets, group);
  }

  /** Rejects with IllegalArgumentError, and with nothing else. */
  override async close(timeoutMs = Infinity): Promise<void> {
    checkTimeout(timeoutMs);
    await super.close(timeoutMs);
  }
}
