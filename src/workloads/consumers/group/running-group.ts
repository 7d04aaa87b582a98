// One consumer group: its members, which partitions they have, what they receive. Members are
// added, removed and killed while it runs. Made by group-consumer.
import type { MemberChange } from '../../../contract/faults.js';
import type { MemberProgram } from '../../../contract/run-spec.js';
import { RunError } from '../../../base/errors.js';
import type { StampReader } from '../../audit/stamp.js';
import { STAMP_BYTES } from '../../audit/stamp.js';
import { commonNow } from '../../threads/barrier.js';
import type { GroupFacts } from '../consumer.js';
import type { StreamMeter } from '../stream-meter.js';
import { GroupMember } from './group-member.js';
import type { MemberEvent, MemberOrder, ReceivedRecords } from './member-frames.js';

export interface GroupOptions {
  readonly name: string;
  readonly meter: StreamMeter;
  readonly partitions: number;
  readonly members: number;
  /** Members that join while it runs, started before: a start would keep the machine busy then. */
  readonly spares: number;
  readonly program: MemberProgram;
  readonly stamp: StampReader;
  readonly order: Omit<MemberOrder, 'clientId'>;
  /** When the measured part began; null before. */
  readonly sinceMs: () => number | null;
  readonly onFailure: (error: unknown) => void;
}

interface Seat {
  readonly number: number;
  readonly member: GroupMember;
  /** What its clock lacks of this process's. */
  readonly offsetMs: number;
  /** Null while it waits for an assignment, which may be of none. */
  partitions: readonly number[] | null;
}

/** Java's default, and kafkajs' here; of the new protocol the broker's, whose default it is too. */
const SESSION_MS = 45_000;
const sessionMs = (properties: MemberOrder['properties']): number =>
  Number(properties['session.timeout.ms'] ?? SESSION_MS);

/** Kept of a group's events: a member that flaps would fill a result. */
const MOST_EVENTS = 1000;

export class RunningGroup {
  readonly meter: StreamMeter;
  /** Of its members, the largest. */
  clockErrorMs = 0;
  /** Until then, on this process's clock, what a killed member had may be nobody's. */
  vacantUntilMs = 0;
  private readonly seats = new Map<number, Seat>();
  private readonly spares: Seat[] = [];
  private readonly events: { atMs: number; member: number; what: string }[] = [];
  private made = 0;

  constructor(private readonly options: GroupOptions) {
    this.meter = options.meter;
  }

  /**
   * Whether all its members are in, have every partition between them, and each its part: in the
   * new protocol the first to come has all of them, for some seconds.
   */
  get isWhole(): boolean {
    const { partitions } = this.options;
    const held = [...this.seats.values()].map((seat) => seat.partitions);
    const enough = partitions >= held.length;
    const all = held.every((own) => own !== null && (!enough || own.length > 0));
    return all && new Set(held.flatMap((own) => own ?? [])).size === partitions;
  }

  async start(): Promise<void> {
    const { members, spares } = this.options;
    const ready = await Promise.all(
      Array.from({ length: members + spares }, () => this.prepared()),
    );
    this.spares.push(...ready);
    for (const seat of this.spares.splice(0, members)) this.join(seat);
  }

  async change(change: MemberChange): Promise<void> {
    if (change === 'add') {
      this.join(this.spares.shift() ?? (await this.prepared()));
      return;
    }
    const last = [...this.seats.values()].at(-1);
    if (last === undefined) throw new RunError(`group ${this.options.name} has no member left`);
    this.seats.delete(last.number);
    this.note(last.number, change === 'kill' ? 'killed' : 'removed');
    if (change === 'kill' && this.seats.size > 0)
      this.vacantUntilMs = performance.now() + sessionMs(this.options.order.properties);
    await (change === 'kill' ? last.member.kill() : last.member.stop());
  }

  get name(): string {
    return this.options.name;
  }

  facts(): GroupFacts {
    return { name: this.options.name, members: this.options.members, events: this.events };
  }

  async close(): Promise<void> {
    const seats = [...this.seats.values(), ...this.spares.splice(0)];
    this.seats.clear();
    await Promise.all(seats.map(({ member }) => member.stop()));
    this.meter.destroy();
  }

  private join(seat: Seat): void {
    this.seats.set(seat.number, seat);
    this.note(seat.number, 'added');
    seat.member.join();
  }

  /** Started and asked for its clock; in no group yet. */
  private async prepared(): Promise<Seat> {
    const { name, program, order, onFailure } = this.options;
    this.made += 1;
    const number = this.made;
    const member = new GroupMember(
      program,
      { ...order, clientId: `${name}-${number}` },
      {
        onEvent: (event) => this.heard(number, event),
        onRecords: (head, bytes, at, count) => this.received(number, head, bytes, at, count),
        onDeath: (why) => onFailure(new RunError(`member ${number} of group ${name}: ${why}`)),
      },
    );
    const { offsetMs, errorMs } = await member.clock(commonNow);
    this.clockErrorMs = Math.max(this.clockErrorMs, errorMs);
    return { number, member, offsetMs, partitions: null };
  }

  private heard(number: number, event: MemberEvent): void {
    const seat = this.seats.get(number);
    if (seat === undefined) return;
    if (event.event === 'assigned') {
      seat.partitions = event.partitions;
      const list = event.partitions.length === 0 ? 'none' : event.partitions.join(' ');
      this.note(number, `assigned ${list}`);
    } else if (event.event === 'revoked') {
      seat.partitions = null;
      this.note(number, 'rebalancing');
    }
  }

  private received(
    number: number,
    { partition, receivedMs, next, end }: ReceivedRecords,
    bytes: Buffer,
    from: number,
    count: number,
  ): void {
    const { meter } = this;
    const { stamp, partitions } = this.options;
    if (partition >= partitions) return;
    meter.answer(partition, receivedMs + (this.seats.get(number)?.offsetMs ?? 0), end);
    for (let at = from; at < from + count * STAMP_BYTES; at += STAMP_BYTES) {
      stamp.readHead(bytes, at, STAMP_BYTES);
      meter.record(stamp);
    }
    meter.reached(partition, next);
  }

  private note(member: number, what: string): void {
    const startMs = this.options.sinceMs();
    if (this.events.length >= MOST_EVENTS) return;
    this.events.push({ atMs: startMs === null ? 0 : commonNow() - startMs, member, what });
  }
}
