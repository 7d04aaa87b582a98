// What an agent's consumers received, on its way to the coordinator: lists that grow with the run
// in pieces of bounded size, the rest with the agent's last word, put together and checked at the
// other end.
import type { ConsumedGroup, ConsumerInterval } from '../../contract/consumers.js';
import type { Consumed, GroupFacts, StreamConsumed } from '../../workloads/consumers/consumer.js';
import { FrameError } from './frames.js';

/** As many groups as a sweep may ask for; a reader is one. */
export const MOST_STREAMS = 32;
/** In one piece: with the lags of 64 partitions each less than a megabyte. */
export const MOST_INTERVALS = 1000;
/** In one piece; each may name all partitions. */
export const MOST_EVENTS = 50;
/** More than a week of them. */
const MOST_ENTRIES = 1_000_000;

type GroupEvent = ConsumedGroup['events'][number];

/** A piece of what one stream told; streams are counted from 0. */
export type ConsumedPart =
  | {
      readonly part: 'intervals';
      readonly stream: number;
      readonly intervals: readonly ConsumerInterval[];
    }
  | { readonly part: 'events'; readonly stream: number; readonly events: readonly GroupEvent[] };

/** Without what goes in pieces. */
export type ConsumedHead = Omit<Consumed, 'streams'> & {
  readonly streams: readonly (Omit<StreamConsumed, 'intervals' | 'group'> & {
    readonly group?: Omit<GroupFacts, 'events'> | undefined;
  })[];
};

export function headOf(consumed: Consumed): ConsumedHead {
  const streams = consumed.streams.map(({ group, ...stream }) => ({
    ...stream,
    intervals: [],
    ...(group === undefined ? {} : { group: { name: group.name, members: group.members } }),
  }));
  return { ...consumed, streams };
}

export function* consumedParts({ streams }: Consumed): Generator<ConsumedPart> {
  for (const [stream, { intervals, group }] of streams.entries()) {
    for (const some of pieces(intervals, MOST_INTERVALS))
      yield { part: 'intervals', stream, intervals: some };
    for (const some of pieces(group?.events ?? [], MOST_EVENTS))
      yield { part: 'events', stream, events: some };
  }
}

function* pieces<T>(list: readonly T[], most: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += most) yield list.slice(at, at + most);
}

/** Of one agent's consumers, as the pieces come in. */
export class ConsumedAssembly {
  private readonly intervals = new Map<number, ConsumerInterval[]>();
  private readonly events = new Map<number, GroupEvent[]>();

  /** Throws FrameError where there is more than any run tells. */
  add(part: ConsumedPart): void {
    if (part.part === 'intervals') append(this.intervals, part.stream, part.intervals);
    else append(this.events, part.stream, part.events);
  }

  whole(head: ConsumedHead): Consumed {
    const streams = head.streams.map(({ group, ...stream }, at): StreamConsumed => ({
      ...stream,
      intervals: this.intervals.get(at) ?? [],
      ...(group === undefined ? {} : { group: { ...group, events: this.events.get(at) ?? [] } }),
    }));
    return { ...head, streams };
  }
}

function append<T>(lists: Map<number, T[]>, stream: number, some: readonly T[]): void {
  const list = lists.get(stream) ?? [];
  if (list.length + some.length > MOST_ENTRIES)
    throw new FrameError(`more than ${MOST_ENTRIES} entries of one consumer`);
  list.push(...some);
  lists.set(stream, list);
}
