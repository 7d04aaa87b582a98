// The embedded cluster has no consumer groups: what a client that asks for one is told, and the
// line in the log, once for each client. Called by producer-ids.ts and connection.ts. Must never
// grow with what peers make up.
import { API, type ApiKey } from '../../../wire/api-keys.js';

const MOST_KNOWN = 1000;

/** Beside the error code, for clients that show a broker's own words. */
export const NO_GROUPS =
  'consumer groups are not supported by the embedded cluster: read its partitions without a group';

/** Of groups as ever, and of KIP-848's and KIP-932's. */
const GROUP_APIS: ReadonlySet<ApiKey> = new Set([
  API.OFFSET_COMMIT,
  API.OFFSET_FETCH,
  API.JOIN_GROUP,
  API.HEARTBEAT,
  API.LEAVE_GROUP,
  API.SYNC_GROUP,
  API.DESCRIBE_GROUPS,
  API.LIST_GROUPS,
  API.DELETE_GROUPS,
  API.OFFSET_DELETE,
  API.CONSUMER_GROUP_HEARTBEAT,
  API.CONSUMER_GROUP_DESCRIBE,
  API.SHARE_GROUP_HEARTBEAT,
  API.SHARE_GROUP_DESCRIBE,
  API.SHARE_FETCH,
  API.SHARE_ACKNOWLEDGE,
]);

export function isGroupApi(api: ApiKey): boolean {
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
