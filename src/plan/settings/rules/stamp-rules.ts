// What a point whose values are stamped cannot be: values without room for a stamp, or whose bytes
// somebody reads. Called for audits (audit-rules) and for consumers (consumer-rules).
import { formatBytes } from '../../../base/units.js';
import { isModulePath } from '../../../connect/index.js';
import type { PointSettings } from '../../../contract/settings.js';
import { STAMP_BYTES } from '../../../workloads/audit/stamp.js';
import type { Broken } from './broken-rule.js';

/** For whom values are stamped. */
export interface StampedFor {
  /** What the names of its rules begin with. */
  readonly rule: string;
  /** The setting that asks for it. */
  readonly path: string;
  /** `an audit writes`: said before what is written. */
  readonly writes: string;
}

const SERIALIZER = 'value.serializer';
const SCHEMA_VALIDATION = 'confluent.value.schema.validation';

export function stampRules(settings: PointSettings, who: StampedFor): Broken[] {
  return [...tooShort(settings, who), ...readByOthers(settings, who)];
}

const stampText = ({ writes }: StampedFor): string =>
  `${writes} a stamp of ${STAMP_BYTES} bytes over the beginning of each value`;
const without = ({ path }: StampedFor): string => `or leave ${path} out`;

function tooShort({ workload: { valueBytes, payload } }: PointSettings, who: StampedFor): Broken[] {
  const rule = `${who.rule}-stamp`;
  if (valueBytes !== null && valueBytes < STAMP_BYTES) {
    const raise = `raise workload.valueBytes to ${formatBytes(STAMP_BYTES)} or more`;
    return [
      {
        rule,
        message: `workload.valueBytes is ${formatBytes(valueBytes)}, and ${stampText(who)}`,
        remedy: `${raise}, ${without(who)}`,
        involved: ['workload.valueBytes', who.path],
      },
    ];
  }
  if (payload.kind !== 'file' || valueBytes !== null) return [];
  const least = payload.content?.minBytes ?? STAMP_BYTES;
  if (least >= STAMP_BYTES) return [];
  return [
    {
      rule,
      message: `the shortest record of ${payload.file} has ${least} bytes, and ${stampText(who)}`,
      remedy: `take records below ${STAMP_BYTES} bytes out of the file, ${without(who)}`,
      involved: ['workload.payload', who.path],
    },
  ];
}

/** Values that must stay as they are, since code reads or makes them on the way. */
function readByOthers({ producer, topic }: PointSettings, who: StampedFor): Broken[] {
  const broken: Broken[] = [];
  const serializer = producer[SERIALIZER];
  if (typeof serializer === 'string' && isModulePath(serializer)) {
    broken.push({
      rule: `${who.rule}-serializer`,
      message:
        `value.serializer is ${serializer}, whose values must stay as it makes them, ` +
        `and ${stampText(who)}`,
      remedy: `leave value.serializer out, ${without(who)}`,
      involved: [SERIALIZER, who.path],
    });
  }
  if (topic.kind === 'fresh' && String(topic.config[SCHEMA_VALIDATION] ?? false) === 'true') {
    broken.push({
      rule: `${who.rule}-schema-validation`,
      message: `${SCHEMA_VALIDATION} has brokers read the values, and ${stampText(who)}`,
      remedy: `leave it out, ${without(who)}`,
      involved: [`topic.config.${SCHEMA_VALIDATION}`, who.path],
    });
  }
  return broken;
}
