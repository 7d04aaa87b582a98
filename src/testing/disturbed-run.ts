// One run in real worker threads, with something done to its cluster while it measures. Test-only.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunResult } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import type { WorkloadSettings } from '../contract/settings.js';
import { openDriver } from '../targets/drivers/open-driver.js';
import { runWorkload } from '../workloads/run-workload.js';

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
  const spec: RunSpec = {
    ...{ run: '0001', point: 'p01', repeat: 1, block: 1, seed: 42 },
    ...{ bootstrap, topicName, transactionalIdPrefix: 'kbench-test', embeddedTarget: false },
    settings: {
      driver,
      producer,
      topic: { kind: 'existing', name: topicName },
      workload: {
        ...{ valueBytes: 100, payload: { kind: 'random' }, keys: { kind: 'none' } },
        ...{ rate: 500, records: null, durationMs: 3000, workers: 1 },
        ...{ warmup: { records: null, durationMs: null }, pacing: 'auto', transaction: null },
        ...workload,
      },
    },
  };
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
