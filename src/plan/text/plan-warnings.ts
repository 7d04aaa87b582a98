// What a plan probably does not mean: too much time or memory, codecs over bytes that do not
// compress, files that are not what they seem. The plan stands all the same. Called by load-sweep;
// shown by validate and before the first run.
import type { Problem } from '../../base/errors.js';
import { formatBytes, formatMs } from '../../base/units.js';
import type { Plan } from '../../contract/plan.js';
import type { PayloadFile, TargetSettings } from '../../contract/settings.js';
import { recordUpperBound } from '../../producer-core/settings.js';
import { estimatePlan, type PlanEstimate } from './estimate.js';
import { valueAt, valueSizes } from '../settings/point-settings.js';
import { problemAt, type Place } from '../yaml/problems.js';
import { roughDuration } from './rough-duration.js';
import type { CheckedPoint } from '../settings/rules.js';
import type { Sections } from '../sections.js';

const LONG_SECONDS = 3600;
const MIB = 1024 ** 2;
const JAVA_INT_MAX = 2 ** 31 - 1;
const BATCH = 'batch.size';
const CODEC = 'compression.type';
const RACK_AWARE = 'partitioner.rack.aware';
const PAYLOAD = 'workload.payload';

export function planWarnings(
  plan: Plan,
  target: TargetSettings,
  points: readonly CheckedPoint[],
  sections: Sections,
): Problem[] {
  const estimate = estimatePlan(plan, target, sections.canary);
  return [
    ...longPlan(plan, estimate),
    ...memory(estimate),
    ...memoryBelowPartitions(points, sections),
    ...racksWithoutName(points, sections),
    ...recordBeyondBatch(points, sections),
    ...deliveryTimeoutRaised(points, sections),
    ...codecsOverRandom(points, sections),
    ...payloadFiles(points, sections),
    ...audits(points, sections),
  ];
}

function longPlan(plan: Plan, { runs, seconds, points }: PlanEstimate): Problem[] {
  if (seconds <= LONG_SECONDS) return [];
  const each = roughDuration(seconds / Math.max(1, runs));
  const message =
    `this takes about ${roughDuration(seconds)}: ${runs} runs ` +
    `(${points} x ${plan.repeats}) of about ${each} each`;
  const fewer = plan.repeats > 1 ? '--set repeats=1, ' : '';
  const remedy =
    `for a first look: ${fewer}a shorter workload.duration or fewer values; ` +
    'Ctrl-C keeps what is measured, and --resume goes on from there';
  return [problemAt({}, '', message, remedy)];
}

function memory({ memoryBytes, machineBytes }: PlanEstimate): Problem[] {
  if (memoryBytes < machineBytes * 0.8) return [];
  const machine = formatBytes(Math.round(machineBytes / MIB) * MIB);
  const message =
    `the largest point needs about ${Math.round(memoryBytes / MIB)}MiB, ` +
    `and this machine has ${machine}`;
  return [problemAt({}, '', message, 'lower workload.workers or buffer.memory')];
}

/**
 * As in Java, where every batch is ready while an append waits for memory: batches stay small, and
 * the cluster is not why.
 */
function memoryBelowPartitions(points: readonly CheckedPoint[], sections: Sections): Problem[] {
  for (const point of points) {
    const { topic } = point.settings;
    if (topic.kind !== 'fresh') continue;
    const [batch, buffer] = ['batch.size', 'buffer.memory'].map((name) =>
      Number(valueAt(point.settings, name)),
    );
    const needed = topic.partitions * batch;
    if (needed <= buffer) continue;
    const message =
      `buffer.memory ${formatBytes(buffer)} holds ${Math.floor(buffer / batch)} batches ` +
      `of batch.size ${formatBytes(batch)}, and the topic has ${topic.partitions} partitions: ` +
      'batches leave as soon as an append ' +
      'waits for memory, small ones too';
    const remedy = `raise buffer.memory to ${formatBytes(needed)} or more, or lower batch.size`;
    return [
      problemAt(
        placeOf('buffer.memory', point, sections),
        'producer.buffer.memory',
        message,
        remedy,
      ),
    ];
  }
  return [];
}

