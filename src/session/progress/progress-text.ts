// The words of the progress display: lines for a run that ended, for one under way, and for the
// terminal. Pure; called by progress.
import type { PlannedPoint, PlannedRun } from '../../contract/plan.js';
import type { RunResult, VerdictReason } from '../../contract/run-result.js';
import {
  displayWidth,
  percent,
  printable,
  settingValue,
  significant,
} from '../../report/text/format.js';
import { auditTotals } from '../../report/model/audit-totals.js';
import { findingsText, isClean } from '../../report/text/audit-text.js';
import type { AgentProgress, WorkloadProgress } from '../../workloads/run-workload.js';

/** Where a run stands in this session: `index` counts from 1. */
export interface RunPosition {
  readonly run: PlannedRun;
  readonly point: PlannedPoint;
  readonly index: number;
  readonly total: number;
  readonly repeats: number;
}

/** `preparing` is the making of the topic, before the workload has anything to tell. */
export type Phase = WorkloadProgress['phase'] | 'preparing';

const BAR_CHARACTERS = 24;

/** `batch.size=16 KiB linger.ms=5 ms`; empty for a sweep of one point. */
function configText(config: PlannedPoint['config']): string {
  return Object.entries(config)
    .map(([name, value]) => `${printable(name, 60)}=${settingValue(name, value)}`)
    .join(' ');
}

/** `run 7/32 p03 repeat 2/5`. */
function positionText({ run, index, total, repeats }: RunPosition): string {
  // A run beyond the plan's repeats (--until-precise) is of no known number.
  const planned = run.repeat > repeats ? '' : `/${repeats}`;
  const repeat = repeats > 1 || run.repeat > 1 ? ` repeat ${run.repeat}${planned}` : '';
  return `run ${index}/${total} ${run.point}${repeat}`;
}

