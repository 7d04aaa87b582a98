// The log of an embedded cluster in this process as an audit reads it, straight from memory: no
// reader and no socket, so that account and ledgers are tested by themselves.
import type { Cluster } from '../../targets/embedded/cluster.js';
import type { AuditedLog } from '../../workloads/audit/audited-log.js';
import { recordsOf } from './batch-editor.js';

const CONTROL = 0x20;
const TRANSACTIONAL = 0x10;
const ATTRIBUTES_LOW = 22;
const COUNT = 57;

export function memoryLog(cluster: Cluster, topic: string): AuditedLog {
  const partitions = () => cluster.topics.named(topic)?.partitions ?? [];
  return {
    bounds: () =>
      Promise.resolve(
        partitions().map(({ log, transactions }) => ({
          earliest: log.logStartOffset,
          latest: log.nextOffset,
          stable: transactions.lastStableOffset(log.nextOffset),
        })),
      ),
    read({ isolation, from, to, onRecord }) {
      partitions().forEach(({ log, transactions }, partition) => {
        for (let offset = from[partition]; offset < to[partition];) {
          const batch = log.read(offset, 1, true);
          const attributes = batch[ATTRIBUTES_LOW];
          const count = batch.readInt32BE(COUNT);
          const producer = Number(batch.readBigInt64BE(43));
          const aborted =
            isolation === 'read_committed' &&
            (attributes & TRANSACTIONAL) !== 0 &&
            transactions
              .abortedIn(offset, offset + count)
              .some((each) => each.producerId === producer && each.firstOffset <= offset);
          if ((attributes & CONTROL) === 0 && !aborted) {
            recordsOf(batch, 0).forEach(({ after, valueAt, valueBytes }, i) =>
              onRecord(partition, offset + i, after, valueAt, valueBytes),
            );
          }
          offset += count;
        }
      });
      return Promise.resolve({ gone: partitions().map(() => 0) });
    },
    close: () => undefined,
  };
}
