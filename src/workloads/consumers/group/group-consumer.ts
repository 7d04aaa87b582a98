// Consumer groups beside a run: N groups of M members, each member a process of a client of its
// own. Each group reads all of the topic; what its members tell goes into one meter. Runs in the
// thread of a run's consumer.
import { RunError } from '../../../base/errors.js';
import { sleep } from '../../../base/time-limit.js';
import { threadEntry } from '../../../base/thread-entry.js';
import type { MemberChange } from '../../../contract/faults.js';
import type { MemberProgram, RunSpec, WorkerShare } from '../../../contract/run-spec.js';
import type { GroupSettings } from '../../../contract/settings.js';
import { openReader, type Isolation } from '../../../reader/index.js';
import { StampReader } from '../../audit/stamp.js';
import { openAccess } from '../../drivers/run-access.js';
import { shareOf } from '../../load/run-share.js';
import { HealthMonitor } from '../../measure/health.js';
import { commonNow } from '../../threads/barrier.js';
import { SharedState } from '../../threads/shared-state.js';
import { awaitReceived } from '../await-received.js';
import type { Consumed, Consumer, ConsumerTask, StreamConsumed } from '../consumer.js';
import { cpuOf } from '../consumer-cpu.js';
import { isolationOf } from '../reading-settings.js';
import { LogEnds, type Ends } from '../log-ends.js';
import { OriginTimes } from '../origin-times.js';
import { missedStart, startWasMissed } from '../start-after.js';
import { StreamMeter } from '../stream-meter.js';
import { memberProperties } from './member-properties.js';
import { RunningGroup } from './running-group.js';

const POLL_MS = 20;
/** How often the ends of the log are looked up. */
const LOOK_MS = 500;
/** From its start until a group has all partitions. */
const JOIN_MS = 60_000;
/** kafkajs does not tell how far markers of transactions were read. */
const TRANSACTIONS_SILENCE_MS = 2000;

interface Standing {
  readonly ends: LogEnds;
  readonly groups: readonly RunningGroup[];
}

export class GroupConsumer implements Consumer {
  readonly failure: Promise<never>;
  private fail: (error: unknown) => void = () => undefined;
  private readonly state: SharedState;
  private readonly origins: OriginTimes;
  private readonly isolation: Isolation;
  private standing: Standing | null = null;
  private closed = false;
  /** When the ends of the log are looked up next; Infinity while they are. */
  private lookMs = 0;
  private look: Promise<void> = Promise.resolve();
  private finishing = false;
  private timer: NodeJS.Timeout | undefined;
  private health: HealthMonitor | null = null;

  constructor(
    private readonly task: ConsumerTask,
    private readonly settings: GroupSettings,
  ) {
    const { spec, shared, sentTimes } = task;
    this.isolation = isolationOf(spec.settings);
    this.state = new SharedState(shared, shareOf(spec).workers);
    this.origins = new OriginTimes(spec, this.state, sentTimes);
    this.failure = new Promise((_resolve, reject) => (this.fail = reject));
    this.failure.catch(() => undefined);
  }

  async begin(): Promise<void> {
    const { spec, stamp } = this.task;
    const share = shareOf(spec);
    const access = await openAccess(spec);
    const ends = new LogEnds(spec.topicName, this.isolation, (isolation) =>
      openReader({
        bootstrap: spec.bootstrap,
        ...(access === null ? {} : { access }),
        isolation,
      }),
    );
    const from = await ends.now();
    if (this.closed) {
      ends.close();
      return;
    }
    const groups = Array.from({ length: this.settings.groups }, (_each, index) => {
      const meter = new StreamMeter(stamp, share, this.origins, from);
      const name = `${spec.topicName}${ofAgent(share)}-group-${index + 1}`;
      const spares = index === 0 && share.first === 0 ? membersToAdd(spec) : 0;
      return this.group(name, meter, { partitions: from.length, spares });
    });
    this.standing = { ends, groups };
    this.timer = setInterval(() => this.tick(groups), POLL_MS);
    const { startAfterMs } = this.settings;
    if (startAfterMs === undefined) await this.join(groups);
    else this.startLate(startAfterMs, ends, groups).catch(this.fail);
  }

  async changeMember(change: MemberChange): Promise<void> {
    const first = this.standing?.groups.at(0);
    if (first === undefined) throw new RunError('there is no group whose members could change');
    await first.change(change);
  }

