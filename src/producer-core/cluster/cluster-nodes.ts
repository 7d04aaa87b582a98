// The nodes of the cluster and their connections: who there is, whom to ask for metadata, and what
// is left of nodes that are no more. Driven by Metadata. Nodes are the bootstrap addresses (-1, -2,
// ...) until a broker tells of others, and again after rebootstrap(). Must never forget a
// connection on which an answer is outstanding.
import { parseAddress } from '../../connect/index.js';
import { FrameMemory, MAX_UNFINISHED_BYTES } from '../../wire/index.js';
import { Connection } from './connection.js';
import type { ConnectionContext } from './connection-context.js';
import { DisconnectError, type ProducerError } from '../errors.js';
import type { NodeAddress } from './leader-hint.js';
import { NodeState } from '../batching/topic-state.js';

export class ClusterNodes {
  private readonly byId = new Map<number, NodeState>();
  /** The same, as an array: every pass goes through it, and iterating a map allocates. */
  list: readonly NodeState[] = [];
  /** Every connection there is, also of nodes that are no more. */
  readonly connections: Connection[] = [];
  /** By their nodes: those that there are, and those that are no more. */
  private readonly byNode = new Map<NodeState, Connection>();
  private readonly frameMemory = new FrameMemory(MAX_UNFINISHED_BYTES);
  /**
   * From the last leastLoaded(): some connection is usable, if only it had not too many requests
   * outstanding.
   */
  anyReady = false;
  /** As metadata told it; null: not known. */
  private clusterId: string | null = null;
  private bootstrap: readonly NodeState[];
  /** What each configured address has become; no node: its name could not be resolved. */
  private lookups: readonly { readonly address: string; readonly nodes: readonly NodeState[] }[];
  /**
   * Nodes that are no more, by id. As in Java their connections stay until they break or idle; one
   * that comes back has its own again.
   */
  private readonly former = new Map<number, NodeState>();
  /** Connections of nodes that have moved: they end once nothing is outstanding on them. */
  private moved: Connection[] = [];

  constructor(private readonly context: ConnectionContext) {
    this.lookups = context.config.bootstrapServers.map((address, i) => {
      const { host, port } = parseAddress(address)!;
      return { address, nodes: [new NodeState(-1 - i, host, port)] };
    });
    this.bootstrap = this.lookups.flatMap(({ nodes }) => nodes);
    this.useBootstrap();
  }

  /**
   * Looks the bootstrap addresses up, before the first connection, as
   * org.apache.kafka.clients.ClientUtils does: names that cannot be resolved are left out; with
   * client.dns.lookup = resolve_canonical_bootstrap_servers_only each address of each name becomes
   * a node under its canonical name. False: none is left.
   */
  async resolveBootstrap(): Promise<boolean> {
    const { config, network } = this.context;
    const canonical = config.clientDnsLookup === 'resolve_canonical_bootstrap_servers_only';
    const names = await Promise.all(
      config.bootstrapServers.map(async (address) => {
        const { host } = parseAddress(address)!;
        const found = await network.resolve(host).catch((): readonly string[] => []);
        if (!canonical) return found.length > 0 ? [host] : [];
        return Promise.all(
          found.map(async (each) => (await network.canonicalName?.(each)) ?? each),
        );
      }),
    );
    // Nothing was left out before, and nothing is now.
    if (
      !canonical &&
      this.bootstrap.length === names.length &&
      names.every(({ length }) => length > 0)
    )
      return true;
    const { onlyBootstrap } = this;
    if (onlyBootstrap) for (const node of this.list) this.retire(node);
    let id = 0;
    this.lookups = config.bootstrapServers.map((address, i) => {
      const { port } = parseAddress(address)!;
      return { address, nodes: names[i].map((host) => new NodeState(--id, host, port)) };
    });
    this.bootstrap = this.lookups.flatMap(({ nodes }) => nodes);
    if (onlyBootstrap) this.useBootstrap();
    return this.bootstrap.length > 0;
  }

  /** Nothing is known of the cluster but the bootstrap addresses. */
  get onlyBootstrap(): boolean {
    return this.list === this.bootstrap;
  }

  get(id: number): NodeState | undefined {
    return this.byId.get(id);
  }

  /** Null where there never was one, or its node has moved or gone since. */
  connectionTo(node: NodeState): Connection | null {
    return this.byNode.get(node) ?? null;
  }

  /** Made where there is none yet; not connected by that. */
  connectionOf(node: NodeState): Connection {
    let connection = this.byNode.get(node);
    if (connection === undefined) {
      connection = new Connection(node, this.context, this.frameMemory, () => this.clusterId);
      this.byNode.set(node, connection);
      this.connections.push(connection);
    }
    return connection;
  }

  /** The cluster is the one of this id, of these nodes and no others. */
  replace(nodes: readonly NodeAddress[], clusterId: string | null): void {
    const known = new Set(nodes.map(({ nodeId }) => nodeId));
    for (const node of this.list) if (!known.has(node.id)) this.retire(node);
    this.add(nodes);
    this.clusterId = clusterId;
  }

  /** There are these nodes too; their addresses are the newest. */
  add(nodes: readonly NodeAddress[]): void {
    for (const address of nodes) this.node(address);
    this.list = [...this.byId.values()];
  }

