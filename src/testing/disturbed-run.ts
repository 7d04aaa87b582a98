// One run in real worker threads, with something done to its cluster while it measures. Test-only.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunResult } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import type { TopicSettings, WorkloadSettings } from '../contract/settings.js';
import { openDriver } from '../targets/drivers/open-driver.js';
import { runWorkload } from '../workloads/run-workload.js';
import { runSpec } from './sweep-fixtures.js';

export interface DisturbedRun {
  readonly bootstrap: readonly string[];
  readonly topicName: string;
  /** The core where left out. */
  readonly driver?: RunSpec['settings']['driver'];
  readonly producer?: RunSpec['settings']['producer'];
  readonly workload: Partial<WorkloadSettings>;
  /** How long after the first acknowledgement, of which the progress tells within 250 ms. */
  readonly afterMs: number;
  readonly disturb: () => Promise<void>;
}

export async function runDisturbed(run: DisturbedRun): Promise<RunResult> {
  const { bootstrap, topicName, driver = 'core', producer = {}, workload } = run;
  const point = runSpec({ rate: 500, records: null, durationMs: 3000, ...workload });
  const topic: TopicSettings = { kind: 'existing', name: topicName };
  const settings = { ...point.settings, driver, producer, topic };
  const spec: RunSpec = { ...point, bootstrap, topicName, settings };
  const disturbing: Promise<void>[] = [];
  const onProgress = ({
    phase,
    acked,
  }: {
    readonly phase: string;
    readonly acked: number;
  }): void => {
    if (phase !== 'measuring' || acked === 0 || disturbing.length > 0) return;
    disturbing.push(sleep(run.afterMs).then(run.disturb));
  };
  const result = await runWorkload(spec, { onProgress }, { openDriver });
  await Promise.all(disturbing);
  return result;
}

/** The codes of the verdict that are about the cluster: a loaded machine adds some of its own. */
export function clusterReasons({ measurement }: RunResult): string[] {
  const machine = ['event-loop-lag', 'gc-pause', 'clock-jump', 'generator-saturated'];
  const reasons = measurement?.verdict.reasons ?? [];
  return reasons.map(({ code }) => code).filter((code) => !machine.includes(code));
}
