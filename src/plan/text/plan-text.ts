// A plan as text for a terminal: what is fixed, what varies, how long it may take. Pure; printed by
// validate and before a run.
import Table from 'cli-table3';
import type { Plan } from '../../contract/plan.js';
import type {
  KafkaTargetSettings,
  GroupSettings,
  PointSettings,
  TargetSettings,
} from '../../contract/settings.js';
import { redacted } from '../../connect/security/index.js';
import { appliesTo } from '../../report/model/gates/gate-outcomes.js';
import { securityLabel } from '../../targets/external/access.js';
import { estimatePlan, type PlanEstimate } from './estimate.js';
import { faultsLabel } from '../../contract/fault-label.js';
import { labelOf } from '../settings/field.js';
import { payloadFacts } from './payload-file-text.js';
import { formatValue } from '../settings/fields.js';
import { roughDuration } from './rough-duration.js';
import type { LoadedSweep } from '../load-sweep.js';
import { formatBytes, formatMs } from '../../base/units.js';

/** Points shown; the rest are counted. */
const MAX_POINTS_SHOWN = 50;
const MAX_GATES_SHOWN = 20;
/** A header is wrapped at its dots down to this many characters. */
const NARROWEST_HEADER = 12;

/** All about a plan in a few lines and a table of its points, at most `width` characters wide. */
export function describePlan(sweep: LoadedSweep, width: number): string {
  const { plan, target } = sweep;
  const estimate = estimatePlan(plan, target, sweep.canary);
  const order = plan.repeats === 1 ? 'in one block' : `in ${plan.repeats} blocks`;
  const facts: [string, string][] = [
    ['target', describeTarget(target) + variedClusters(plan)],
    [
      'runs',
      `${estimate.runs} = ${count(estimate.points, 'point')} x ` +
        `${count(plan.repeats, 'repeat')}, ${order} of seeded random order (seed ${plan.seed})`,
    ],
    ['time', describeTime(estimate)],
    ['memory', `about ${Math.ceil(estimate.memoryBytes / 1024 ** 2)} MiB`],
    ...fixedFacts(sweep),
    ...payloadFacts(plan),
    ...gateFacts(plan),
  ];
  const lines = facts.flatMap(([name, text]) =>
    wrap(text, width - 10).map((line, index) => `${(index === 0 ? name : '').padEnd(9)} ${line}`),
  );
  return [...lines, '', pointTable(sweep, width)].join('\n');
}

export function describeTarget(target: TargetSettings): string {
  switch (target.kind) {
    case 'embedded':
      return (
        `embedded cluster, ${count(target.brokers, 'broker')} (figures will describe kbench, ` +
        'not Kafka)'
      );
    case 'external':
      return [
        ...target.bootstrap,
        ...(target.security === undefined ? [] : [securityLabel(target.security)]),
        ...(target.properties === undefined ? [] : [`settings of ${target.properties}`]),
      ].join(', ');
    case 'kafka':
      return describeKafka(target);
  }
}

function describeKafka(target: KafkaTargetSettings): string {
  const { version, brokers, mode, zookeepers = 1, security, racks, brokerConfig = {} } = target;
  return [
    `Apache Kafka ${version} on this machine`,
    count(brokers, 'broker') + (racks === true ? ' in racks of their own' : ''),
    ...(mode === 'zookeeper' ? [count(zookeepers, 'ZooKeeper')] : []),
    ...(security === undefined ? [] : [security === 'tls' ? 'TLS' : 'SASL/PLAIN over TLS']),
    ...Object.entries(brokerConfig).map(([name, value]) => `${name}=${value}`),
  ].join(', ');
}

/**
 * A target as it may be printed. The loader has let no secret in; what prints takes no chance all
 * the same.
 */
export function shownTarget(target: TargetSettings): TargetSettings {
  if (target.kind !== 'external' || target.security === undefined) return target;
  const shown = Object.entries(target.security).map(
    ([name, value]) => [name, redacted(name, value)] as const,
  );
  return { ...target, security: Object.fromEntries(shown) };
}