/** Java says nothing of it either, and goes to all racks. */
function racksWithoutName(points: readonly CheckedPoint[], sections: Sections): Problem[] {
  const point = points.find(
    ({ settings }) =>
      valueAt(settings, RACK_AWARE) === true && valueAt(settings, 'client.rack') === '',
  );
  if (point === undefined) return [];
  const message = `${RACK_AWARE} does nothing while client.rack is empty`;
  const remedy = 'set client.rack to the broker.rack of the brokers that are near';
  return [
    problemAt(placeOf(RACK_AWARE, point, sections), `producer.${RACK_AWARE}`, message, remedy),
  ];
}

/**
 * Of records of one size; those of payload files are looked at below. A sweep that sends the same
 * records with a larger batch.size too compares just that, and needs no warning.
 */
function recordBeyondBatch(points: readonly CheckedPoint[], sections: Sections): Problem[] {
  const beyond = new Map<number, CheckedPoint | 'held'>();
  for (const point of points) {
    const { valueBytes, keys } = point.settings.workload;
    if (valueBytes === null) continue;
    const bytes = recordUpperBound('bytes' in keys ? keys.bytes : -1, valueBytes);
    const batch = Number(valueAt(point.settings, BATCH));
    // batch.size 0 is how Java switches batching off.
    if (batch === 0 || bytes <= batch) beyond.set(bytes, 'held');
    else if (!beyond.has(bytes)) beyond.set(bytes, point);
  }
  const found = [...beyond].find(([, point]) => point !== 'held');
  if (found === undefined || found[1] === 'held') return [];
  const [bytes, point] = found;
  const message =
    `a record may take ${bytes} bytes, more than batch.size ` +
    `${formatBytes(Number(valueAt(point.settings, BATCH)))}: each goes in a batch of its own, ` +
    'outside of the pooled memory';
  const remedy = `raise batch.size to ${formatBytes(bytes)} or more, or lower workload.valueBytes`;
  return [problemAt(placeOf(BATCH, point, sections), `producer.${BATCH}`, message, remedy)];
}

/** Java raises a delivery.timeout.ms that was not set in silence but for a line in its log. */
function deliveryTimeoutRaised(points: readonly CheckedPoint[], sections: Sections): Problem[] {
  for (const point of points) {
    const { settings } = point;
    if (Object.hasOwn(settings.producer, 'delivery.timeout.ms')) continue;
    const [preset, linger, request] = [
      'delivery.timeout.ms',
      'linger.ms',
      'request.timeout.ms',
    ].map((name) => Number(valueAt(settings, name)));
    const raised = Math.min(linger + request, JAVA_INT_MAX);
    if (raised <= preset) continue;
    const message =
      `delivery.timeout.ms is raised to ${formatMs(raised)}, linger.ms + request.timeout.ms, ` +
      `from its default of ${formatMs(preset)}, as Java's producer does`;
    const at = placeOf(linger >= preset ? 'linger.ms' : 'request.timeout.ms', point, sections);
    const remedy = 'set delivery.timeout.ms yourself, or lower linger.ms or request.timeout.ms';
    return [problemAt(at, 'producer.delivery.timeout.ms', message, remedy)];
  }
  return [];
}

/**
 * Random bytes come out of every codec as they went in. Beside other payloads they are a measure of
 * that.
 */
function codecsOverRandom(points: readonly CheckedPoint[], sections: Sections): Problem[] {
  const compressing = points.filter((point) => codecOf(point) !== 'none');
  const pointless = compressing.every(
    ({ settings }) => settings.workload.payload.kind === 'random',
  );
  if (compressing.length === 0 || !pointless) return [];
  const codecs = [...new Set(compressing.map(codecOf))];
  const message =
    `${CODEC} ${codecs.join(', ')} over workload.payload: random: random bytes do not compress, ` +
    `so the figures say nothing about ${codecs.length > 1 ? 'these codecs' : 'the codec'}`;
  const remedy =
    'write workload: {payload: text}, or {file: events.jsonl} with records of your own';
  return [problemAt(placeOf(CODEC, compressing[0], sections), CODEC, message, remedy)];
}

