// What must hold once a simulated producer is closed, whatever befell it. Called by simulation.ts
// with what was appended and what was told.
//
// Why order and uniqueness hold with idempotence: a broker takes a batch of a partition only with
// the sequence that follows its last one in the same epoch, or 0 in a newer epoch, and answers a
// batch that it has with that one's offset. The producer gives sequences in the order of appends,
// keeps them over retries, and begins a new epoch only when it knows that what it renumbers was not
// written. So each log holds every value at most once, and in the order of appends, also around
// batches that failed or expired. There are exceptions, all Kafka's own:
// - A broker that knows nothing of a producer takes any sequence (KIP-360): if the very first
//   batches of a partition overtake each other, or after everything of the producer was cut off,
//   the order is not kept, and what was taken out of turn is renumbered and may come twice.
// - When a batch is refused for good, or out of order behind one that expired, all that is in
//   flight for its partition gets a new epoch and new sequences: what of that was written, with its
//   answer lost or still to come, may come twice, or be taken for another batch.
// - When the epochs of a producer id run out, brokers do not know that the next id is the same
//   producer: what was still on its way under the former one is taken.
// - Below transaction.version 2 a batch that expired while it was on its way may come in when its
//   transaction has been aborted, and is taken for the next one's, which has the same epoch; so is
//   an EndTxn that was asked for again over another connection and came in much later (KIP-890).
// - An unclean election forgets batches that were acknowledged: nothing is promised of that
//   partition but that its records are the producer's.
import type { Outcome } from './sim-world.js';
import type { SimCluster } from './cluster/sim-cluster.js';
import type { SimPartition } from './cluster/sim-partition.js';

export interface Sent {
  readonly topic: string;
  /** As asked for; -1 let the producer choose. */
  readonly partition: number;
  /** Number of the append. */
  readonly order: number;
  /** Number of the transaction; -1 without. */
  readonly transaction: number;
  /** It has the header `order`. */
  readonly headers: boolean;
}

export type Fate = 'committed' | 'aborted' | 'unknown';

export interface Expectations {
  readonly acks: string;
  readonly idempotent: boolean;
  /** Records that acks=1 acknowledged may be lost. */
  readonly loses: boolean;
  /** By the transaction's number. */
  readonly fates: readonly Fate[];
}

export class Book {
  readonly sent = new Map<string, Sent>();
  /** Values that expired and were in no log then. */
  private readonly underway = new Set<string>();

  constructor(
    private readonly cluster: SimCluster,
    private readonly outcomes: ReadonlyMap<string, Outcome>,
  ) {}

  /** Everything that is wrong, in words. */
  problems(expected: Expectations): string[] {
    const found = [...this.told(), ...this.logs(expected), ...this.acknowledged(expected)];
    return expected.fates.length > 0 ? [...found, ...this.committed(expected.fates)] : found;
  }

  /** A batch of this partition was refused for good: see above. */
  refused(topic: string, partition: number): void {
    const state = this.cluster.topics.get(topic)!.partitions[partition];
    state.refusedEpoch = state.seenEpoch;
    state.misled ||= state.log.some(({ batch }) =>
      batch?.records.some(({ value }) => {
        const outcome = this.outcomes.get(String(value));
        return outcome === undefined || outcome.error !== null;
      }),
    );
  }

  /** Values of one batch that expired: see above. */
  expired(topic: string, partition: number, values: readonly string[]): void {
    const state = this.cluster.topics.get(topic)!.partitions[partition];
    if (this.cluster.transactionVersion >= 2 || state.values().includes(values[0])) return;
    for (const value of values) this.underway.add(value);
  }

  private told(): string[] {
    const problems: string[] = [];
    for (const value of this.sent.keys())
      if (!this.outcomes.has(value)) problems.push(`${short(value)} was never told`);
    for (const [value, { times }] of this.outcomes) {
      if (!this.sent.has(value)) problems.push(`${short(value)} was told but never appended`);
      if (times > 1) problems.push(`${short(value)} was told ${times} times`);
    }
    return problems;
  }

