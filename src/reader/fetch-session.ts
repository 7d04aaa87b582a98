// One call of Reader.read: a loop for each broker that leads something of it, one fetch under way
// each, the next one sent before the last answer's records are told. Partitions whose leader moved,
// and brokers that are gone, are looked up anew. Must never have two requests on one connection.
import { performance } from 'node:perf_hooks';
import { sleep } from '../base/time-limit.js';
import { StoppedError } from '../base/errors.js';
import { ProbeFailure } from '../connect/cold.js';
import { fetchRequest, type FetchRequest, fetchResponse } from '../wire/apis/all.js';
import type { Decoded } from '../wire/index.js';
import { AbortedTransactions } from './aborted-transactions.js';
import type { BrokerLink, ClusterView } from './cluster-view.js';
import { isolationLevel, lookUpOffsets } from './offset-lookup.js';
import { ReaderError } from './reader-error.js';
import type { Assignment, FetchSettings, Isolation, RecordVisitor } from './reader-types.js';
import { CorruptBatch, tellCorrupt, walkBatches, wholeBatches } from './record-batches.js';
import { ERROR, errorRow, type ErrorCode } from '../wire/error-codes.js';
import type { Walk } from './walk.js';

const RETRY_MS = 50;
const MOST_RETRY_MS = 1000;
/** From this version on topics go by their ids. */
const IDS_FROM = 13;
const BETWEEN_RECORDS = 1_000_000;
const NO_TOPIC_ID = '00000000-0000-0000-0000-000000000000';

export interface SessionParts {
  readonly cluster: ClusterView;
  readonly visitor: RecordVisitor;
  readonly isolation: Isolation;
  readonly fetch: FetchSettings;
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

class Slot {
  next: number;
  readonly to: number;
  /** Who leads it, as far as is known; null: to be looked up. */
  node: number | null = null;
  /** Since when it had no answer of a leader's. */
  lostMs = performance.now();

  constructor(
    readonly index: number,
    readonly assignment: Assignment,
  ) {
    this.next = assignment.from;
    this.to = assignment.to ?? Infinity;
  }

  get done(): boolean {
    return this.next >= this.to;
  }

  get key(): string {
    return keyOf(this.assignment.topic, this.assignment.partition);
  }

  advance(next: number): void {
    this.next = next;
    this.lostMs = performance.now();
  }

  leadBy(node: number | null): void {
    this.node = node;
  }
}

const keyOf = (topic: string, partition: number): string => `${partition}/${topic}`;

type Answer = Decoded<NonNullable<typeof fetchResponse.shape>>;
type AnsweredPartition = Answer['responses'][number]['partitions'][number];

export class FetchSession {
  private readonly slots: readonly Slot[];
  private readonly byKey: ReadonlyMap<string, Slot>;
  private readonly loops = new Map<number, Promise<void>>();
  /** What ended a loop, and with it the session. */
  private failure: { readonly error: unknown } | null = null;
  /** Why a partition has no leader that answers. */
  private why = '';
  private lookedUpMs = -Infinity;
  /** Ends the wait for something to change. */
  private changed: () => void = () => undefined;

  constructor(
    private readonly parts: SessionParts,
    assignments: readonly Assignment[],
  ) {
    this.slots = assignments.map((assignment, index) => new Slot(index, assignment));
    this.byKey = new Map(this.slots.map((slot) => [slot.key, slot]));
  }

  /** Throws ReaderError, or what the visitor throws. Resolves early when the signal is aborted. */
  async run(): Promise<void> {
    let waitMs = RETRY_MS;
    while (!this.over) {
      const lost = this.slots.filter((slot) => !slot.done && slot.node === null);
      if (lost.length > 0) {
        this.checkPatience(lost);
        await this.pauseBetweenLookUps();
        if (!(await this.lookUp(lost))) {
          await this.pause(waitMs);
          waitMs = Math.min(MOST_RETRY_MS, 2 * waitMs);
          continue;
        }
        waitMs = RETRY_MS;
      }
      for (const node of new Set(this.slots.map(({ node }) => node))) this.start(node);
      await this.change();
    }
    if (this.failure !== null) this.parts.cluster.hangUp();
    await Promise.all(this.loops.values());
    if (this.failure !== null) throw this.failure.error;
  }

  private get over(): boolean {
    const { signal } = this.parts;
    return this.failure !== null || signal.aborted || this.slots.every(({ done }) => done);
  }

  /** Until a loop ends, or a partition has lost its leader. */
  private async change(): Promise<void> {
    if (this.over || this.slots.some((slot) => !slot.done && slot.node === null)) return;
    await new Promise<void>((resolve) => (this.changed = resolve));
  }

  private lose(slot: Slot): void {
    slot.leadBy(null);
    this.changed();
  }

  private checkPatience(lost: readonly Slot[]): void {
    const { patienceMs } = this.parts;
    const nowMs = performance.now();
    const longest = lost.find(({ lostMs }) => nowMs - lostMs > patienceMs);
    if (longest === undefined) return;
    const { topic, partition } = longest.assignment;
    throw new ReaderError(
      'unreachable',
      `${topic}-${partition} has had no leader that answers ` +
        `for ${patienceMs / 1000} s: ${this.why}`,
    );
  }