/** `about 3 min left`: coarse, since no one can know better. */
export function timeLeftText(ms: number | null): string {
  if (ms === null) return '';
  const seconds = ms / 1000;
  if (seconds < 10) return 'a few seconds left';
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s left`;
  if (seconds < 90 * 60) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}

/** Records/s and p99 while a run goes on. */
function liveText(phase: Phase, progress: WorkloadProgress | null): string {
  if (progress === null) return phase;
  const { audited } = progress;
  if (audited !== undefined) {
    const share = audited.of === 0 ? 1 : audited.read / audited.of;
    return `${phase} ${percent(share)}  ${significant(progress.recordsPerSecond)} records/s read`;
  }
  const parts: string[] = [phase];
  if (progress.sent > 0) parts.push(`${significant(progress.recordsPerSecond)} records/s`);
  if (progress.p99Ms !== null) parts.push(`p99 ${significant(progress.p99Ms)} ms`);
  if (progress.failed > 0) parts.push(`${significant(progress.failed)} failed`);
  return parts.join('  ');
}

/** What a run came to: figures, or why there are none. */
export function outcomeText(result: RunResult): string {
  if (result.status === 'failed')
    return `FAILED: ${printable(result.failure?.message ?? 'no reason given')}`;
  const { measurement } = result;
  const stopped = result.status === 'stopped' ? ['stopped early'] : [];
  if (measurement === null) return [...stopped, 'nothing measured'].join(', ');
  const { sent, failed } = measurement.records;
  const latency = measurement.latencyMs.response ?? measurement.latencyMs.service;
  const invalid = measurement.verdict.reasons
    .filter(({ severity }) => severity === 'invalid')
    .map(({ code }) => code);
  return [
    ...stopped,
    `${significant(measurement.throughput.recordsPerSecond)} records/s`,
    ...(latency === null ? [] : [`p99 ${significant(latency.p99)} ms`]),
    ...(failed > 0 ? [`${percent(failed / sent)} of the records failed`] : []),
    ...outageText(measurement.verdict.reasons),
    ...(measurement.verdict.valid ? [] : [`not valid (${[...new Set(invalid)].join(', ')})`]),
    ...consumerParts(result),
    ...auditParts(result),
  ].join(', ');
}

function consumerParts({ consumers }: RunResult): string[] {
  if (consumers === undefined) return [];
  const { endToEndMs, dropped } = consumers;
  const lost = dropped.reduce((sum, { records }) => sum + records, 0);
  const p99 = endToEndMs === null ? [] : [`end-to-end p99 ${significant(endToEndMs.p99)} ms`];
  return [...p99, ...(lost === 0 ? [] : [`${lost.toLocaleString('en-US')} not received`])];
}

function auditParts(result: RunResult): string[] {
  if (result.notAudited !== undefined)
    return [`not audited (${printable(result.notAudited.message)})`];
  const { audit } = auditTotals([result]);
  if (audit === undefined) return [];
  return [`audit: ${isClean(audit) ? 'all found' : findingsText(audit)}`];
}

const outageText = (reasons: readonly VerdictReason[]): string[] =>
  reasons.filter(({ code }) => code === 'outage').map(({ message }) => message);

/** One plain line for a run that ended. */
export function endedLine(at: RunPosition, result: RunResult, leftMs: number | null): string {
  const config = configText(at.point.config);
  const left = timeLeftText(leftMs);
  return (
    `${positionText(at)}${config === '' ? '' : ` ${config}`}: ` +
    `${outcomeText(result)}${left === '' ? '' : `; ${left}`}`
  );
}

/** One plain line for a long run under way. */
export function underWayLine(
  at: RunPosition,
  phase: Phase,
  progress: WorkloadProgress | null,
): string {
  const share = progress?.fraction == null ? '' : ` ${Math.floor(progress.fraction * 100)} %`;
  const line = `${positionText(at)}:${share} ${liveText(phase, progress)}`;
  return [line, ...agentLines(progress?.agents ?? [])].join('\n');
}

/** Two lines, and one an agent, for a terminal of `width` columns: which run, and how it goes. */
export function liveLines(
  at: RunPosition,
  phase: Phase,
  progress: WorkloadProgress | null,
  leftMs: number | null,
  width: number,
): string {
  const share = Math.min(1, (at.index - 1 + (progress?.fraction ?? 0)) / at.total);
  const filled = Math.round(share * BAR_CHARACTERS);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_CHARACTERS - filled);
  const first = [positionText(at), configText(at.point.config)]
    .filter((part) => part !== '')
    .join('  ');
  const second = [bar, liveText(phase, progress), timeLeftText(leftMs)]
    .filter((part) => part !== '')
    .join('  ');
  const lines = [first, second, ...agentLines(progress?.agents ?? [])];
  return lines.map((line) => clipped(line, width)).join('\n');
}

/** One a line below the sum; of many, those that are furthest behind. */
const MOST_AGENT_LINES = 16;

export function agentLines(agents: readonly AgentProgress[]): string[] {
  const shown =
    agents.length <= MOST_AGENT_LINES
      ? agents
      : agents.toSorted((a, b) => (b.lagMs ?? 0) - (a.lagMs ?? 0)).slice(0, MOST_AGENT_LINES - 1);
  const room = Math.max(0, ...shown.map(({ name }) => name.length));
  const lines = shown.map(({ name, state, recordsPerSecond, lagMs }) => {
    const parts = [printable(name, 40).padEnd(Math.min(40, room)), state];
    if (recordsPerSecond > 0) parts.push(`${significant(recordsPerSecond)} records/s`);
    if (lagMs !== null) parts.push(`lag ${significant(Math.round(lagMs))} ms`);
    return `  ${parts.join('  ')}`;
  });
  const rest = agents.length - shown.length;
  return rest === 0 ? lines : [...lines, `  and ${rest} more agents`];
}

/** Cut to fewer than `width` columns: a line that wraps would be redrawn wrongly. */
function clipped(line: string, width: number): string {
  const room = Math.max(10, width - 1);
  return displayWidth(line) <= room ? line : `${line.slice(0, room - 1)}…`;
}
