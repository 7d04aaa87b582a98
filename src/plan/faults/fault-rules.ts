// What faults must not be together with target, topic and the run's length: told by `validate` and
// before a run, never in the middle of one. Called by settings/rules.ts for each point.
import { plannedSpanMs, type FaultSettings, type FaultTarget } from '../../contract/faults.js';
import type { PointSettings, TargetSettings, WorkloadSettings } from '../../contract/settings.js';
import { formatMs } from '../../base/units.js';
import { targetLabel, whatOf } from '../../contract/fault-label.js';

/** As rules.ts has it. */
export interface BrokenFault {
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
  readonly involved: readonly string[];
}

type Found = readonly [rule: string, message: string, remedy: string] | null;

export function brokenFaults(settings: PointSettings, target: TargetSettings): BrokenFault[] {
  const { faults = [] } = settings;
  const found = faults.flatMap((fault): Found[] => [
    onWhose(fault, target),
    whom(fault, settings, target),
    when(fault, settings.workload),
    whoseMember(fault, settings),
  ]);
  const together = [...overlaps(faults), ...membersLeft(settings)];
  return [...found, ...together].flatMap((each): BrokenFault[] => {
    if (each === null) return [];
    const [rule, message, remedy] = each;
    return [{ rule, message, remedy, involved: ['faults', ...(INVOLVED[rule] ?? [])] }];
  });
}

const INVOLVED: Readonly<Record<string, readonly string[]>> = {
  'fault-after-the-run': ['workload.duration', 'workload.records', 'workload.rate'],
  'fault-follower': ['topic.replicationFactor'],
  'fault-member': ['consumers.kind'],
  'fault-no-member': ['consumers.kind', 'consumers.members'],
  'fault-no-member-yet': ['consumers.kind', 'consumers.startAfter'],
};

function whoseMember(fault: FaultSettings, { consumers }: PointSettings): Found {
  if (fault.kind !== 'member' || consumers?.kind === 'group') return null;
  return [
    'fault-member',
    `${whatOf(fault)}: there is no consumer group`,
    'write consumers: {kind: group}, or leave the fault out',
  ];
}

/** Members go one by one, and before startAfter there are none. */
function membersLeft({ faults = [], consumers }: PointSettings): Found[] {
  if (consumers?.kind !== 'group') return [];
  const { startAfterMs = 0 } = consumers;
  let { members } = consumers;
  const changes = faults
    .flatMap((fault) => (fault.kind === 'member' ? [fault] : []))
    .sort((a, b) => a.atMs - b.atMs);
  return changes.map((fault): Found => {
    const what = `${whatOf(fault)} at ${formatMs(fault.atMs)}`;
    if (fault.atMs < startAfterMs)
      return [
        'fault-no-member-yet',
        `${what}: the group begins after ${formatMs(startAfterMs)}`,
        'let it happen later, or lower consumers.startAfter',
      ];
    members += fault.member === 'add' ? 1 : -1;
    if (members >= 0) return null;
    return [
      'fault-no-member',
      `${what}: by then no member is left`,
      `raise consumers.members (${consumers.members}), or leave the fault out`,
    ];
  });
}

/** What the target lets be done to it. */
function onWhose(fault: FaultSettings, target: TargetSettings): Found {
  if (fault.kind === 'run' || fault.kind === 'member') return null;
  if (target.kind === 'external')
    return [
      'fault-not-ours',
      `${whatOf(fault)}: this cluster is not kbench's, so it kills, stops and cuts nothing there`,
      'write run: [program, argument] and after: [...], e.g. with kubectl, ssh or tc; ' +
        'or target: {kafka: {brokers: 3}}',
    ];
  if (target.kind === 'embedded' && fault.kind === 'pause')
    return [
      'fault-embedded',
      `${whatOf(fault)}: an embedded broker is no process of its own, so it cannot be paused`,
      `write network: {broker: ${wordOf(fault.target)}, cut: true} with the same for`,
    ];
  return null;
}

const wordOf = (target: FaultTarget): string =>
  'id' in target ? String(target.id) : target.kind === 'zookeepers' ? 'leader' : target.kind;

