// The embedded cluster has no consumer groups: what a client that asks for one is told, and the
// line in the log, once for each client. Called by producer-ids.ts and connection.ts. Must never
// grow with what peers make up.

const MOST_KNOWN = 1000;

/** Beside the error code, for clients that show a broker's own words. */
export const NO_GROUPS =
  'consumer groups are not supported by the embedded cluster: read its partitions without a group';

/**
 * OffsetCommit to SyncGroup, Describe-, List- and DeleteGroups, OffsetDelete, and the groups of
 * KIP-848 and KIP-932.
 */
const GROUP_APIS = new Set([8, 9, 11, 12, 13, 14, 15, 16, 42, 47, 68, 69, 76, 77, 78, 79]);

export function isGroupApi(api: number): boolean {
  return GROUP_APIS.has(api);
}

export class GroupRefusals {
  private readonly known = new Set<string>();

  constructor(private readonly log: (line: string) => void) {}

  /** A client asked for a group. `about`: which, as far as it said so. */
  note(clientId: string | null, about: string): void {
    const client = clientId ?? '';
    if (this.known.has(client) || this.known.size >= MOST_KNOWN) return;
    this.known.add(client);
    const who = client === '' ? 'a client' : `client ${JSON.stringify(client.slice(0, 60))}`;
    this.log(`${NO_GROUPS} (asked for by ${who}, ${about.slice(0, 80)}; told once a client)`);
  }
}