/** What an audit of these points can say, where that is less than one may expect. */
function audits(points: readonly CheckedPoint[], sections: Sections): Problem[] {
  const audited = points.filter(({ settings }) => settings.workload.audit === true);
  const problems: Problem[] = [];
  const unanswered = audited.find(({ settings }) => valueAt(settings, 'acks') === '0');
  if (unanswered !== undefined) {
    const message =
      'acks=0 with workload.audit: nothing is acknowledged, so the audit tells which of the ' +
      'records that were written to the socket are there, and nothing is promised of the others';
    const at = placeOf('acks', unanswered, sections);
    problems.push(problemAt(at, 'producer.acks', message, 'set acks: all to have losses judged'));
  }
  const ofFile = audited.find(({ settings }) => settings.workload.payload.kind === 'file');
  if (ofFile !== undefined) {
    const message =
      'workload.audit stamps the first 16 bytes of each record of the payload file: what is ' +
      'stored begins otherwise than the file, and JSON is no JSON any more';
    const at = placeOf(PAYLOAD, ofFile, sections);
    problems.push(problemAt(at, PAYLOAD, message, 'audit in a sweep of its own, if that matters'));
  }
  return problems;
}

const codecOf = ({ settings }: CheckedPoint): string => valueAt(settings, CODEC) as string;

function payloadFiles(points: readonly CheckedPoint[], sections: Sections): Problem[] {
  const warnings = new Map<string, Problem>();
  for (const point of points) {
    const { payload } = point.settings.workload;
    if (payload.kind !== 'file') continue;
    const at = placeOf(PAYLOAD, point, sections);
    for (const [message, remedy] of [
      ...notJson(payload),
      ...beyondBatches(point),
      ...comesRound(point),
    ]) {
      if (!warnings.has(message)) warnings.set(message, problemAt(at, PAYLOAD, message, remedy));
    }
  }
  return [...warnings.values()];
}

function notJson({ file, records, content }: PayloadFile): [string, string][] {
  if (records !== 'lines' || content?.firstIsJson !== false) return [];
  return [
    [
      `the lines of ${file} are no whole JSON: each line is sent as a value of its own`,
      "write one JSON a line (jq -c . file.json, or jq -c '.[]' of a list)",
    ],
  ];
}

function beyondBatches({ settings }: CheckedPoint): [string, string][] {
  const { payload } = settings.workload;
  const file = payload.kind === 'file' ? payload.file : '';
  const bytes = recordUpperBound(-1, valueSizes(settings.workload).max);
  const batch = Number(valueAt(settings, 'batch.size'));
  // batch.size 0 is how Java switches batching off.
  if (batch === 0 || bytes <= batch) return [];
  return [
    [
      `the largest record of ${file} may take ${bytes} bytes, more than batch.size ` +
        `${formatBytes(batch)}: it goes in a batch of its own, outside of the pooled memory`,
      'raise batch.size, if such records are many',
    ],
  ];
}

/** A batch that was full before its codec may hold so many times batch.size. */
const BATCH_EXPANSION = 8;

/** In a batch that holds the file twice a codec finds what real data does not have. */
function comesRound(point: CheckedPoint): [string, string][] {
  const { payload } = point.settings.workload;
  if (payload.kind !== 'file' || payload.content === undefined) return [];
  if (codecOf(point) === 'none' || payload.order === 'random') return [];
  const { records, meanBytes } = payload.content;
  const { topic } = point.settings;
  // A key's records all go to one partition, so each partition sees its share of the file only.
  const shares = payload.key === undefined || topic.kind === 'existing' ? 1 : topic.partitions;
  const share = (records * meanBytes) / shares;
  const batch = Number(valueAt(point.settings, 'batch.size'));
  if (share >= batch * BATCH_EXPANSION) return [];
  const held = `${formatBytes(Math.round(share))}${shares === 1 ? '' : ' a partition'}`;
  return [
    [
      `${payload.file} comes round after ${held}, within a batch of ${formatBytes(batch)} ` +
        'once it is compressed: codecs find repeats that your data may not have',
      `give a file of ${formatBytes(batch * BATCH_EXPANSION * shares)} or more, ` +
        'or a smaller batch.size',
    ],
  ];
}

function placeOf(path: string, { own, at }: CheckedPoint, { base }: Sections): Place {
  return (own.get(path) ?? base.get(path))?.at ?? at ?? {};
}