function describeTime(estimate: PlanEstimate): string {
  const { seconds, clusterStarts, assumedRecordsPerSecond: assumed } = estimate;
  const known =
    assumed === null ? '' : `, if rate max comes to ${assumed.toLocaleString('en')} records/s`;
  const starts =
    clusterStarts < 2
      ? ''
      : `, with ${clusterStarts} clusters to start, one for each block of runs that shares it`;
  return `about ${roughDuration(seconds)}${known}${starts}`;
}

/** What of the target is not the same for all points. */
function variedClusters(plan: Plan): string {
  const varied = variedPaths(plan).filter((path) => path.startsWith('target.'));
  return varied.length === 0 ? '' : `; varies: ${varied.join(', ')}`;
}

/** What every point has in common, of what people ask for. */
function fixedFacts({ plan }: LoadedSweep): [string, string][] {
  const [first] = plan.points;
  const varied = new Set(variedPaths(plan));
  const { workload, topic, producer }: PointSettings = first.settings;
  const fixed = (path: string, text: string): string[] => (varied.has(path) ? [] : [text]);
  const extent =
    workload.records === null ? formatMs(workload.durationMs ?? 0) : `${workload.records} records`;
  const extentVaries = varied.has('workload.records') || varied.has('workload.duration');
  const { keys, payload } = workload;
  // Where payloads vary, whether a key comes from the file does too.
  const ofFile = payload.kind === 'file' && payload.key !== undefined;
  const keysText = keys.kind === 'none' ? 'no keys' : `keys ${String(labelOf(keys))}`;
  const workloadText = [
    ...(workload.valueBytes === null
      ? []
      : fixed('workload.valueBytes', `values of ${formatBytes(workload.valueBytes)}`)),
    ...(ofFile ? [] : fixed('workload.keys', keysText)),
    ...(workload.payload.kind === 'random'
      ? []
      : fixed('workload.payload', `payload ${String(labelOf(workload.payload))}`)),
    ...fixed('workload.rate', `rate ${formatValue('workload.rate', workload.rate)}`),
    ...(extentVaries
      ? []
      : [extent, ...fixed('workload.warmup', `warm-up ${String(labelOf(workload.warmup))}`)]),
    ...fixed('workload.workers', count(workload.workers, 'worker')),
    ...(first.settings.agents === undefined
      ? []
      : fixed('agents', `on each of ${count(first.settings.agents, 'agent')}`)),
    ...transactionFacts(workload, fixed),
    ...(workload.audit === true ? fixed('workload.audit', 'audited') : []),
  ];
  const topicText =
    topic.kind === 'existing'
      ? fixed('topic.name', `${topic.name} (exists, used as it is)`)
      : [
          ...fixed('topic.partitions', count(topic.partitions, 'partition')),
          ...fixed('topic.replicationFactor', count(topic.replicationFactor, 'replica')),
          ...Object.entries(topic.config).flatMap(([name, value]) =>
            fixed(`topic.config.${name}`, `${name}=${value}`),
          ),
        ];
  const producerText = Object.entries(producer).flatMap(([name, value]) =>
    fixed(name, `${name}=${formatValue(name, value)}`),
  );
  const facts: [string, string][] = [
    ['workload', workloadText.join(', ')],
    ['topic', topicText.join(', ')],
    ['producer', producerText.join(', ')],
    ['consumers', consumersText(first.settings, fixed)],
    ['faults', fixed('faults', faultsText(first.settings)).join('')],
  ];
  return facts.filter(([, text]) => text !== '');
}

/** A line for each gate: what it asks, of how many points, and what a failure does. */
function gateFacts({ thresholds, points }: Plan): [string, string][] {
  const lines = thresholds.slice(0, MAX_GATES_SHOWN).map((gate): [string, string] => {
    const own = points.filter(({ config }) => appliesTo(gate, config)).length;
    const where = own === points.length ? '' : ` (${count(own, 'point')})`;
    const delay =
      gate.delayAbortEvalRuns > 1
        ? ` once it has ${count(gate.delayAbortEvalRuns, 'valid run')}`
        : '';
    const abort = gate.abortOnFail ? `, ends the sweep when a point fails it${delay}` : '';
    return ['gate', `${gate.text}${where}${abort}`];
  });
  const more = thresholds.length - lines.length;
  return more === 0 ? lines : [...lines, ['gate', `and ${more} more`]];
}

