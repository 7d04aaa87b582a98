// What a handler of a cold API is: a request's and a response's table, the versions it takes part
// in, and a function. Called by connection.ts through api-table.ts; handlers stand one per group of
// APIs beside this file.
import type { Decoded, Message } from '../../../wire/index.js';
import type { Cluster } from '../cluster.js';

/** One request under way. */
export interface Call<A> {
  readonly cluster: Cluster;
  /** Node id of the broker that was asked. */
  readonly broker: number;
  readonly version: number;
  readonly clientId: string | null;
  /** Once; at once or later. Nothing else of this connection is handled before. */
  answer(value: A): void;
  /** Calls back if the connection ends before the answer. */
  onAbandoned(callback: () => void): void;
}

export interface Api {
  readonly request: Message<unknown>;
  readonly response: Message<unknown>;
  readonly lowest: number;
  readonly highest: number;
  handle(request: unknown, call: Call<unknown>): void;
}

/** Ties a handler to its tables. */
export function api<Q, A>(
  request: Message<Q>,
  response: Message<A>,
  [lowest, highest]: readonly [lowest: number, highest: number],
  handle: (request: Decoded<Q>, call: Call<A>) => void,
): Api {
  return {
    request: request,
    response: response,
    lowest,
    highest,
    handle: handle,
  };
}
