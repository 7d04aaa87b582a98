// What an audited point cannot be: what no stamp can be written into, and what deletes records.
// Called by rules.ts for every point, and by plan-warnings.
import type { PointSettings } from '../../../contract/settings.js';
import { MOST_WORKERS } from '../../../workloads/audit/stamp.js';
import { workersInAll } from '../point-settings.js';
import type { Broken } from './broken-rule.js';
import { stampRules } from './stamp-rules.js';

const AUDIT = 'workload.audit';
const CLEANUP = 'cleanup.policy';
const WITHOUT = 'or leave workload.audit out';

export function auditRules(settings: PointSettings): Broken[] {
  if (settings.workload.audit !== true) return [];
  const who = { rule: 'audit', path: AUDIT, writes: 'an audit writes' };
  return [...stampRules(settings, who), ...compacted(settings), ...tooMany(settings)];
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
