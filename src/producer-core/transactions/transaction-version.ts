// Whether the cluster has transaction.version 2 (KIP-890), by the finalized features (KIP-584) that
// brokers tell with ApiVersions: Java's ApiVersions and
// TransactionManager.maybeUpdateTransactionV2Enabled. Asked by transaction-manager.ts where no
// transaction is under way.
import type { Connection } from '../cluster/connection.js';

const TRANSACTION_VERSION = 'transaction.version';

export class TransactionVersion {
  isV2 = false;
  private epoch = -1n;

  /** Takes over what the newest answer of any broker says. True: version 2 is new. */
  update(connections: readonly Connection[]): boolean {
    let newest = this.epoch;
    let version = 0;
    for (const { features, featuresEpoch } of connections) {
      if (featuresEpoch <= newest) continue;
      newest = featuresEpoch;
      version = features.get(TRANSACTION_VERSION) ?? 0;
    }
    if (newest <= this.epoch) return false;
    this.epoch = newest;
    const was = this.isV2;
    this.isV2 = version >= 2;
    return this.isV2 && !was;
  }
}
