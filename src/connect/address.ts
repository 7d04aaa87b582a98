// `host:port` as users, brokers and messages write it: the one reader and the one writer, which
// puts an IPv6 address into brackets. Used by the core, targets, sweep and commands. Never resolves
// a name.

export interface Address {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, `[::1]:port` or `host` (then port 9092, Kafka's own). Null where it is
 * neither.
 */
export function parseAddress(text: string): Address | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text.trim());
  if (match === null) return null;
  const port = match[3] === undefined ? 9092 : Number(match[3]);
  if (port < 1 || port > 65_535) return null;
  return { host: match[1] ?? match[2], port };
}

/** The inverse. */
export function formatAddress({ host, port }: Address): string {
  return `${formatHost(host)}:${port}`;
}

/** A host as it stands before a port. */
function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Whether the text is `host:port`, IPv4, IPv6 in brackets, or a name. */
export function isAddress(address: string): boolean {
  const match = /^(?:\[[0-9a-fA-F:.]+(?:%[\w.-]+)?\]|[\w](?:[\w.-]*[\w])?\.?):(\d{1,5})$/.exec(
    address,
  );
  if (match === null) return false;
  const port = Number(match[1]);
  return port >= 1 && port <= 65_535;
}
