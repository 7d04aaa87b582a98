// What an audited point cannot be: values without room for a stamp, or whose bytes somebody reads.
// Called by rules.ts for every point, and by plan-warnings.
import type { PointSettings } from '../../contract/settings.js';
import { isModulePath } from '../../connect/index.js';
import { formatBytes } from '../../base/units.js';
import { MOST_WORKERS, STAMP_BYTES } from '../../workloads/audit/stamp.js';
import type { Broken } from './broken-rule.js';
import { workersInAll } from './point-settings.js';

const AUDIT = 'workload.audit';
const SERIALIZER = 'value.serializer';
const SCHEMA_VALIDATION = 'confluent.value.schema.validation';
const CLEANUP = 'cleanup.policy';
const WITHOUT = 'or leave workload.audit out';
const STAMP = `an audit writes a stamp of ${STAMP_BYTES} bytes over the beginning of each value`;

export function auditRules(settings: PointSettings): Broken[] {
  if (settings.workload.audit !== true) return [];
  return [
    ...tooShort(settings),
    ...readByOthers(settings),
    ...compacted(settings),
    ...tooMany(settings),
  ];
}

function tooMany(settings: PointSettings): Broken[] {
  const workers = workersInAll(settings);
  if (workers <= MOST_WORKERS) return [];
  return [
    {
      rule: 'audit-workers',
      message:
        `${workers} workers (${settings.agents ?? 1} agents x ${settings.workload.workers}) are ` +
        `more than the ${MOST_WORKERS} that an audit’s stamps can tell apart`,
      remedy: `use fewer agents or workload.workers, ${WITHOUT}`,
      involved: ['agents', 'workload.workers', AUDIT],
    },
  ];
}

function tooShort({ workload: { valueBytes, payload } }: PointSettings): Broken[] {
  if (valueBytes !== null && valueBytes < STAMP_BYTES) {
    return [
      {
        rule: 'audit-stamp',
        message: `workload.valueBytes is ${formatBytes(valueBytes)}, and ${STAMP}`,
        remedy: `raise workload.valueBytes to ${formatBytes(STAMP_BYTES)} or more, ${WITHOUT}`,
        involved: ['workload.valueBytes', AUDIT],
      },
    ];
  }
  if (payload.kind !== 'file' || valueBytes !== null) return [];
  const least = payload.content?.minBytes ?? STAMP_BYTES;
  if (least >= STAMP_BYTES) return [];
  return [
    {
      rule: 'audit-stamp',
      message: `the shortest record of ${payload.file} has ${least} bytes, and ${STAMP}`,
      remedy: `take records below ${STAMP_BYTES} bytes out of the file, ${WITHOUT}`,
      involved: ['workload.payload', AUDIT],
    },
  ];
}

/** Values that must stay as they are, since code reads or makes them on the way. */
function readByOthers({ producer, topic }: PointSettings): Broken[] {
  const broken: Broken[] = [];
  const serializer = producer[SERIALIZER];
  if (typeof serializer === 'string' && isModulePath(serializer)) {
    broken.push({
      rule: 'audit-serializer',
      message:
        `value.serializer is ${serializer}, whose values must stay as it makes them, ` +
        `and ${STAMP}`,
      remedy: `leave value.serializer out, ${WITHOUT}`,
      involved: [SERIALIZER, AUDIT],
    });
  }
  if (topic.kind === 'fresh' && String(topic.config[SCHEMA_VALIDATION] ?? false) === 'true') {
    broken.push({
      rule: 'audit-schema-validation',
      message: `${SCHEMA_VALIDATION} has brokers read the values, and ${STAMP}`,
      remedy: `leave it out, ${WITHOUT}`,
      involved: [`topic.config.${SCHEMA_VALIDATION}`, AUDIT],
    });
  }
  return broken;
}

function compacted({ topic }: PointSettings): Broken[] {
  if (topic.kind !== 'fresh') return [];
  const policy = String(topic.config[CLEANUP] ?? 'delete');
  if (!policy.split(',').some((each) => each.trim() === 'compact')) return [];
  return [
    {
      rule: 'audit-compaction',
      message: `cleanup.policy is ${policy}: compaction deletes records that an audit then misses`,
      remedy: `leave cleanup.policy out, ${WITHOUT}`,
      involved: [`topic.config.${CLEANUP}`, AUDIT],
    },
  ];
}
