// The addresses of one node's name, and which of them the next attempt to connect takes. Called by
// its Connection, once an attempt. As NodeConnectionState in
// org.apache.kafka.clients.ClusterConnectionStates: each attempt takes the next address; a list
// that is used up, or whose connection broke, is resolved again; the address that was tried last is
// not the first of the new list.

export class NodeAddresses {
  private list: readonly string[] = [];
  private index = 0;
  private last: string | null = null;

  /** The address for the next attempt; null: the name has to be resolved first, see `resolved`. */
  next(): string | null {
    if (this.list.length === 0) return null;
    this.index++;
    if (this.index < this.list.length) return (this.last = this.list[this.index]);
    this.list = [];
    return null;
  }

  /**
   * What the name was resolved to, in the resolver's order. Returns the address to try now;
   * undefined where there is none.
   */
  resolved(addresses: readonly string[]): string | undefined {
    this.list = preferred(addresses);
    this.index = this.list.length > 1 && this.list[0] === this.last ? 1 : 0;
    const address = this.list.at(this.index);
    if (address !== undefined) this.last = address;
    return address;
  }

  /** A connection that had been established is gone: the node may have moved. */
  forget(): void {
    this.list = [];
  }
}

/** Those of the first one's family, IPv4 or IPv6 (ClientUtils.filterPreferredAddresses). */
function preferred(addresses: readonly string[]): readonly string[] {
  const family = addresses[0]?.includes(':');
  return addresses.filter((address) => address.includes(':') === family);
}
