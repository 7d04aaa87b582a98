// One run beside its faults: whatever the run comes to, nothing stays broken that kbench broke, and
// the result holds what was done. Called by execute.ts.
import type { FaultSettings } from '../../contract/faults.js';
import type { RunResult } from '../../contract/run-result.js';
import type { FaultWatch } from '../../workloads/workload-hooks.js';
import type { OpenRunFaults } from './fault-room.js';

export interface FaultyRun {
  readonly result: RunResult;
  /** Resolves when the cluster is as before. RunError where it does not come back. */
  readonly makeWhole: () => Promise<void>;
}

export async function runWithFaults(
  open: OpenRunFaults,
  faults: readonly FaultSettings[],
  { topic, audited }: { readonly topic: string; readonly audited: boolean },
  run: (watch: FaultWatch) => Promise<RunResult>,
): Promise<FaultyRun> {
  const { timeLine, makeWhole } = await open(faults, topic);
  const watch: FaultWatch = {
    start: (atMs) => timeLine.start(atMs),
    members: (change) => timeLine.useMembers(change),
    events: () => timeLine.events(),
    mend: async (completed) => {
      await timeLine.end(completed);
      await timeLine.heal();
      // Whoever needs it whole says so itself; a cluster that does not come back is told after it.
      if (audited) await makeWhole().catch(() => undefined);
    },
  };
  let result: RunResult | null = null;
  try {
    result = await run(watch);
  } finally {
    await timeLine.end(result?.status === 'completed');
    await timeLine.heal();
  }
  return { result: withEvents(result, timeLine), makeWhole };
}

interface Played {
  events(): RunResult['faults'];
  readonly failure: string | null;
}

/** What could not be done was not measured either: such a run is none of its point. */
function withEvents(result: RunResult, played: Played): RunResult {
  const told = { ...result, faults: played.events() };
  const { failure } = played;
  if (failure === null || result.status === 'stopped') return told;
  const message = result.failure === null ? failure : `${result.failure.message}. ${failure}`;
  const remedy = result.failure?.remedy ?? 'see faults in the YAML, and the events of this run';
  return { ...told, status: 'failed', failure: { message, remedy } };
}
