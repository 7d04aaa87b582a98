// What kbench tells a user about runs that cannot be trusted: a label for a table's cell and advice
// in a sentence, for every verdict code of the contract (a new code does not compile until it has
// both), and the counting of reasons over runs.
import { isOneOf, type LaterCode } from '../../contract/later.js';
import {
  runStatuses,
  severities,
  type RunResult,
  type VerdictCode,
} from '../../contract/run-result.js';
import { isUsable } from '../../contract/usable.js';
import { printable } from '../text/format.js';
import { sameWords } from '../text/said-once.js';

/** Beside the contract's codes: the run failed, or the user ended it early. */
export type KnownCode = VerdictCode | 'failed' | 'stopped';
export type ReasonCode = KnownCode | LaterCode;

interface Wording {
  /** At most 13 characters, for a table's cell. */
  readonly label: string;
  readonly advice: string;
}

export const WORDING: Readonly<Record<KnownCode, Wording>> = {
  'generator-saturated': {
    label: 'saturated',
    advice:
      'This machine was the limit, not the cluster. ' +
      'Use more workload.workers, a lower rate, larger batches, or a machine with free cores.',
  },
  'event-loop-lag': {
    label: 'loop lag',
    advice:
      'Acknowledgements waited for the client, so latencies read too high. ' +
      'Leave a core free for each worker and stop other load on this machine.',
  },
  'gc-pause': {
    label: 'GC pause',
    advice:
      "The client's garbage collector paused during the run. " +
      'Give young objects more room (NODE_OPTIONS=--max-semi-space-size=64), ' +
      'free memory on this machine, or make the run longer, so that one pause weighs less.',
  },
  'clock-jump': {
    label: 'clock jump',
    advice:
      'The wall clock was set during the run. ' +
      'Let the time service settle (chronyc tracking), then make the run again.',
  },
  'cpu-throttled': {
    label: 'CPU quota',
    advice:
      'The container may not use more CPU. Raise its limit (or leave it out), ' +
      'or use fewer workers or a lower rate.',
  },
  'agents-uneven': {
    label: 'uneven agents',
    advice:
      'One agent sent more or less than its share: its machine is slower, busier or further away ' +
      'than the others. See `kbench report --per agent`, and use machines that are alike.',
  },
  'agents-apart': {
    label: 'agents apart',
    advice:
      'The agents did not begin together, so the first records met less load than was asked for. ' +
      'Leave the late machine a free core, or look at its way to the coordinator.',
  },
  errors: {
    label: 'errors',
    advice:
      'Records failed. Read the causes in the runs/ files; ' +
      'timeouts, replicas and quotas are the usual places to look.',
  },
  'backlog-growing': {
    label: 'backlog',
    advice:
      'The rate is above what the cluster takes, so latency grows with the length of the run. ' +
      'Lower the rate to measure latency.',
  },
  'consumer-lag': {
    label: 'consumer lag',
    advice:
      'The consumer did not keep up, so end-to-end times grow with the length of the run. ' +
      'Lower the rate, or raise what a fetch brings (fetch.min.bytes, max.partition.fetch.bytes).',
  },
  'buffer-memory': {
    label: 'buffer.memory',
    advice:
      'Raise buffer.memory to at least partitions x batch.size, or lower batch.size: ' +
      'as in Java, every batch is ready as soon as one append waits for memory.',
  },
  outage: {
    label: 'outage',
    advice:
      'The cluster, or a part of it, did not answer. What happened counts and is in ' +
      "the latencies: see the brokers' logs and the network at that time.",
  },
  'driver-behind': {
    label: 'client behind',
    advice:
      'The client could not send at this rate, so latency grows with the length of the run. ' +
      'Give it more workload.workers or a lower rate; ' +
      'if kbench’s own producer (driver: core) keeps up here, the client is the limit.',
  },
  'no-records': {
    label: 'no records',
    advice:
      'Nothing was acknowledged in the measured part. ' +
      'Make the run longer or the warm-up shorter, and look for errors.',
  },
  'target-embedded': {
    label: 'embedded',
    advice:
      'The embedded cluster keeps nothing and replicates nothing: ' +
      'use it to try kbench, not to judge Kafka.',
  },
  failed: {
    label: 'failed',
    advice: 'Mend the cause; `kbench run --resume` makes failed runs again.',
  },
  stopped: {
    label: 'stopped early',
    advice:
      'Ended by the user. What was measured until then counts until ' +
      '`kbench run --resume` makes the run again.',
  },
};

/** Any code's, those that a later version added included. */
export function wordingOf(code: ReasonCode): Wording {
  if (Object.hasOwn(WORDING, code)) return WORDING[code as KnownCode];
  return {
    label: `unknown code ${printable(code, 40)} (a later version's)`,
    advice: 'A later version of kbench gave it: read its message, or update kbench for its advice.',
  };
}

/** The code, and that it is unknown where it is. */
export const codeText = (code: ReasonCode): string =>
  Object.hasOwn(WORDING, code) ? code : wordingOf(code).label;

export interface Reason {
  readonly code: ReasonCode;
  /** `failed` and `invalid` keep a run out of the figures, `warning` does not. */
  readonly severity: 'failed' | 'invalid' | 'warning';
  /** As the worst run that has it words it. */
  message: string;
  /** What to do, where that run says other than the code's own advice. */
  advice?: string;
  /** How many times the limit that run is; 0 where none is told. */
  size: number;
  /** Which runs have it, and where. */
  readonly names: Set<string>;
  readonly points: Set<string>;
}

