// What a point with consumers cannot be. Called by settings/rules.ts for every point.
import type {
  GroupSettings,
  PointSettings,
  TargetSettings,
  WorkloadSettings,
} from '../../contract/settings.js';
import { formatMs } from '../../base/units.js';
import type { Broken } from '../settings/rules/broken-rule.js';
import type { Settings } from '../settings/given.js';
import { stampRules } from '../settings/rules/stamp-rules.js';
import { CONSUMERS, GROUP_PATHS } from './consumer-fields.js';

const KIND = `${CONSUMERS}kind`;
const STRATEGY = 'partition.assignment.strategy';

interface Point {
  readonly own: Settings;
  readonly settings: PointSettings;
}

export function consumerRules(
  { own, settings }: Point,
  target: TargetSettings,
  base: Settings,
): Broken[] {
  const paths = [...base.keys(), ...own.keys()].filter((path) => path.startsWith(CONSUMERS));
  if (paths.length > 0 && !paths.includes(KIND)) {
    return [
      {
        rule: 'consumers-kind',
        message: `${paths[0]} is set, and nobody consumes`,
        remedy: 'write consumers: {kind: reader, ...} or {kind: group, ...}',
        involved: [paths[0]],
      },
    ];
  }
  if (settings.consumers === undefined) return [];
  const who = { rule: 'consumers', path: KIND, writes: 'end-to-end times need' };
  return [
    ...stampRules(settings, who),
    ...startsTooLate(settings),
    ...(settings.consumers.kind === 'group'
      ? brokenGroup(settings.consumers, target)
      : own.has(KIND)
        ? []
        : groupsOwn(paths)),
  ];
}

/** What a reader has no use for; where kinds are swept, other points have. */
function groupsOwn(paths: readonly string[]): Broken[] {
  const path = paths.find((each) => GROUP_PATHS.includes(each));
  if (path === undefined) return [];
  return [
    {
      rule: 'consumers-group',
      message: `${path} is of consumer groups, and a reader has none`,
      remedy: `write consumers.kind: group, or leave ${path} out`,
      involved: [path, KIND],
    },
  ];
}

function brokenGroup({ driver, properties }: GroupSettings, target: TargetSettings): Broken[] {
  const broken: Broken[] = [];
  if (target.kind === 'embedded') {
    broken.push({
      rule: 'consumers-embedded',
      message: 'the embedded cluster has no consumer groups',
      remedy: 'write consumers.kind: reader, or target: {kafka: {}}',
      involved: [KIND],
    });
  }
  const secured =
    (target.kind === 'external' && target.security !== undefined) ||
    (target.kind === 'kafka' && target.security !== undefined);
  if (secured) {
    broken.push({
      rule: 'consumers-security',
      message: 'members of a group connect in plaintext in this version of kbench',
      remedy: 'write consumers.kind: reader, which connects as the producer does',
      involved: [KIND],
    });
  }
  const newProtocol = properties['group.protocol'] === 'consumer';
  if (newProtocol && driver === 'kafkajs') {
    broken.push({
      rule: 'consumers-protocol',
      message: 'kafkajs knows the classic protocol alone',
      remedy: 'write driver: java, or leave group.protocol out',
      involved: [`${CONSUMERS}group.protocol`, `${CONSUMERS}driver`, KIND],
    });
  }
  if (properties[STRATEGY] !== undefined && (newProtocol || driver === 'kafkajs')) {
    const who =
      driver === 'kafkajs' ? 'kafkajs has an assigner of its own' : 'group.protocol is consumer';
    broken.push({
      rule: 'consumers-assignor',
      message: `${STRATEGY} is of Java's classic protocol, and ${who}`,
      remedy: `write driver: java and group.protocol: classic, or leave ${STRATEGY} out`,
      involved: [CONSUMERS + STRATEGY, `${CONSUMERS}group.protocol`, `${CONSUMERS}driver`, KIND],
    });
  }
  const [session, beat] = ['session.timeout.ms', 'heartbeat.interval.ms'];
  for (const name of newProtocol ? [session, beat] : []) {
    if (properties[name] === undefined) continue;
    broken.push({
      rule: 'consumers-protocol-times',
      message: `${name} is the broker's in group.protocol consumer: no member may set it`,
      remedy: `leave ${name} out, or write group.protocol: classic`,
      involved: [CONSUMERS + name, `${CONSUMERS}group.protocol`, KIND],
    });
  }
  const [sessionMs, beatMs] = [properties[session] ?? 45_000, properties[beat] ?? 3000].map(Number);
  if (beatMs >= sessionMs) {
    broken.push({
      rule: 'consumers-heartbeat',
      message: `${beat} is ${beatMs} and ${session} ${sessionMs}: a member would be thrown out`,
      remedy: `lower ${beat} to a third of ${session} or less`,
      involved: [CONSUMERS + beat, CONSUMERS + session, KIND],
    });
  }
  return broken;
}

/** Null where the cluster says how long that takes. */
function measuredMs({ records, durationMs, rate }: WorkloadSettings): number | null {
  if (durationMs !== null) return durationMs;
  return rate === 'max' || records === null ? null : (records / rate) * 1000;
}

function startsTooLate({ consumers, workload }: PointSettings): Broken[] {
  const startAfterMs = consumers?.startAfterMs ?? 0;
  const spanMs = measuredMs(workload);
  if (startAfterMs === 0 || spanMs === null || startAfterMs < spanMs) return [];
  const start = `${CONSUMERS}startAfter`;
  return [
    {
      rule: 'consumers-start',
      message:
        `${start} is ${formatMs(startAfterMs)}, ` +
        `and the measured part ends after ${formatMs(spanMs)}`,
      remedy: `lower ${start}, or raise workload.duration`,
      involved: [start, 'workload.duration', 'workload.records', 'workload.rate'],
    },
  ];
}
