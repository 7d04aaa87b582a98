// Holds what was read back against the ledgers: which record is there, once, whole, in order.
// Fed with every record of the log by read-back; adds up once at the end. Nothing is allocated per
// record that is as it should be. Knows nothing of promises, nor of how the log is read.
import type { Audit, AuditClass, AuditExample } from '../../contract/audit.js';
import { BitTable } from './bit-table.js';
import { HeldRecords, type Unplaced } from './held-records.js';
import { FATE, OUTCOME, type PackedLedger } from './ledger.js';
import { PlaceJournal } from './place-journal.js';
import { headPart, headPartOf, StampReader } from './stamp.js';

export type AuditCounts = Omit<Audit, 'promises' | 'examples' | 'tookMs'>;

export interface AccountOptions {
  /** The number that the run's stamps carry. */
  readonly run: number;
  readonly ledgers: readonly PackedLedger[];
  readonly partitions: number;
  /** Nobody else writes to the topic: what has no stamp there was ours. */
  readonly ownTopic: boolean;
}

const EXAMPLES = 5;
const WORD_RECORDS = 16;
const ALL_ACKNOWLEDGED = 0x5555_5555;
const ALL_SEEN = 0xffff;
const NEVER = -1;

/** One worker's ledger with what was seen of it. */
class WorkerAccount {
  readonly outcomes: BitTable;
  readonly fates: BitTable;
  readonly seen = new BitTable(1);
  readonly places: PlaceJournal;
  /** By partition: the first and the highest number there. */
  readonly firstIn: Float64Array;
  readonly lastIn: Float64Array;
  readonly sent: number;
  /** Acknowledged records of committed and of aborted transactions. */
  readonly committed: number;
  readonly aborted: number;

  constructor({ outcomes, fates, places, sent }: PackedLedger, partitions: number) {
    this.outcomes = new BitTable(2, outcomes);
    this.fates = new BitTable(2, fates);
    this.places = new PlaceJournal(places);
    this.firstIn = new Float64Array(partitions).fill(NEVER);
    this.lastIn = new Float64Array(partitions).fill(NEVER);
    this.sent = sent;
    this.committed = this.countFate(FATE.committed);
    this.aborted = this.countFate(FATE.aborted);
  }

  get hasTransactions(): boolean {
    return this.fates.bytes > 0;
  }

  private countFate(fate: number): number {
    if (!this.hasTransactions) return 0;
    let count = 0;
    for (let record = 0; record < this.sent; record++) {
      if (this.fates.get(record) !== fate) continue;
      if (this.outcomes.get(record) === OUTCOME.acknowledged) count += 1;
    }
    return count;
  }
}

/** What was taken from the log before it could be read. */
export interface Gone {
  /** By partition: offsets that the log no longer has. */
  readonly offsets: readonly number[];
}

export class Account {
  private readonly workers: readonly (WorkerAccount | undefined)[];
  private readonly stamp = new StampReader();
  private readonly held = new HeldRecords();
  private readonly examples: AuditExample[] = [];
  private readonly exampleCounts = new Map<AuditClass, number>();
  private readonly counts = {
    ...{ read: 0, foreign: 0, corrupt: 0, duplicated: 0, reordered: 0, storedThoughFailed: 0 },
    ...{ unknownFound: 0, found: 0, committedNotSeen: 0, abortedSeen: 0, undecided: 0 },
  };
  /** By partition: where readers of committed records got to; null without that pass. */
  private committedUpTo: readonly number[] | null = null;
  /** Records in batches that could not be read: as many of the missing ones are there, spoiled. */
  private unreadable = 0;

  constructor(private readonly options: AccountOptions) {
    const workers: (WorkerAccount | undefined)[] = [];
    for (const ledger of options.ledgers)
      workers[ledger.worker] = new WorkerAccount(ledger, options.partitions);
    this.workers = workers;
  }

  get hasTransactions(): boolean {
    return this.workers.some((worker) => worker?.hasTransactions === true);
  }

  /** What a reader of committed records is told of: to be fed first, with transactions. */
  readonly onCommitted = (
    partition: number,
    offset: number,
    bytes: Uint8Array,
    start: number,
    length: number,
  ): void => {
    const { stamp } = this;
    if (!stamp.read(bytes, start, length) || stamp.run !== this.options.run) return;
    const worker = this.workerOf();
    if (worker === undefined) return;
    const fate = worker.fates.get(stamp.sequence);
    // Seen as it should be: what still is `committed` after this pass was not.
    if (fate === FATE.committed) worker.fates.set(stamp.sequence, FATE.none);
    if (fate !== FATE.aborted) return;
    this.counts.abortedSeen += 1;
    this.note('abortedSeen', partition, offset, stamp.worker, stamp.sequence);
  };

  /** `ends`: by partition, the offset up to which `onCommitted` was fed. */
  endCommitted(ends: readonly number[]): void {
    this.committedUpTo = ends;
  }