  /** Back to the bootstrap addresses. */
  rebootstrap(): void {
    if (this.onlyBootstrap) return;
    for (const node of this.list) this.retire(node);
    this.useBootstrap();
  }

  private useBootstrap(): void {
    this.byId.clear();
    this.clusterId = null;
    for (const node of this.bootstrap) {
      this.byId.set(node.id, node);
      this.former.delete(node.id);
    }
    this.list = this.bootstrap;
  }

  private node({ nodeId: id, host, port, rack }: NodeAddress): void {
    const node = this.byId.get(id) ?? this.former.get(id) ?? new NodeState(id, host, port);
    this.former.delete(id);
    this.byId.set(id, node);
    if (rack !== undefined) {
      node.placeInClientRack(
        rack !== null && rack !== '' && rack === this.context.config.clientRack,
      );
    }
    if (node.host === host && node.port === port) return;
    const connection = this.byNode.get(node);
    if (connection !== undefined) this.moved.push(connection);
    this.byNode.delete(node);
    node.moveTo(host, port);
  }

  private retire(node: NodeState): void {
    this.byId.delete(node.id);
    if (this.byNode.has(node)) this.former.set(node.id, node);
  }

  /** Lets go of connections of nodes that are no more. To be called in every pass. */
  closeRetired(nowMs: number): void {
    for (const [id, node] of this.former) {
      const connection = this.connectionTo(node);
      if (connection === null || connection.state !== 'closed' || nowMs < connection.reconnectAtMs)
        continue;
      this.former.delete(id);
      this.byNode.delete(node);
      this.forget(connection);
    }
    for (const connection of this.moved)
      if (connection.inFlight.length === 0) this.forget(connection);
    if (this.moved.length > 0)
      this.moved = this.moved.filter(({ inFlight }) => inFlight.length > 0);
  }

  get retiring(): boolean {
    return this.former.size + this.moved.length > 0;
  }

  private forget(connection: Connection): void {
    connection.close();
    this.connections.splice(this.connections.indexOf(connection), 1);
  }

  /**
   * Java's choice: a usable connection with the fewest requests, else one being set up, else the
   * node that was tried longest ago of those that may be tried now; from a random start. Null: no
   * node is available at the moment.
   */
  leastLoaded(nowMs: number): NodeState | null {
    const { list } = this;
    const offset = Math.floor(this.context.random() * list.length);
    let ready: NodeState | null = null;
    let connecting: NodeState | null = null;
    let connectable: NodeState | null = null;
    let fewest = Infinity;
    this.anyReady = false;
    for (let i = 0; i < list.length; i++) {
      const node = list[(offset + i) % list.length];
      const connection = this.connectionTo(node);
      if (connection?.state === 'ready') {
        if (nowMs >= connection.throttledUntilMs) this.anyReady = true;
        if (!connection.canSend(nowMs)) continue;
        if (connection.inFlight.length < fewest) {
          fewest = connection.inFlight.length;
          ready = node;
        }
      } else if (connection !== null && connection.state !== 'closed') connecting ??= node;
      else if (connection === null || nowMs >= connection.reconnectAtMs) {
        if (connectable === null || this.attemptedMs(node) < this.attemptedMs(connectable))
          connectable = node;
      }
    }
    return ready ?? connecting ?? connectable;
  }

  private attemptedMs(node: NodeState): number {
    return this.connectionTo(node)?.attemptedMs ?? -Infinity;
  }

  /** Milliseconds until a node may be asked or tried again. */
  nextChanceMs(nowMs: number): number {
    let wait = Infinity;
    for (const node of this.list) {
      const connection = this.connectionTo(node);
      if (connection?.state === 'closed')
        wait = Math.min(wait, Math.max(1, connection.reconnectAtMs - nowMs));
      else if (connection?.state === 'ready' && nowMs < connection.throttledUntilMs) {
        wait = Math.min(wait, connection.throttledUntilMs - nowMs);
      }
    }
    return wait;
  }

  /** Ends all connections of the nodes there are: they bring no metadata. */
  disconnect(why: string): void {
    for (const node of this.list)
      this.connectionTo(node)?.fail(new DisconnectError(`${node.address}: ${why}`));
  }

  /** What became of each bootstrap address, for BootstrapError. */
  bootstrapOutcomes(): { address: string; outcome: string }[] {
    return this.lookups.flatMap(({ address, nodes }) =>
      nodes.length === 0
        ? [{ address, outcome: 'the name cannot be resolved' }]
        : nodes.map((node) => ({
            address: node.address,
            outcome:
              this.connectionTo(node)?.lastFailure?.message.replace(`${node.address}: `, '') ??
              'no answer yet',
          })),
    );
  }

  /** Why nodes cannot be reached at the moment, as one text; empty where none has failed. */
  unreachable(): string {
    return this.failures()
      .map(({ message }) => message)
      .join('; ');
  }

  private failures(): ProducerError[] {
    return this.list.flatMap((node) => {
      const connection = this.connectionTo(node);
      return connection === null || connection.state === 'ready' || connection.lastFailure === null
        ? []
        : [connection.lastFailure];
    });
  }
}