  private logs({ idempotent }: Expectations): string[] {
    const problems: string[] = [];
    const places = new Map<string, string>();
    for (const [name, partition, state] of this.partitions()) {
      const where = `${name}-${partition}`;
      const strict = idempotent && !state.excused;
      let last = -1;
      const here = new Set<string>();
      for (const record of state.batches.flatMap(({ records }) => records)) {
        const value = String(record.value);
        const sent = this.sent.get(value);
        if (
          sent === undefined ||
          sent.topic !== name ||
          (sent.partition >= 0 && sent.partition !== partition)
        ) {
          problems.push(`${where} has ${short(value)}, which nobody sent there`);
          continue;
        }
        const header =
          record.headers.length === 1 &&
          `${record.headers[0].key} ${String(record.headers[0].value)}`;
        if (sent.headers ? header !== `order ${sent.order}` : record.headers.length > 0)
          problems.push(`${short(value)} has other headers`);
        const other = places.get(value);
        if (other !== undefined && other !== where)
          problems.push(`${short(value)} is in ${other} and ${where}`);
        places.set(value, where);
        if (strict && here.has(value)) problems.push(`${where} has ${short(value)} twice`);
        else if (strict && sent.order < last)
          problems.push(`${where} has ${short(value)} after number ${last}`);
        here.add(value);
        last = Math.max(last, sent.order);
      }
    }
    return problems;
  }

  /** What was acknowledged is where the answer said. */
  private acknowledged({ acks, loses }: Expectations): string[] {
    if (acks === '0' || (acks === '1' && loses)) return [];
    const problems: string[] = [];
    const at = new Map<string, Set<number>>();
    let unclean = false;
    for (const [, , state] of this.partitions()) {
      unclean ||= state.unclean || state.misled;
      for (const { batch, offset } of state.log)
        batch?.records.forEach(({ value }, i) => {
          const text = String(value);
          const offsets = at.get(text);
          if (offsets === undefined) at.set(text, new Set([offset + i]));
          else offsets.add(offset + i);
        });
    }
    if (unclean) return [];
    for (const [value, { error, offset }] of this.outcomes) {
      if (error !== null) continue;
      const offsets = at.get(value);
      if (offsets === undefined) problems.push(`${short(value)} was acknowledged but is in no log`);
      else if (offset >= 0 && !offsets.has(offset))
        problems.push(
          `${short(value)} was acknowledged at ${offset} but is at ${[...offsets].join()}`,
        );
    }
    return problems;
  }

  /**
   * A read_committed consumer gets the committed transactions whole, the aborted not at all, the
   * unknown wholly or not at all.
   */
  private committed(fates: readonly Fate[]): string[] {
    const problems: string[] = [];
    const seen = new Set<string>();
    let unclean = this.cluster.lateEnd && this.cluster.transactionVersion < 2;
    for (const [name, partition, state] of this.partitions()) {
      unclean ||= state.unclean || state.misled;
      for (const value of state.committed()) {
        if (seen.has(value))
          problems.push(`read_committed gives ${short(value)} twice, ${name}-${partition}`);
        seen.add(value);
      }
    }
    if (unclean) return [];
    const acked = new Map<number, { there: string[]; missing: string[] }>();
    for (const [value, { transaction }] of this.sent) {
      if (transaction < 0) continue;
      const fate = fates[transaction];
      const outcome = this.outcomes.get(value);
      if (fate === 'aborted' && seen.has(value) && !this.underway.has(value))
        problems.push(`${short(value)} was aborted but is committed`);
      if (fate === 'committed' && !seen.has(value))
        problems.push(
          `${short(value)} of committed transaction ${transaction} is missing, ` +
            `told ${outcome?.error?.message ?? 'ok'}`,
        );
      if (fate !== 'unknown' || outcome?.error !== null) continue;
      let group = acked.get(transaction);
      if (group === undefined) acked.set(transaction, (group = { there: [], missing: [] }));
      (seen.has(value) ? group.there : group.missing).push(short(value));
    }
    for (const [transaction, { there, missing }] of acked)
      if (there.length > 0 && missing.length > 0)
        problems.push(
          `transaction ${transaction} is committed in part: ` +
            `${there.join()} without ${missing.join()}`,
        );
    return problems;
  }

  private *partitions(): Generator<[string, number, SimPartition]> {
    for (const [name, { partitions }] of this.cluster.topics)
      for (const [partition, state] of partitions.entries()) yield [name, partition, state];
  }
}

/** A value without its padding. */
export function short(value: string): string {
  return value.split(':').slice(0, 2).join(':');
}
