// The coordinator's faults, as the share of an agent sees them: the coordinator breaks and mends,
// here a group's members change when it says so, and consumers wait for its word that no agent
// produces any more. Made by serve-coordinator for each share.
import { Deferred } from '../../base/deferred.js';
import { RunError } from '../../base/errors.js';
import type { FaultEvent, MemberChange } from '../../contract/faults.js';
import type { FaultWatch } from '../../workloads/workload-hooks.js';

export class FarFaults implements FaultWatch {
  private change: ((change: MemberChange) => Promise<void>) | null = null;
  private readonly ended = new Deferred<void>();

  /** `tellProduced`: this share's workers are done. */
  constructor(private readonly tellProduced: () => void) {}

  start(): void {
    // The coordinator agreed on it.
  }

  members(change: (change: MemberChange) => Promise<void>): void {
    this.change = change;
  }

  /** Until all agents have produced, and what was broken is mended. */
  async mend(): Promise<void> {
    this.tellProduced();
    await this.ended.promise;
  }

  events(): readonly FaultEvent[] {
    return [];
  }

  /** The coordinator says so, or there is nothing to wait for any more. */
  allProduced(): void {
    this.ended.resolve();
  }

  /** As the coordinator asks. */
  async changeMember(change: MemberChange): Promise<void> {
    if (this.change === null) throw new RunError('no consumer group has begun here');
    await this.change(change);
  }
}
