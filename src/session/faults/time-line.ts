// The faults of one run, each at its time from the measured start on, and what undoes them. Owned
// by execute.ts for the length of the run; afterwards `heal` leaves nothing broken. What happened
// is in the events; a fault that could not be done is in `failure`, and makes the run a failed one.
import { effectLabel, whatOf } from '../../contract/fault-label.js';
import type {
  FaultEvent,
  FaultSettings,
  MemberChange,
  MemberFault,
  NetworkFault,
  RunFault,
} from '../../contract/faults.js';
import { formatMs } from '../../base/units.js';
import type { ClusterState } from '../../targets/external/cluster-state.js';
import type { FaultableCluster, FaultNode } from '../../targets/faultable-cluster.js';
import { commonNow } from '../../workloads/threads/barrier.js';
import { runFaultProgram } from './fault-program.js';
import { waitUntil } from './wait-until.js';
import { nodeName, nodesOf } from './whom.js';

/** Who is meant is found out so much before it is due. */
const LEAD_MS = 250;

export interface TimeLineOptions {
  readonly faults: readonly FaultSettings[];
  /** Null: not kbench's own, where only programs do anything. */
  readonly cluster: FaultableCluster | null;
  /** Of the run's topic. */
  readonly state: () => Promise<ClusterState>;
  /** Where programs are started. */
  readonly folder: string;
  /** The user's first: what is kbench's own ends with it, and need not be mended. */
  readonly stop: AbortSignal;
}

interface Harm {
  readonly fault: number;
  /** On someone's own cluster: it is undone even where the user has stopped. */
  readonly byProgram: boolean;
  readonly undo: (plannedMs: number) => Promise<void>;
}

/** Of what a cluster's nodes can be hit by. */
type NodeFault = Exclude<FaultSettings, RunFault | MemberFault>;
type Action = FaultEvent['action'];
type Ending = Partial<Pick<FaultEvent, 'note' | 'exitCode' | 'output'>>;

export class FaultTimeLine {
  private readonly log: FaultEvent[] = [];
  private readonly problems: string[] = [];
  private readonly over = new AbortController();
  /** What is broken now, by whom it hit or by its program. */
  private readonly harms = new Map<string, Harm>();
  private readonly begun = new Set<number>();
  /** Null: nothing consumes. */
  private changeMember: ((change: MemberChange) => Promise<void>) | null = null;
  private startMs: number | null = null;
  private playing: Promise<unknown> = Promise.resolve();
  private ended = false;

  constructor(private readonly options: TimeLineOptions) {}

  /** The measured part begins at this instant of the clock that all threads share. */
  start(startMs: number): void {
    if (this.startMs !== null) return;
    this.startMs = startMs;
    const { faults } = this.options;
    this.playing = Promise.all(faults.map((fault, index) => this.play(fault, index)));
  }

  /** Of the run's first consumer group. */
  useMembers(change: (change: MemberChange) => Promise<void>): void {
    this.changeMember = change;
  }

  /** What has been begun, in order of time; what is under way has no end yet. */
  events(): FaultEvent[] {
    return this.log.map((event) => ({ ...event })).sort((a, b) => a.atMs - b.atMs);
  }

  /** Begins nothing more. `completed`: the run came to its end, so all should have been done. */
  async end(completed: boolean): Promise<void> {
    this.over.abort();
    await orAborted(this.playing, this.options.stop);
    if (!completed || this.ended) return;
    this.ended = true;
    const endedMs = this.now();
    for (const [index, fault] of this.options.faults.entries()) {
      if (this.begun.has(index)) continue;
      const over = `the run was over after ${formatMs(Math.round(endedMs))}`;
      this.problems.push(
        this.startMs === null ? `${of(fault)}: the run never began` : `${of(fault)}: ${over}`,
      );
    }
  }

  /** Undoes whatever is still broken; what cannot be undone is a problem more. */
  async heal(): Promise<void> {
    const left = [...this.harms.entries()];
    for (const [name, { undo, byProgram }] of left) {
      this.harms.delete(name);
      if (this.options.stop.aborted && !byProgram) continue;
      await undo(this.now());
    }
  }

  /** Why what was planned did not come about; null where all of it did. */
  get failure(): string | null {
    return this.problems.length === 0 ? null : this.problems.join('; ');
  }

  private now(): number {
    return this.startMs === null ? 0 : Math.round((commonNow() - this.startMs) * 1000) / 1000;
  }

  private until(atMs: number): Promise<boolean> {
    return waitUntil((this.startMs ?? 0) + atMs, this.over.signal);
  }

  private async play(fault: FaultSettings, index: number): Promise<void> {
    try {
      if (!(await this.until(fault.atMs - LEAD_MS))) return;
      if (fault.kind === 'run') {
        await this.playProgram(fault, index);
        return;
      }
      if (fault.kind === 'member') {
        await this.playMember(fault, index);
        return;
      }
      const { cluster, state } = this.options;
      if (cluster === null) throw new Error('this cluster is not kbench’s own');
      const nodes = await nodesOf(fault.target, cluster, state);
      if (!(await this.until(fault.atMs))) return;
      this.begun.add(index);
      await Promise.all(nodes.map((node) => this.hit(fault, index, node, cluster)));
    } catch (error) {
      this.begun.add(index);
      this.problems.push(`${of(fault)} could not be done: ${textOf(error)}`);
    }
  }

