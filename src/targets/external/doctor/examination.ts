// What `kbench doctor` finds, as plain values: steps in their order, findings with cause and
// remedy, the cluster's figures. Made in this room, printed by commands/doctor; `--json` prints an
// Examination as it is.
import type { CertificateShown } from '../../../connect/security/index.js';

export const EXAMINATION_SCHEMA = 'kbench/doctor@1';

export type Severity = 'warning' | 'problem';
export type StepStatus = 'ok' | Severity | 'skipped';

export type StepName =
  | 'resolve'
  | 'connect'
  | 'tls'
  | 'sasl'
  | 'api-versions'
  | 'metadata'
  | 'controller'
  | 'brokers'
  | 'topics'
  | 'round-trip'
  | 'write'
  | 'read'
  | 'clock'
  | 'permissions';

export interface Step {
  readonly name: StepName;
  /** The address that was given, where the step is about one. */
  readonly address?: string;
  readonly status: StepStatus;
  /** What was found, one line. */
  readonly text: string;
  readonly ms: number;
}

export interface Finding {
  readonly severity: Severity;
  readonly step: StepName;
  /** For programs: `unresolvable`, `under-min-isr`, ... */
  readonly code: string;
  /** What is wrong, and why. */
  readonly cause: string;
  readonly remedy: string;
  readonly broker?: number;
  readonly address?: string;
}

export interface RoundTrip {
  readonly requests: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

export interface ClockDifference {
  /** Of the broker's clock, ahead of this machine's; negative: behind. */
  readonly offsetMs: number;
  /** The true difference lies within so much of it. */
  readonly errorMs: number;
}

export interface ExaminedBroker {
  readonly id: number;
  /** As it advertises itself to clients of this listener. */
  readonly address: string;
  readonly rack: string | null;
  readonly reached: boolean;
  /** Connecting with all handshakes; null where it was not reached. */
  readonly connectMs: number | null;
  readonly roundTrip: RoundTrip | null;
  readonly clock: ClockDifference | null;
}

export interface TopicsState {
  readonly topics: number;
  readonly partitions: number;
  readonly withoutLeader: number;
  /** In-sync replicas are fewer than min.insync.replicas. */
  readonly underMinIsr: number;
  /** In-sync replicas are fewer than replicas. */
  readonly underReplicated: number;
  readonly offlineReplicas: number;
}

export interface ExaminedListener {
  readonly address: string;
  readonly resolved: readonly string[];
  readonly tls: {
    readonly protocol: string;
    readonly cipher: string;
    readonly asksClientCertificate: boolean | null;
    readonly chain: readonly CertificateShown[];
  } | null;
  readonly saslMechanisms: readonly string[] | null;
  /** Release of the broker as far as it tells: `4.3`, `2.3 or newer`. */
  readonly version: string | null;
}

export interface ExaminedCluster {
  readonly id: string | null;
  readonly controller: number | null;
  readonly brokers: readonly ExaminedBroker[];
  readonly topics: TopicsState | null;
}

export type Verdict = 'ok' | 'warning' | 'problem' | 'unreachable';

export interface Examination {
  readonly schema: typeof EXAMINATION_SCHEMA;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly addresses: readonly string[];
  /** `PLAINTEXT`, `SASL_SSL (PLAIN)`. */
  readonly security: string;
  readonly verdict: Verdict;
  readonly listeners: readonly ExaminedListener[];
  /** Null where no address let this client in. */
  readonly cluster: ExaminedCluster | null;
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
}

/** The worst of them; `ok` for none. */
export function worst(findings: readonly Finding[]): 'ok' | Severity {
  if (findings.some(({ severity }) => severity === 'problem')) return 'problem';
  return findings.length > 0 ? 'warning' : 'ok';
}
