// What a client for Node gives its driver: one call that sends a batch. Types only.
import type { DriverSpec } from '../../src/contract/driver-protocol.js';

export interface Batch {
  readonly values: readonly Buffer[];
  /** Null: null keys. */
  readonly keys: readonly Buffer[] | null;
}

export interface BatchClient {
  readonly name: string;
  readonly version: string;
  /** Settings in force that the client has not, or not so, by Java's names. */
  readonly notHonoured: readonly { readonly name: string; readonly why: string }[];
  /** Sends at once, where the client's own rules say so; left out: as the setting has it. */
  readonly inFlight?: number;
  /** Connects and learns the topic; gives its partitions. */
  connect(): Promise<number>;
  /** Resolves with the number of record batches it became. */
  send(batch: Batch): Promise<number>;
  /** Produce requests so far; null where the client does not tell. */
  requests(): number | null;
  close(): Promise<void>;
}

/** Throws Refusal for what the client cannot do at all. */
export type MakeClient = (spec: DriverSpec) => Promise<BatchClient>;

/** Not to be run: told to kbench with its remedy. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly remedy?: string,
  ) {
    super(message);
  }
}
