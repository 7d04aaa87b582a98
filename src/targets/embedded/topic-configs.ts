// The topic settings that CreateTopics takes: which the embedded cluster acts on, which it only
// remembers, which it refuses because a client would see the difference. Called by
// cluster-topics.ts and describe-configs.ts; must never accept what it would silently not do.
import type { Refusal } from './log/batch.js';
import { ERROR } from '../../wire/error-codes.js';

type Kind = 'boolean' | 'int' | 'long' | 'double' | 'string' | 'list';

interface Rule {
  readonly fallback: string;
  readonly kind: Kind;
  /** The only value that does here what it does in Kafka. */
  readonly only?: string;
  readonly least?: number;
}

const rule = (kind: Kind, fallback: string, more: Partial<Rule> = {}): Rule => ({
  kind,
  fallback,
  ...more,
});

/**
 * Names and defaults of org.apache.kafka.common.config.TopicConfig. Numbers without effect: the
 * ring is smaller than any segment.
 */
const RULES: Readonly<Record<string, Rule>> = {
  // Acted on.
  'max.message.bytes': rule('int', '1048588', { least: 0 }),
  'min.insync.replicas': rule('int', '1', { least: 1 }),
  'retention.bytes': rule('long', '-1', { least: -1 }),
  // Refused unless they ask for what happens anyway.
  'cleanup.policy': rule('list', 'delete', { only: 'delete' }),
  'compression.type': rule('string', 'producer', { only: 'producer' }),
  'message.timestamp.type': rule('string', 'CreateTime', { only: 'CreateTime' }),
  'remote.storage.enable': rule('boolean', 'false', { only: 'false' }),
  // Remembered.
  'compression.gzip.level': rule('int', '-1'),
  'compression.lz4.level': rule('int', '9'),
  'compression.zstd.level': rule('int', '3'),
  'delete.retention.ms': rule('long', '86400000'),
  'file.delete.delay.ms': rule('long', '60000'),
  'flush.messages': rule('long', '9223372036854775807'),
  'flush.ms': rule('long', '9223372036854775807'),
  'index.interval.bytes': rule('int', '4096'),
  'local.retention.bytes': rule('long', '-2'),
  'local.retention.ms': rule('long', '-2'),
  'max.compaction.lag.ms': rule('long', '9223372036854775807'),
  'message.timestamp.after.max.ms': rule('long', '3600000'),
  'message.timestamp.before.max.ms': rule('long', '9223372036854775807'),
  'min.cleanable.dirty.ratio': rule('double', '0.5'),
  'min.compaction.lag.ms': rule('long', '0'),
  preallocate: rule('boolean', 'false'),
  'retention.ms': rule('long', '604800000'),
  'segment.bytes': rule('int', '1073741824'),
  'segment.index.bytes': rule('int', '10485760'),
  'segment.jitter.ms': rule('long', '0'),
  'segment.ms': rule('long', '604800000'),
  'unclean.leader.election.enable': rule('boolean', 'false'),
};

/** ConfigDef.Type as DescribeConfigs numbers it. */
const TYPE_NUMBER: Readonly<Record<Kind, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
};

export interface TopicConfigEntry {
  readonly name: string;
  readonly value: string;
  readonly isDefault: boolean;
  readonly type: number;
}

export class TopicConfigs {
  /** Bytes of the largest batch, header included. */
  readonly maxMessageBytes: number;
  readonly minInsyncReplicas: number;
  /** Bytes; -1 for no limit of its own. */
  readonly retentionBytes: number;

  constructor(private readonly given: ReadonlyMap<string, string>) {
    this.maxMessageBytes = Number(this.value('max.message.bytes'));
    this.minInsyncReplicas = Number(this.value('min.insync.replicas'));
    this.retentionBytes = Number(this.value('retention.bytes'));
  }

  entries(): TopicConfigEntry[] {
    return Object.entries(RULES).map(([name, { kind }]) => ({
      name,
      value: this.value(name),
      isDefault: !this.given.has(name),
      type: TYPE_NUMBER[kind],
    }));
  }

  private value(name: string): string {
    return this.given.get(name) ?? RULES[name].fallback;
  }
}

/**
 * Reads a topic's settings; a refusal (40) names the first that can't be taken. A null value asks
 * for the default.
 */
export function readTopicConfigs(
  configs: readonly { readonly name: string; readonly value: string | null }[],
): TopicConfigs | Refusal {
  const given = new Map<string, string>();
  for (const { name, value } of configs) {
    const found = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
    if (found === undefined)
      return { code: ERROR.INVALID_CONFIG, message: `Unknown topic config name: ${name}` };
    if (value === null) continue;
    if (!fits(found, value)) {
      return {
        code: ERROR.INVALID_CONFIG,
        message: `Invalid value ${value} for configuration ${name}`,
      };
    }
    if (found.only !== undefined && value !== found.only) {
      return {
        code: ERROR.INVALID_CONFIG,
        message: `the embedded cluster only knows ${name}=${found.only}, not ${value}`,
      };
    }
    given.set(name, value);
  }
  return new TopicConfigs(given);
}

function fits({ kind, least = -Infinity }: Rule, value: string): boolean {
  switch (kind) {
    case 'boolean':
      return /^(true|false)$/i.test(value);
    case 'int':
      return (
        /^-?\d{1,10}$/.test(value) &&
        Math.abs(Number(value)) <= 2_147_483_647 &&
        Number(value) >= least
      );
    case 'long':
      return /^-?\d{1,19}$/.test(value) && Number(value) >= least;
    case 'double':
      return value.trim() !== '' && Number.isFinite(Number(value));
    case 'string':
    case 'list':
      return true;
  }
}