  /** False where not all of them have a leader now. */
  private async lookUp(lost: readonly Slot[]): Promise<boolean> {
    const { cluster } = this.parts;
    try {
      await cluster.refresh([...new Set(lost.map(({ assignment }) => assignment.topic))]);
    } catch (error) {
      if (!(error instanceof ProbeFailure)) throw error;
      this.why = error.message;
      return false;
    }
    for (const slot of lost) {
      const { topic, partition } = slot.assignment;
      const known = cluster.topic(topic);
      const led = known?.partitions[partition];
      if (known !== undefined && led === undefined)
        throw new ReaderError('unknown-topic', `topic ${topic} has no partition ${partition}`);
      if (led === undefined || led.leader === null) this.why = 'it has no leader';
      slot.leadBy(led?.leader ?? null);
    }
    return lost.every(({ node }) => node !== null);
  }

  /** Metadata may name a node for a while that says that it does not lead. */
  private async pauseBetweenLookUps(): Promise<void> {
    const sinceMs = performance.now() - this.lookedUpMs;
    if (sinceMs < RETRY_MS) await this.pause(RETRY_MS - sinceMs);
    this.lookedUpMs = performance.now();
  }

  private async pause(ms: number): Promise<void> {
    try {
      await sleep(ms, this.parts.signal);
    } catch (error) {
      if (!(error instanceof StoppedError)) throw error;
    }
  }

  private start(node: number | null): void {
    if (node === null || this.loops.has(node) || this.of(node).length === 0) return;
    const loop = this.loop(node)
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => {
        this.loops.delete(node);
        this.changed();
      });
    this.loops.set(node, loop);
  }

  private of(node: number): readonly Slot[] {
    return this.slots.filter((slot) => slot.node === node && !slot.done);
  }

  /** Fetches from one broker for as long as it leads something of this session. */
  private async loop(node: number): Promise<void> {
    const { cluster, signal } = this.parts;
    try {
      const link = await cluster.link(node);
      let pending = this.ask(link, node);
      while (pending !== null && !signal.aborted && this.failure === null) {
        const { topics, answer, giveBack } = await pending;
        const receivedMs = performance.now();
        const parts = await this.take(link, node, topics, answer);
        pending = this.ask(link, node);
        for (const part of parts) this.tell(part, receivedMs);
        giveBack();
      }
    } catch (error) {
      cluster.drop(node);
      if (signal.aborted || this.failure !== null) return;
      if (!(error instanceof ProbeFailure)) throw error;
      this.why = error.message;
      for (const slot of this.of(node)) this.lose(slot);
      // A broker that closes each connection at once must not be asked without a pause.
      await this.pause(RETRY_MS);
    }
  }

  /** Null where the broker leads nothing more that is to be read. */
  private ask(link: BrokerLink, node: number): Promise<Asked> | null {
    const slots = this.of(node);
    if (slots.length === 0) return null;
    const { cluster, fetch, isolation } = this.parts;
    const topics = byTopic(slots);
    const ids = new Map([...topics.keys()].map((name) => [name, cluster.topic(name)?.id ?? null]));
    const byId = [...ids.values()].every((id) => id !== null);
    const version = link.version(fetchRequest, byId ? Infinity : IDS_FROM - 1);
    const body: FetchRequest = {
      maxWaitMs: fetch.maxWaitMs,
      minBytes: fetch.minBytes,
      maxBytes: fetch.maxBytes,
      isolationLevel: isolationLevel(isolation),
      topics: [...topics].map(([topic, those]) => ({
        topic,
        topicId: ids.get(topic) ?? NO_TOPIC_ID,
        partitions: those.map(({ assignment, next }) => ({
          partition: assignment.partition,
          fetchOffset: BigInt(next),
          partitionMaxBytes: fetch.maxPartitionBytes,
        })),
      })),
    };
    const names = new Map([...ids].map(([name, id]) => [id ?? name, name]));
    const asked = link
      .borrow(fetchRequest, fetchResponse, version, body)
      .then((borrowed) => ({ topics: version >= IDS_FROM ? names : null, ...borrowed }));
    // A loop that is stopped leaves it unawaited; one that goes on meets its error there.
    asked.catch(() => undefined);
    return asked;
  }

  /** Where reading goes on; the records are told later, while the next answer is on its way. */
  private async take(
    link: BrokerLink,
    node: number,
    names: Asked['topics'],
    answer: Answer,
  ): Promise<readonly Told[]> {
    if (answer.errorCode !== ERROR.NONE) throw refused('Fetch', answer.errorCode);
    const told: Told[] = [];
    for (const { topic, topicId, partitions } of answer.responses) {
      const name = names === null ? topic : names.get(topicId);
      for (const part of partitions) {
        const slot = this.byKey.get(keyOf(name ?? '', part.partitionIndex));
        if (slot === undefined || slot.node !== node) continue;
        const answered = await this.lead(link, slot, part);
        if (answered !== null) told.push(answered);
      }
    }
    return told;
  }