  async finish(): Promise<Consumed | null> {
    const startMs = this.origins.start();
    if (this.standing === null || startMs === null) return null;
    const { ends, groups } = this.standing;
    const sentMs = commonNow();
    const stopped = (): boolean => this.state.stopped;
    const late = { startAfterMs: this.settings.startAfterMs, producedMs: sentMs - startMs };
    if (startWasMissed(late)) {
      if (stopped()) return null;
      throw missedStart(late);
    }
    this.finishing = true;
    await this.look;
    const left = await ends.settled(stopped);
    await awaitReceived({
      ...{ meters: groups.map(({ meter }) => meter), ends: left, measuredMs: sentMs - startMs },
      ...{ stopped, failure: this.failure },
      // What a killed member had is read once the broker has missed it.
      vacantMs: Math.max(0, ...groups.map((group) => group.vacantUntilMs - performance.now())),
      ...(this.task.spec.settings.workload.transaction === null
        ? {}
        : { silenceMs: TRANSACTIONS_SILENCE_MS }),
    });
    const streams = groups.map((group) => streamOf(group, left, startMs, sentMs));
    return {
      ...{ isolation: this.isolation, streams, ...cpuOf(this.health) },
      clockErrorMs:
        this.state.clockErrorMs + Math.max(...groups.map((group) => group.clockErrorMs)),
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    const { ends, groups = [] } = this.standing ?? {};
    await Promise.all(groups.map((group) => group.close()));
    ends?.close();
  }

  private group(
    name: string,
    meter: StreamMeter,
    more: { readonly partitions: number; readonly spares: number },
  ): RunningGroup {
    const { spec } = this.task;
    return new RunningGroup({
      ...{ name, meter, members: this.settings.members, ...more },
      program: spec.memberProgram ?? KAFKAJS,
      ...{ stamp: new StampReader(), sinceMs: () => this.origins.start() },
      order: {
        ...{ bootstrap: spec.bootstrap, topic: spec.topicName, group: name },
        ...{ isolation: this.isolation, properties: memberProperties(this.settings.properties) },
        fromBeginning: spec.settings.topic.kind === 'fresh',
      },
      onFailure: this.fail,
    });
  }

  private async join(groups: readonly RunningGroup[]): Promise<void> {
    await Promise.race([Promise.all(groups.map((group) => group.start())), this.failure]);
    const endMs = performance.now() + JOIN_MS;
    while (!groups.every(({ isWhole }) => isWhole) && !this.closed) {
      if (performance.now() > endMs) {
        const { name } = groups.find(({ isWhole }) => !isWhole)!;
        throw new RunError(
          `group ${name} has not got all partitions within ${JOIN_MS / 1000} s`,
          'see that the brokers have a group coordinator (offsets.topic.replication.factor), ' +
            'and that this user may read the group',
        );
      }
      await Promise.race([sleep(POLL_MS), this.failure]);
    }
  }

  private async startLate(afterMs: number, ends: LogEnds, groups: readonly RunningGroup[]) {
    const leftMs = (): number => (this.origins.start() ?? Infinity) + afterMs - commonNow();
    while (!this.closed && leftMs() > 0) await sleep(POLL_MS);
    if (this.closed) return;
    await this.look;
    // No other look-up meanwhile: they share a reader.
    this.lookMs = Infinity;
    const now = await ends.now();
    this.lookMs = commonNow() + LOOK_MS;
    for (const { meter } of groups) meter.beginBehind(now, commonNow());
    await this.join(groups);
  }

  private tick(groups: readonly RunningGroup[]): void {
    const startMs = this.origins.start();
    const nowMs = commonNow();
    if (startMs === null || nowMs < startMs) return;
    this.health ??= new HealthMonitor();
    for (const { meter } of groups) meter.endIntervals(nowMs);
    if (nowMs < this.lookMs) return;
    this.lookMs = Infinity;
    this.look = this.lookedUp(groups);
  }

  /** Members say where a partition ends with what they receive of it: of the rest nobody does. */
  private async lookedUp(groups: readonly RunningGroup[]): Promise<void> {
    const { standing } = this;
    if (standing === null || this.finishing) return;
    try {
      const ends = await standing.ends.now();
      for (const { meter } of groups) meter.endsAt(ends);
    } catch {
      // A broker is away: the next one is asked.
    }
    this.lookMs = commonNow() + LOOK_MS;
  }
}

/** Each agent has groups of its own; agents have as many workers each. */
const ofAgent = ({ first, workers, of }: WorkerShare): string =>
  workers === of ? '' : `-agent-${first / workers + 1}`;

/** Of the run's first group. */
const membersToAdd = ({ settings: { faults = [] } }: RunSpec): number =>
  faults.filter((fault) => fault.kind === 'member' && fault.member === 'add').length;

const KAFKAJS: MemberProgram = {
  command: process.execPath,
  args: [threadEntry(import.meta.url, './kafkajs-member.js')],
};

function streamOf(
  group: RunningGroup,
  ends: Ends,
  startMs: number,
  sentMs: number,
): StreamConsumed {
  const { meter } = group;
  const unread = meter.behind(ends.stable);
  if (unread > 0) meter.pausedUntil(sentMs);
  return {
    ...meter.finish(startMs, commonNow()),
    ...{ unread, undecided: meter.behind(ends.latest) - unread },
    drainMs: Math.max(0, meter.lastReceivedMs - sentMs),
    group: group.facts(),
  };
}