  /** Every record of the log, in the order of each partition. `length` -1: no value. */
  readonly onRecord = (
    partition: number,
    offset: number,
    bytes: Uint8Array,
    start: number,
    length: number,
  ): void => {
    const { stamp, counts, options } = this;
    counts.read += 1;
    if (!stamp.read(bytes, start, length)) {
      this.spoiled(partition, offset, length);
      return;
    }
    const worker = stamp.run === options.run ? this.workerOf() : undefined;
    if (worker === undefined) {
      counts.foreign += 1;
      return;
    }
    const { sequence } = stamp;
    if (worker.seen.get(sequence) === 1) {
      counts.duplicated += 1;
      this.note('duplicated', partition, offset, stamp.worker, sequence);
      return;
    }
    worker.seen.set(sequence, 1);
    if (worker.firstIn[partition] === NEVER) worker.firstIn[partition] = sequence;
    if (sequence > worker.lastIn[partition]) {
      worker.lastIn[partition] = sequence;
    } else {
      counts.reordered += 1;
      this.note('reordered', partition, offset, stamp.worker, sequence);
    }
    const outcome = worker.outcomes.get(sequence);
    if (outcome === OUTCOME.acknowledged) counts.found += 1;
    else if (outcome === OUTCOME.refused) {
      counts.storedThoughFailed += 1;
      this.note('storedThoughFailed', partition, offset, stamp.worker, sequence);
    } else counts.unknownFound += 1;
    if (this.committedUpTo !== null) this.checkFate(worker, partition, offset, sequence);
  };

  /** Records in a batch that cannot be taken apart: nobody knows which ones they were. */
  readonly onUnreadable = (partition: number, from: number, to: number): void => {
    this.counts.corrupt += to - from;
    this.unreadable += to - from;
    this.note('corrupt', partition, from, null, null);
  };

  /** Adds up. Once, after the whole log. */
  finish(gone: Gone): { readonly counts: AuditCounts; readonly examples: readonly AuditExample[] } {
    const { counts } = this;
    this.placeHeld();
    let [sent, acknowledged, refused, unknown, committed, aborted] = [0, 0, 0, 0, 0, 0];
    const missing: [WorkerAccount, number, number][] = [];
    let missingCount = 0;
    let goneCount = 0;
    const budget = gone.offsets.reduce((sum, offsets) => sum + offsets, 0);
    this.workers.forEach((worker, index) => {
      if (worker === undefined) return;
      sent += worker.sent;
      const until = mayBeGoneUpTo(worker, gone);
      eachMissing(worker, {
        outcomes: (acked, no, notTold) => {
          acknowledged += acked;
          refused += no;
          unknown += notTold;
        },
        missing: (sequence) => {
          missingCount += 1;
          if (sequence < until && goneCount < budget) {
            goneCount += 1;
            this.noteLost('gone', worker, index, sequence);
          } else if (missing.length < MANY) missing.push([worker, index, sequence]);
        },
      });
      committed += worker.committed;
      aborted += worker.aborted;
    });
    const spoilt = Math.min(this.unreadable, missingCount - goneCount);
    this.noteLostOnes(missing.slice(spoilt));
    const { committedNotSeen, abortedSeen, undecided, read, foreign, corrupt } = counts;
    const { found, duplicated, reordered, storedThoughFailed, unknownFound } = counts;
    return {
      counts: {
        ...{
          sent,
          acknowledged,
          found: found + spoilt,
          lost: missingCount - goneCount - spoilt,
          gone: goneCount,
        },
        ...{ refused, storedThoughFailed, unknown, unknownFound, duplicated, reordered },
        ...{ corrupt, foreign, read },
        transactions: this.hasTransactions
          ? { committed, aborted, committedNotSeen, abortedSeen, undecided }
          : null,
      },
      examples: this.examples,
    };
  }

  private workerOf(): WorkerAccount | undefined {
    const { worker, sequence } = this.stamp;
    const found = this.workers[worker];
    return found !== undefined && sequence < found.sent ? found : undefined;
  }

  private checkFate(
    worker: WorkerAccount,
    partition: number,
    offset: number,
    sequence: number,
  ): void {
    if (worker.fates.get(sequence) !== FATE.committed) return;
    if (worker.outcomes.get(sequence) !== OUTCOME.acknowledged) return;
    if (offset >= this.committedUpTo![partition]) {
      this.counts.undecided += 1;
      return;
    }
    this.counts.committedNotSeen += 1;
    this.note('committedNotSeen', partition, offset, this.stamp.worker, sequence);
  }

  /** A value whose check does not hold, or that has none. */
  private spoiled(partition: number, offset: number, length: number): void {
    const { stamp, options, counts } = this;
    const { run, worker, sequence, register, check } = stamp;
    const head = headPartOf(register, check);
    const ours =
      run === options.run || head === headPart(options.run, worker, sequence) || options.ownTopic;
    if (!ours) {
      counts.foreign += 1;
      return;
    }
    counts.corrupt += 1;
    this.held.add({ partition, offset, worker, sequence, head, whole: length >= 16 });
  }

