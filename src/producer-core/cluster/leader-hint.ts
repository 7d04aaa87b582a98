// What answers of brokers say of nodes and leaders. Types only: read by produce-response.ts and by
// metadata, put to use by cluster-nodes.ts and metadata.ts.

/** A node as a broker names it. */
export interface NodeAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  /** broker.rack; left out: not told. */
  readonly rack?: string | null;
}

/**
 * A leader that the broker names in answer to a request for a partition it does not lead (KIP-951).
 */
export interface LeaderHint {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}