  private async hit(
    fault: NodeFault,
    index: number,
    node: FaultNode,
    cluster: FaultableCluster,
  ): Promise<void> {
    const name = nodeName(node);
    const before = this.harms.get(name);
    if (before !== undefined) {
      const other = this.options.faults[before.fault];
      throw new Error(`${name} is hit by ${whatOf(other)} already`);
    }
    const { act, undone, undo, note } = deedOf(fault, node, cluster);
    const undoing = (plannedMs: number): Promise<void> =>
      this.record(index, plannedMs, undone, name, async () => {
        await undo();
        return {};
      });
    const lasts = fault.kind !== 'network' || fault.forMs !== null;
    if (lasts) this.harms.set(name, { fault: index, byProgram: false, undo: undoing });
    await this.record(index, fault.atMs, fault.kind, name, async () => {
      await act();
      return { note };
    });
    if (!lasts) return undo();
    const spanMs = 'restartAfterMs' in fault ? fault.restartAfterMs : fault.forMs;
    if (spanMs !== null) await this.endOf(name, fault.atMs + spanMs);
  }

  private async playMember({ atMs, member }: MemberFault, index: number): Promise<void> {
    if (!(await this.until(atMs))) return;
    this.begun.add(index);
    await this.record(index, atMs, 'member', member, async () => {
      if (this.changeMember === null) throw new Error('the run has no consumer group');
      await this.changeMember(member);
      return {};
    });
  }

  private async playProgram(fault: RunFault, index: number): Promise<void> {
    if (!(await this.until(fault.atMs))) return;
    this.begun.add(index);
    const { folder } = this.options;
    const program = (words: readonly string[]) => async (): Promise<Ending> => {
      const { failure, ...end } = await runFaultProgram(words, { ...fault, folder });
      if (failure !== null) throw new ProgramFailure(failure, end);
      return end;
    };
    const { run, after } = fault;
    const name = `run ${index}`;
    if (after !== null) {
      const undo = (plannedMs: number): Promise<void> =>
        this.record(index, plannedMs, 'after', after.join(' '), program(after));
      this.harms.set(name, { fault: index, byProgram: true, undo });
    }
    await this.record(index, fault.atMs, 'run', run.join(' '), program(run));
    if (after !== null && fault.forMs !== null) await this.endOf(name, fault.atMs + fault.forMs);
  }

  /** Undoes it at its time; where the run is over before, `heal` does. */
  private async endOf(name: string, atMs: number): Promise<void> {
    if (!(await this.until(atMs))) return;
    const harm = this.harms.get(name);
    this.harms.delete(name);
    await harm?.undo(atMs);
  }

  /** One event, from its begin to its end. A failure is a problem, and no error. */
  private async record(
    fault: number,
    plannedMs: number,
    action: Action,
    target: string,
    work: () => Promise<Ending>,
  ): Promise<void> {
    const event: FaultEvent = {
      ...{ fault, plannedMs, atMs: this.now(), action, target },
      ...{ doneAtMs: null, note: '' },
    };
    const at = this.log.push(event) - 1;
    try {
      const ending = await work();
      this.log[at] = { ...event, doneAtMs: this.now(), ...ending };
    } catch (error) {
      const more = error instanceof ProgramFailure ? error.end : {};
      this.log[at] = { ...event, ...more, note: textOf(error) };
      const what = `${action} ${target} at ${formatMs(Math.round(plannedMs))}`;
      this.problems.push(`${what} could not be done: ${textOf(error)}`);
    }
  }
}

class ProgramFailure extends Error {
  constructor(
    message: string,
    readonly end: Ending,
  ) {
    super(message);
  }
}

interface Deed {
  readonly act: () => Promise<void>;
  readonly undone: Action;
  readonly undo: () => Promise<void>;
  readonly note: string;
}

function deedOf(fault: NodeFault, node: FaultNode, cluster: FaultableCluster): Deed {
  switch (fault.kind) {
    case 'kill':
    case 'stop':
      return {
        act: () => cluster[fault.kind](node),
        ...{ undone: 'start', undo: () => cluster.start(node), note: '' },
      };
    case 'pause':
      return {
        act: () => cluster.pause(node),
        ...{ undone: 'resume', undo: () => cluster.resume(node), note: '' },
      };
    case 'network':
      return networkDeed(fault, node, cluster);
  }
}

const networkDeed = (
  { effect }: NetworkFault,
  { id }: FaultNode,
  cluster: FaultableCluster,
): Deed => ({
  act: () => cluster.network(id, effect),
  ...{ undone: 'heal', undo: () => cluster.network(id, null), note: effectLabel(effect) },
});

/** The signal is a whole sweep's: no run may leave a listener on it. */
async function orAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const of = (fault: FaultSettings): string => `${whatOf(fault)} at ${formatMs(fault.atMs)}`;
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
