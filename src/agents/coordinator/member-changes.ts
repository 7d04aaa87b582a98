// Faults that change a group's members, where groups live on agents: the first agent is asked, its
// first group takes the change. Made by run-on-agents for each run with consumers.
import { Deferred } from '../../base/deferred.js';
import { RunError } from '../../base/errors.js';
import { bounded } from '../../base/time-limit.js';
import type { MemberChange } from '../../contract/faults.js';
import type { WorkerFailure } from '../../workloads/threads/worker-result.js';

/** Past what a member that is started first has to tell its clock. */
const CHANGE_MS = 90_000;

export class MemberChanges {
  private readonly open = new Map<number, Deferred<void>>();
  private made = 0;
  private over: string | null = null;

  /** `ask`: tells the first agent. */
  constructor(private readonly ask: (id: number, change: MemberChange) => void) {}

  /** Rejects where it could not be done. */
  async make(change: MemberChange): Promise<void> {
    if (this.over !== null) throw new RunError(this.over);
    const id = this.made++;
    const answer = new Deferred<void>();
    this.open.set(id, answer);
    this.ask(id, change);
    try {
      await bounded('changing a group’s members', { limitMs: CHANGE_MS }, () => answer.promise);
    } finally {
      this.open.delete(id);
    }
  }

  /** The agent's answer; `failure`: why not. */
  answered(id: number, failure: WorkerFailure | null): void {
    const answer = this.open.get(id);
    if (failure === null) answer?.resolve();
    else answer?.reject(new RunError(failure.message, failure.remedy));
  }

  /** Nothing is answered any more. */
  end(why: string): void {
    this.over ??= why;
    for (const answer of this.open.values()) answer.reject(new RunError(why));
    this.open.clear();
  }
}