function groupFacts(
  { driver, groups, members }: GroupSettings,
  fixed: (path: string, text: string) => string[],
): string[] {
  return [
    ...fixed('consumers.groups', count(groups, 'group')),
    ...fixed('consumers.members', `${count(members, 'member')} each`),
    ...fixed('consumers.driver', `by ${driver}`),
  ];
}

function consumersText(
  settings: PointSettings,
  fixed: (path: string, text: string) => string[],
): string {
  const { consumers } = settings;
  if (consumers === undefined) return '';
  const { kind, startAfterMs, properties } = consumers;
  return [
    ...fixed('consumers.kind', kind + (settings.agents === undefined ? '' : ' on each agent')),
    ...(consumers.kind === 'reader' ? [] : groupFacts(consumers, fixed)),
    ...(startAfterMs === undefined
      ? []
      : fixed('consumers.startAfter', `starts after ${formatMs(startAfterMs)}`)),
    ...Object.entries(properties).flatMap(([name, value]) => {
      const path = `consumers.${name}`;
      return fixed(path, `${name}=${formatValue(path, value)}`);
    }),
  ].join(', ');
}

const faultsText = ({ faults = [] }: PointSettings): string =>
  faults.length === 0 ? '' : faultsLabel(faults);

function transactionFacts(
  { transaction }: PointSettings['workload'],
  fixed: (path: string, text: string) => string[],
): string[] {
  if (transaction === null) return [];
  const { records, abortRatio } = transaction;
  return [
    ...fixed('workload.transaction.records', `transactions of ${count(records, 'record')}`),
    ...(abortRatio === 0
      ? []
      : fixed(
          'workload.transaction.abortRatio',
          `${Number((abortRatio * 100).toPrecision(3))} % aborted`,
        )),
  ];
}

/**
 * Explicit points need not all have a value for what others vary: one has records, another a
 * duration.
 */
function variedPaths(plan: Plan): string[] {
  return [...new Set(plan.points.flatMap(({ config }) => Object.keys(config)))];
}

function pointTable({ plan }: LoadedSweep, width: number): string {
  const paths = variedPaths(plan);
  if (paths.length === 0) return 'One point: nothing varies.';
  const shown = plan.points.slice(0, MAX_POINTS_SHOWN);
  const rows = shown.map(({ id, config }) => [
    id,
    ...paths.map((path) => cell(path, config[path])),
  ]);
  const more = plan.points.length - shown.length;
  const tail = more === 0 ? '' : `\n... and ${count(more, 'more point')}`;
  for (const headers of [paths, paths.map(wrapAtDots)]) {
    const table = new Table({
      head: ['point', ...headers],
      style: { head: [], border: [], compact: true },
    });
    table.push(...rows);
    const text = table.toString();
    if (Math.max(...text.split('\n').map((line) => line.length)) <= width) return text + tail;
  }
  return rows.flatMap((row) => pointLines(row, paths, width)).join('\n') + tail;
}

/** A point without a table, where the terminal is too narrow for one. */
function pointLines(
  [id, ...cells]: readonly string[],
  paths: readonly string[],
  width: number,
): string[] {
  const text = cells.map((each, index) => `${paths[index]}=${each}`).join(' ');
  const indent = id.length + 2;
  return wrap(text, width - indent).map(
    (line, index) => `${(index === 0 ? id : '').padEnd(indent)}${line}`,
  );
}

function cell(path: string, value: string | number | boolean | undefined): string {
  return value === undefined ? '-' : formatValue(path, value);
}

function wrapAtDots(path: string): string {
  const lines = [''];
  for (const part of path.split(/(?<=\.)/)) {
    const last = lines.length - 1;
    if (lines[last] !== '' && lines[last].length + part.length > NARROWEST_HEADER) lines.push(part);
    else lines[last] += part;
  }
  return lines.join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    if (lines[last] === '') lines[last] = word;
    else if (lines[last].length + 1 + word.length > width) lines.push(word);
    else lines[last] += ` ${word}`;
  }
  return lines;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