  /**
   * Spoiled values are records all the same: each is taken for the missing one whose stamp its
   * check asks for, or else for the one that its stamp names.
   */
  private placeHeld(): void {
    if (this.held.records.length === 0) return;
    const missing = this.missingForHeld();
    const place = (held: Unplaced, worker: number, sequence: number): void => {
      this.note('corrupt', held.partition, held.offset, worker, sequence);
      const account = this.workers[worker]!;
      account.seen.set(sequence, 1);
      const outcome = account.outcomes.get(sequence);
      if (outcome === OUTCOME.acknowledged) this.counts.found += 1;
      else if (outcome === OUTCOME.refused) this.counts.storedThoughFailed += 1;
      else this.counts.unknownFound += 1;
    };
    const left = this.held.placeByCheck(missing, place);
    for (const held of left) {
      const account = this.workers[held.worker];
      const named = account !== undefined && held.whole && held.sequence < account.sent;
      if (named && account.seen.get(held.sequence) === 0) place(held, held.worker, held.sequence);
      else this.note('corrupt', held.partition, held.offset, null, null);
    }
  }

  /** Those that are not there yet, by what they would have added to their check; null: too many. */
  private missingForHeld(): ReadonlyMap<number, readonly [number, number]> | null {
    const found = new Map<number, readonly [number, number]>();
    const most = HeldRecords.MATCHES / this.held.records.length;
    for (const [index, worker] of this.workers.entries()) {
      if (worker === undefined) continue;
      for (let sequence = 0; sequence < worker.sent; sequence++) {
        if (worker.seen.get(sequence) === 1) continue;
        if (found.size > most) return null;
        found.set(headPart(this.options.run, index, sequence), [index, sequence]);
      }
    }
    return found;
  }

  /** Examples of lost records: those whose place is known first. */
  private noteLostOnes(missing: readonly (readonly [WorkerAccount, number, number])[]): void {
    const placed = missing
      .filter((_each, at) => at < PLACES_ASKED)
      .map(([worker, index, sequence]) => ({
        worker,
        index,
        sequence,
        at: worker.places.placeOf(sequence),
      }));
    placed.sort((a, b) => Number(a.at === null) - Number(b.at === null));
    for (const { worker, index, sequence } of placed.slice(0, EXAMPLES))
      this.noteLost('lost', worker, index, sequence);
  }

  private noteLost(
    kind: 'lost' | 'gone',
    worker: WorkerAccount,
    index: number,
    sequence: number,
  ): void {
    if ((this.exampleCounts.get(kind) ?? 0) >= EXAMPLES) return;
    const at = worker.places.placeOf(sequence);
    this.note(kind, at?.partition ?? null, at?.offset ?? null, index, sequence);
  }

  private note(
    kind: AuditClass,
    partition: number | null,
    offset: number | null,
    worker: number | null,
    sequence: number | null,
  ): void {
    const known = this.exampleCounts.get(kind) ?? 0;
    if (known >= EXAMPLES) return;
    this.exampleCounts.set(kind, known + 1);
    this.examples.push({ class: kind, partition, offset, worker, sequence });
  }
}

/** Lost records kept as examples to choose from, and those of them whose place is looked up. */
const MANY = 10_000;
const PLACES_ASKED = 200;

/**
 * A log is eaten from its beginning, so what retention took of a worker came before the first
 * record of its that is left in that partition.
 */
function mayBeGoneUpTo(worker: WorkerAccount, { offsets }: Gone): number {
  let until = 0;
  offsets.forEach((taken, partition) => {
    if (taken === 0) return;
    const first = worker.firstIn[partition];
    until = Math.max(until, first === NEVER ? Infinity : first);
  });
  return until;
}

interface MissingVisitor {
  outcomes(acknowledged: number, refused: number, unknown: number): void;
  missing(sequence: number): void;
}

/** Counts the outcomes and finds what was acknowledged and not seen, word by word. */
function eachMissing({ outcomes, seen, sent }: WorkerAccount, visitor: MissingVisitor): void {
  for (let at = 0; at < sent; at += WORD_RECORDS) {
    const seenWord = seen.word(at - (at % 32)) >>> (at % 32);
    if (at + WORD_RECORDS <= sent) {
      const all = outcomes.word(at) >>> 0 === ALL_ACKNOWLEDGED;
      if (all && (seenWord & ALL_SEEN) === ALL_SEEN) {
        visitor.outcomes(WORD_RECORDS, 0, 0);
        continue;
      }
    }
    for (let record = at; record < Math.min(sent, at + WORD_RECORDS); record++) {
      const outcome = outcomes.get(record);
      const acknowledged = outcome === OUTCOME.acknowledged;
      const refused = outcome === OUTCOME.refused;
      visitor.outcomes(+acknowledged, +refused, +(!acknowledged && !refused));
      if (acknowledged && seen.get(record) === 0) visitor.missing(record);
    }
  }
}