  /** Null where it holds nothing of what was asked for; else the slot has moved on behind it. */
  private async lead(link: BrokerLink, slot: Slot, part: AnsweredPartition): Promise<Told | null> {
    const { errorCode } = part;
    if (errorCode === ERROR.NONE) {
      const from = slot.next;
      const records = part.records ?? NO_RECORDS;
      const whole = wholeBatches(records, from, endOf(part));
      const readable = records.subarray(0, whole.bytes);
      // What makes no sense is passed by one offset at a time, and told.
      const lost = records.length > 0 && whole.next === from;
      slot.advance(lost ? from + 1 : whole.next);
      return { slot, from, next: slot.next, part, records: readable, lost };
    }
    const row = errorRow(errorCode);
    if (row.name === 'OFFSET_OUT_OF_RANGE') await this.findRange(link, slot);
    else if (row.retriable) {
      this.why = `${row.name}: ${row.message}`;
      this.lose(slot);
    } else throw refused(`${slot.assignment.topic}-${slot.assignment.partition}`, errorCode);
    return null;
  }

  /** The log does not hold the offset: it begins behind it, or was cut before it. */
  private async findRange(link: BrokerLink, slot: Slot): Promise<void> {
    const { topic, partition } = slot.assignment;
    const find = async (which: 'earliest' | 'latest'): Promise<number> => {
      const found = await lookUpOffsets(link, topic, [partition], which, 'read_uncommitted');
      const looked = found.get(partition);
      if (looked !== undefined && 'offset' in looked) return looked.offset;
      this.lose(slot);
      return NaN;
    };
    const [earliest, latest] = [await find('earliest'), await find('latest')];
    if (slot.next > latest) {
      throw new ReaderError(
        'truncated',
        `${topic}-${partition} ends at offset ${latest}, and ${slot.next} was to be read`,
      );
    }
    if (!(slot.next < earliest)) return;
    const { visitor } = this.parts;
    if (visitor.onGone === undefined) {
      throw new ReaderError(
        'truncated',
        `${topic}-${partition} begins at offset ${earliest} by now, ` +
          `and ${slot.next} was to be read`,
      );
    }
    visitor.onGone(slot.index, slot.next, Math.min(earliest, slot.to));
    slot.advance(earliest);
  }

  private tell({ slot, from, next, part, records, lost }: Told, receivedMs: number): void {
    const { visitor, isolation } = this.parts;
    const { index } = slot;
    visitor.onAnswer?.(
      index,
      receivedMs,
      Number(part.highWatermark),
      Number(part.lastStableOffset),
    );
    const aborted = isolation === 'read_committed' ? abortedOf(part) : null;
    const walk: Walk = { slot: index, from, to: Math.min(next, slot.to), visitor, aborted };
    try {
      if (lost) tellCorrupt(new CorruptBatch(from, next, 'its header makes no sense'), walk);
      else walkBatches(records, walk);
    } catch (error) {
      if (!(error instanceof CorruptBatch)) throw error;
      const { topic, partition } = slot.assignment;
      const where = `${topic}-${partition}, offset ${error.from}`;
      throw new ReaderError('corrupt', `${where}: ${error.message}`, { cause: error });
    }
    visitor.onPosition?.(index, walk.to);
  }
}

/**
 * No broker hands out what lies behind its high watermark, which it looks at just before it reads:
 * records may have come between.
 */
const endOf = ({ highWatermark }: AnsweredPartition): number =>
  highWatermark < 0n ? Infinity : Number(highWatermark) + BETWEEN_RECORDS;

const NO_RECORDS = Buffer.alloc(0);

function byTopic(slots: readonly Slot[]): ReadonlyMap<string, readonly Slot[]> {
  const topics = new Map<string, Slot[]>();
  for (const slot of slots) {
    const { topic } = slot.assignment;
    const those = topics.get(topic);
    if (those === undefined) topics.set(topic, [slot]);
    else those.push(slot);
  }
  return topics;
}

interface Asked {
  /** Names by id; null where topics go by name. */
  readonly topics: ReadonlyMap<string, string> | null;
  readonly answer: Answer;
  readonly giveBack: () => void;
}

interface Told {
  readonly slot: Slot;
  /** Where the slot stood when it was asked for, and where it stands behind it. */
  readonly from: number;
  readonly next: number;
  readonly part: AnsweredPartition;
  /** Whole batches. */
  readonly records: Buffer;
  /** There are bytes at `from`, but no batch. */
  readonly lost: boolean;
}

function abortedOf({ abortedTransactions }: AnsweredPartition): AbortedTransactions {
  const listed = (abortedTransactions ?? []).map(({ producerId, firstOffset }) => ({
    producerId: Number(producerId),
    firstOffset: Number(firstOffset),
  }));
  return new AbortedTransactions(listed.sort((a, b) => a.firstOffset - b.firstOffset));
}

function refused(what: string, code: ErrorCode): ReaderError {
  const { name, message } = errorRow(code);
  return new ReaderError('refused', `${what}: ${name}: ${message}`);
}