/** Reasons of one code, gravity and advice: what a note says of them once. */
export interface SameReasons {
  /** At least one, the most frequent first. */
  readonly reasons: readonly Reason[];
  readonly runs: number;
  readonly points: ReadonlySet<string>;
}

export function sameReasons(reasons: readonly Reason[]): SameReasons[] {
  const groups = new Map<string, Reason[]>();
  for (const reason of reasons) {
    const key = `${reason.severity} ${reason.code} ${adviceOf(reason)}`;
    groups.set(key, [...(groups.get(key) ?? []), reason]);
  }
  return [...groups.values()].map((group) => ({
    reasons: group,
    runs: new Set(group.flatMap(({ names }) => [...names])).size,
    points: new Set(group.flatMap(({ points }) => [...points])),
  }));
}

/** The labels of what is so grave, each once; not what a whole sweep has for its target. */
export function labelsOf(
  reasons: readonly { readonly code: ReasonCode; readonly severity: string }[],
  severity: Reason['severity'],
): string {
  const own = reasons.filter(
    (reason) => reason.severity === severity && reason.code !== 'target-embedded',
  );
  return [...new Set(own.map(({ code }) => wordingOf(code).label))].join(', ');
}

/** A verdict over runs in a table's cell, the gravest first; none where there is nothing. */
export function verdictParts(
  { failed = 0, invalid, of }: { readonly failed?: number; invalid: number; of: number },
  labels: (severity: Reason['severity']) => string,
): string[] {
  const count = (runs: number): string => (runs === of ? '' : `${runs} `);
  const care = labels('warning');
  return [
    ...(failed > 0 ? [`${count(failed)}failed`] : []),
    ...(invalid > 0 ? [`${count(invalid)}invalid: ${labels('invalid') || 'no figures'}`] : []),
    ...(care === '' ? [] : [`care: ${care}`]),
  ];
}

/** A run whose figures may enter medians: it measured, did not fail, and its own verdict holds. */
export function isCounted(run: RunResult): boolean {
  if (!isOneOf(runStatuses, run.status) || run.status === 'failed') return false;
  return isUsable(run.measurement) && run.measurement.verdict.valid;
}

/** Reasons that lie with the machine that kbench ran on: they say nothing of what was measured. */
const MACHINE_CODES: readonly string[] = [
  'generator-saturated',
  'event-loop-lag',
  'gc-pause',
  'clock-jump',
  'cpu-throttled',
  'agents-uneven',
  'agents-apart',
];

/** Measured, and invalid for such reasons alone. */
export function failedByMachine(run: RunResult): boolean {
  const grave = reasonsOfRun(run).filter(({ severity }) => severity !== 'warning');
  return grave.length > 0 && grave.every(({ code }) => MACHINE_CODES.includes(code));
}

/**
 * The distinct reasons over `runs`, the gravest first. Two messages that differ only in their
 * numbers are one reason: "lag p99 12 ms" and "lag p99 15 ms" need not be read twice.
 */
export function collectReasons(runs: readonly RunResult[]): Reason[] {
  const found = new Map<string, Reason>();
  for (const run of runs) {
    const seen = new Set<string>();
    for (const { code, severity, message, advice, size } of reasonsOfRun(run)) {
      const key = `${severity} ${code} ${sameWords(message)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const known = found.get(key);
      const told = { message, size, ...(advice === undefined ? {} : { advice }) };
      if (known === undefined) {
        const [names, points] = [new Set([run.run]), new Set([run.point])];
        found.set(key, { code, severity, ...told, names, points });
      } else {
        known.names.add(run.run);
        known.points.add(run.point);
        if (size > known.size) Object.assign(known, told);
      }
    }
  }
  const grave = { failed: 0, invalid: 1, warning: 2 } as const;
  return [...found.values()].sort(
    (a, b) => grave[a.severity] - grave[b.severity] || b.names.size - a.names.size,
  );
}

export type RunReason = Pick<Reason, 'code' | 'severity' | 'message' | 'advice' | 'size'>;

/** What to do about it. */
export const adviceOf = ({ code, advice }: Pick<Reason, 'code' | 'advice'>): string =>
  advice ?? wordingOf(code).advice;

/** Everything that one run has against it. */
export function reasonsOfRun(run: RunResult): RunReason[] {
  const { valid, reasons: told } = run.measurement?.verdict ?? { valid: false, reasons: [] };
  const reasons = told.map(({ code, severity, message, advice, size = 0 }): RunReason => ({
    code,
    // One that a later version added is as grave as its run's verdict.
    severity: isOneOf(severities, severity) ? severity : valid ? 'warning' : 'invalid',
    message,
    size,
    ...(advice === undefined ? {} : { advice }),
  }));
  if (!isOneOf(runStatuses, run.status)) {
    const message = run.failure?.message ?? 'this kbench does not know that status of a run';
    reasons.unshift({ code: run.status, severity: 'invalid', message, size: 0 });
  }
  if (run.status === 'failed') {
    reasons.unshift({
      code: 'failed',
      severity: 'failed',
      message: run.failure?.message ?? 'the run failed',
      size: 0,
    });
  }
  if (run.status === 'stopped') {
    // With nothing to count it is as good as failed.
    const severity = isUsable(run.measurement) ? 'warning' : 'failed';
    reasons.push({ code: 'stopped', severity, message: 'ended early by the user', size: 0 });
  }
  return reasons;
}
