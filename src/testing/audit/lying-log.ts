// Makes the log of an embedded cluster's partition lose, double, swap and spoil records, seeded and
// counted, while it acknowledges all of them: what an audit must find to the record.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { PartitionLog } from '../../targets/embedded/log/partition-log.js';
import { batchOf, recordsOf, type EditedRecord } from './batch-editor.js';

/** How many records of each kind there were. */
export interface Lies {
  lost: number;
  duplicated: number;
  reordered: number;
  corrupt: number;
}

export interface LieOptions {
  readonly seed: number;
  /** The chance of a record to be lied about. */
  readonly chance: number;
  /** Which byte of a value is spoiled; default: any. */
  readonly spoilAt?: (valueBytes: number, random: number) => number;
}

const TWO_32 = 4_294_967_296;

/** From now on; counts into `lies`. */
export function lieAbout(log: PartitionLog, lies: Lies, options: LieOptions): void {
  const random = xoroshiro128plus(options.seed);
  const chance = (): number => (random.next() >>> 0) / TWO_32;
  const append = log.append.bind(log);
  log.append = (source, at, _bytes, leaderEpoch) => {
    const offset = log.nextOffset;
    const told = recordsOf(source, at).reverse();
    const kept: EditedRecord[] = [];
    for (let record = told.pop(); record !== undefined; record = told.pop()) {
      if (chance() >= options.chance) {
        kept.push(record);
        continue;
      }
      const next = told.at(-1);
      const kind = Math.floor(chance() * 4);
      if (kind === 0) lies.lost += 1;
      else if (kind === 1) {
        lies.duplicated += 1;
        kept.push(record, record);
      } else if (kind === 2 && next !== undefined) {
        lies.reordered += 1;
        kept.push(next, record);
        told.pop();
      } else {
        lies.corrupt += 1;
        kept.push(spoiled(record, chance(), options));
      }
    }
    if (kept.length === 0) return offset;
    const batch = batchOf(source, at, kept);
    return append(batch, 0, batch.length, leaderEpoch);
  };
}

function spoiled(record: EditedRecord, chance: number, { spoilAt }: LieOptions): EditedRecord {
  const after = Buffer.from(record.after);
  const at = spoilAt?.(record.valueBytes, chance) ?? Math.floor(chance * record.valueBytes);
  after[record.valueAt + at] ^= 1 + Math.floor((chance * 1e6) % 255);
  return { ...record, after };
}
