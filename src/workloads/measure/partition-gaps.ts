// One worker's times without an acknowledgement by partition, for runs in which a fault hits a part
// of the cluster. Told once a batch's outcome; one AckGaps a partition, made when it is first met.
import { AckGaps, type PackedGaps } from './ack-gaps.js';

/** Shorter ones are no outage of a partition, and would be many. */
const FLOOR_MS = 20;

export interface PackedPartitionGaps {
  readonly partition: number;
  readonly gaps: PackedGaps;
}

export class PartitionGaps {
  private readonly byPartition = new Map<number, AckGaps>();
  private startMs = 0;

  /** Forgets what came before. */
  start(startMs: number): void {
    this.byPartition.clear();
    this.startMs = startMs;
  }

  /** A batch whose first record was handed over at `sentMs`. A failure is no acknowledgement. */
  settled(partition: number, sentMs: number, nowMs: number, acknowledged: boolean): void {
    let gaps = this.byPartition.get(partition);
    if (gaps === undefined) {
      gaps = new AckGaps(FLOOR_MS);
      gaps.start(this.startMs);
      this.byPartition.set(partition, gaps);
    }
    // What was waited for before it, for example by a batch that failed, stands.
    gaps.asked(sentMs);
    if (acknowledged) gaps.acknowledged(nowMs, false);
  }

  pack(endMs: number): PackedPartitionGaps[] {
    return [...this.byPartition].map(([partition, gaps]) => ({
      partition,
      gaps: gaps.pack(endMs),
    }));
  }
}
