// What one run is asked to do: from sweep to workloads. Plain data that can be cloned into a worker
// thread.
import type { PlannedRun } from './plan.js';
import type { PointSettings, SecuritySettings } from './settings.js';

/** Workers `first` to `first + workers` of all that the run has, counted over its agents. */
export interface WorkerShare {
  readonly first: number;
  readonly workers: number;
  readonly of: number;
}

/** What is started as a member of a consumer group. */
export interface MemberProgram {
  readonly command: string;
  readonly args: readonly string[];
}

export interface RunSpec extends PlannedRun {
  /** `host:port`, at least one. */
  readonly bootstrap: readonly string[];
  /** Left out: PLAINTEXT. Each worker resolves its references for itself. */
  readonly security?: SecuritySettings;
  /** The topic to produce to; it exists when the run starts. */
  readonly topicName: string;
  readonly settings: PointSettings;
  /**
   * What the workers' transactional ids begin with: of this run alone, as another producer of the
   * same id would be fenced.
   */
  readonly transactionalIdPrefix: string;
  /**
   * The broker runs in this very process: CPU is then told per thread, and a busy generator is no
   * fault.
   */
  readonly embeddedTarget: boolean;
  /** Relays that clients come by way of run in this very process. */
  readonly relayedTarget?: boolean;
  /**
   * Folder that relative module paths in the producer's settings start from; left out: the working
   * directory.
   */
  readonly modulesFrom?: string;
  /** The workers that this process runs; left out: all of them. */
  readonly share?: WorkerShare;
  /** Of consumer groups by another client than kafkajs. */
  readonly memberProgram?: MemberProgram;
  /** Of the topic, where the run is audited; null where the cluster did not tell. */
  readonly minInsyncReplicas?: number | null;
}
