// The audited log over reader/: one reader for each isolation, over the way in that the run's
// producers have too. Called by run-audit.
import type { Security } from '../../connect/security/security.js';
import type { RunSpec } from '../../contract/run-spec.js';
import { openReader, type Isolation, type Reader } from '../../reader/index.js';
import { openAccess } from '../drivers/run-access.js';
import type { AuditedLog, ReadOutcome, ReadRequest } from './audited-log.js';

/** How long leaders may be gone: a fault may have killed them at the end of the run. */
const PATIENCE_MS = 60_000;
/** Larger than a consumer's, as all of it is wanted at once. */
const FETCH = { maxPartitionBytes: 4 * 1024 * 1024, maxWaitMs: 100 };

export async function openLog(spec: RunSpec): Promise<AuditedLog> {
  const access = await openAccess(spec);
  return new ReaderLog(spec, access);
}

class ReaderLog implements AuditedLog {
  private readonly readers = new Map<Isolation, Reader>();

  constructor(
    private readonly spec: RunSpec,
    private readonly access: Security | null,
  ) {}

  async bounds() {
    const { topicName: topic } = this.spec;
    const plain = this.reader('read_uncommitted');
    const earliest = await plain.offsets(topic, 'earliest');
    const latest = await plain.offsets(topic, 'latest');
    const { transaction } = this.spec.settings.workload;
    const stable =
      transaction === null ? latest : await this.reader('read_committed').offsets(topic, 'latest');
    return earliest.map((first, partition) => ({
      earliest: first,
      latest: latest[partition],
      stable: stable[partition],
    }));
  }

  async read({ isolation, from, to, signal, ...told }: ReadRequest): Promise<ReadOutcome> {
    const { topicName: topic } = this.spec;
    const { onRecord, onUnreadable } = told;
    const gone = from.map(() => 0);
    const partitions = from.flatMap((first, partition) =>
      to[partition] > first ? [partition] : [],
    );
    const assignments = partitions.map((partition) => ({
      ...{ topic, partition },
      ...{ from: from[partition], to: to[partition] },
    }));
    const visitor = {
      onRecord: (
        slot: number,
        offset: number,
        bytes: Buffer,
        _keyAt: number,
        _keyBytes: number,
        valueAt: number,
        valueBytes: number,
      ) => onRecord(partitions[slot], offset, bytes, valueAt, valueBytes),
      onGone: (slot: number, first: number, next: number) => {
        gone[partitions[slot]] += Math.min(next, to[partitions[slot]]) - first;
      },
      onCorrupt: (slot: number, first: number, next: number) =>
        onUnreadable(partitions[slot], first, Math.min(next, to[partitions[slot]])),
    };
    await this.reader(isolation).read(assignments, visitor, { signal });
    signal.throwIfAborted();
    return { gone };
  }

  close(): void {
    for (const reader of this.readers.values()) reader.close();
    this.access?.close();
  }

  private reader(isolation: Isolation): Reader {
    const known = this.readers.get(isolation);
    if (known !== undefined) return known;
    const reader = openReader({
      bootstrap: this.spec.bootstrap,
      ...(this.access === null ? {} : { access: this.access }),
      ...{ isolation, fetch: FETCH, patienceMs: PATIENCE_MS },
    });
    this.readers.set(isolation, reader);
    return reader;
  }
}