function whom(fault: FaultSettings, { topic }: PointSettings, target: TargetSettings): Found {
  if (fault.kind === 'run' || fault.kind === 'member' || target.kind === 'external') return null;
  const { target: whose } = fault;
  switch (whose.kind) {
    case 'broker':
      if (whose.id >= 1 && whose.id <= target.brokers) return null;
      return [
        'fault-no-such-broker',
        `${whatOf(fault)}: there is no broker ${whose.id}`,
        target.brokers === 1
          ? 'the target has broker 1 alone'
          : `the target has brokers 1 to ${target.brokers}`,
      ];
    case 'zookeeper':
    case 'zookeepers': {
      const there = zookeepersOf(target);
      if (there === 0)
        return [
          'fault-no-zookeeper',
          `${whatOf(fault)}: this cluster runs without ZooKeeper (KRaft)`,
          'kill the controller, or leave it out',
        ];
      if (!('id' in whose) || (whose.id >= 1 && whose.id <= there)) return null;
      return [
        'fault-no-zookeeper',
        `${whatOf(fault)}: there is no ${targetLabel(whose)}`,
        `the target has ${there === 1 ? 'zookeeper 1 alone' : `zookeepers 1 to ${there}`}`,
      ];
    }
    case 'follower':
      if (topic.kind === 'existing' || topic.replicationFactor > 1) return null;
      return [
        'fault-follower',
        `${whatOf(fault)}: with topic.replicationFactor 1 nobody follows`,
        'raise topic.replicationFactor, or name the broker',
      ];
    case 'leader':
    case 'controller':
    case 'all':
      return null;
  }
}

function zookeepersOf(target: TargetSettings): number {
  if (target.kind !== 'kafka' || target.mode !== 'zookeeper') return 0;
  return target.zookeepers ?? 1;
}

/** Where the run's length is known before. */
function when(fault: FaultSettings, workload: WorkloadSettings): Found {
  const lengthMs = lengthOf(workload);
  if (lengthMs === null) return null;
  const rule = 'fault-after-the-run';
  const remedy = 'lengthen the run (workload.duration), or let it happen sooner';
  if (fault.atMs >= lengthMs)
    return [
      rule,
      `${whatOf(fault)} at ${formatMs(fault.atMs)}: the measured part is over ` +
        `after ${formatMs(lengthMs)}`,
      remedy,
    ];
  const endMs = fault.atMs + (plannedSpanMs(fault) ?? 0);
  if (endMs < lengthMs) return null;
  return [
    rule,
    `${whatOf(fault)} at ${formatMs(fault.atMs)} would end at ${formatMs(endMs)}: the measured ` +
      `part is over after ${formatMs(lengthMs)}`,
    remedy,
  ];
}

/** Null where it hangs on how fast the cluster is. */
function lengthOf({ durationMs, records, rate }: WorkloadSettings): number | null {
  if (durationMs !== null) return durationMs;
  if (records === null || rate === 'max') return null;
  return Math.round((records / rate) * 1e6) / 1000;
}

/**
 * Two at a time on the same broker. Whom `leader` names is known when it is due, so that such a
 * meeting is told there; `all` is everybody.
 */
function overlaps(faults: readonly FaultSettings[]): Found[] {
  const found: Found[] = [];
  const spans = faults.flatMap((fault) => {
    if (fault.kind === 'run' || fault.kind === 'member') return [];
    return [{ fault, untilMs: fault.atMs + (plannedSpanMs(fault) ?? Infinity) }];
  });
  for (const [index, { fault }] of spans.entries()) {
    for (const earlier of spans.slice(0, index)) {
      const sameTime = fault.atMs < earlier.untilMs || fault.atMs === earlier.fault.atMs;
      if (!sameTime || !meet(fault.target, earlier.fault.target)) continue;
      found.push([
        'fault-overlap',
        `${whatOf(fault)} at ${formatMs(fault.atMs)} begins while ${whatOf(earlier.fault)} at ` +
          `${formatMs(earlier.fault.atMs)} lasts, on the same one`,
        'let the first end before the second begins (for, restartAfter), or name another',
      ]);
    }
  }
  return found;
}

function meet(a: FaultTarget, b: FaultTarget): boolean {
  if ('id' in a && 'id' in b) return a.kind === b.kind && a.id === b.id;
  const ofZookeeper = (each: FaultTarget): boolean => each.kind.startsWith('zookeeper');
  if (ofZookeeper(a) || ofZookeeper(b)) return ofZookeeper(a) && ofZookeeper(b);
  return a.kind === 'all' || b.kind === 'all';
}
