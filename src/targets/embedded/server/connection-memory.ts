// What all connections of an embedded cluster hold together for requests that are not finished and
// answers that nobody reads, and how long a request may take to arrive. One per cluster;
// connections tell it what they hold. Must never let one client take what others need: where the
// limit is passed, the connection that holds the most is closed.
const MIB = 1024 * 1024;

/** Eight producers with a buffer.memory of 32 MiB that is all on its way, and then some. */
const LIMIT_BYTES = 320 * MIB;
/** Over all brokers; each connection has some 200 KiB of its own. */
export const MAX_CONNECTIONS = 1500;
/** An emptied buffer above this gives its memory back. */
const MOST_KEPT_BYTES = 4 * MIB;

/** Time goes by in these: whoever runs the cluster in real time calls `tick()` so often. */
export const TICK_MS = 5000;
const TICKS_PER_MINUTE = 60_000 / TICK_MS;
/** A request of which nothing more comes. */
const STALLED_TICKS = TICKS_PER_MINUTE / 2;
/** A request that comes in drops. */
const SLOW_TICKS = 2 * TICKS_PER_MINUTE;
/** As Kafka's connections.max.idle.ms. */
const IDLE_TICKS = 10 * TICKS_PER_MINUTE;

/** A connection, as the budget sees it. */
export interface Holder {
  /**
   * Waits for the rest of a request; for a request; or neither (it is being answered, or not read
   * from on purpose).
   */
  readonly waitsFor: 'rest' | 'request' | 'nothing';
  /** Ends it, with this line in the log. */
  fail(reason: string): void;
}

interface Account {
  heldBytes: number;
  /** Ticks at the last byte and at the last whole request. */
  byteTick: number;
  requestTick: number;
}

export class ConnectionMemory {
  private readonly accounts = new Map<Holder, Account>();
  private totalBytes = 0;
  private ticks = 0;

  constructor(private readonly limitBytes = LIMIT_BYTES) {}

  get connections(): number {
    return this.accounts.size;
  }

  /** Bytes that a connection may keep for its next requests: less where there are many. */
  get keepBytes(): number {
    return Math.min(MOST_KEPT_BYTES, this.limitBytes / 2 / Math.max(1, this.accounts.size));
  }

  open(holder: Holder): Account {
    const account = { heldBytes: 0, byteTick: this.ticks, requestTick: this.ticks };
    this.accounts.set(holder, account);
    return account;
  }

  close(holder: Holder): void {
    this.totalBytes -= this.accounts.get(holder)?.heldBytes ?? 0;
    this.accounts.delete(holder);
  }

  /**
   * The connection holds so much now. Closes those that hold the most until all fit; maybe this
   * one.
   */
  hold(account: Account, bytes: number): void {
    this.totalBytes += bytes - account.heldBytes;
    account.heldBytes = bytes;
    while (this.totalBytes > this.limitBytes) this.closeLargest();
  }

  /** Something came over the connection. */
  heard(account: Account, wholeRequest: boolean): void {
    account.byteTick = this.ticks;
    if (wholeRequest) account.requestTick = this.ticks;
  }

  private closeLargest(): void {
    let largest: Holder | null = null;
    let mostBytes = -1;
    for (const [holder, { heldBytes }] of this.accounts) {
      if (heldBytes <= mostBytes) continue;
      mostBytes = heldBytes;
      largest = holder;
    }
    if (largest === null) throw new Error(`${this.totalBytes} bytes are held by no connection`);
    const limit = `${this.limitBytes / MIB} MiB`;
    largest.fail(
      `all connections together held more than ${limit} of unfinished requests ` +
        `and unread answers, and this one held the most (${Math.ceil(mostBytes / MIB)} MiB)`,
    );
    // It is closed now, and so holds nothing; were it not, this would never end.
    this.close(largest);
  }

  /**
   * TICK_MS have gone by: closes connections whose requests do not come to an end, and idle ones.
   */
  tick(): void {
    this.ticks++;
    for (const [holder, account] of [...this.accounts]) {
      const { waitsFor } = holder;
      if (waitsFor === 'nothing') account.byteTick = account.requestTick = this.ticks;
      const silent = this.ticks - account.byteTick;
      if (waitsFor === 'request') account.requestTick = this.ticks;
      if (waitsFor === 'rest' && silent > STALLED_TICKS)
        holder.fail(`nothing more of a request came for ${seconds(STALLED_TICKS)} s`);
      else if (waitsFor === 'rest' && this.ticks - account.requestTick > SLOW_TICKS)
        holder.fail(`a request was not there after ${seconds(SLOW_TICKS)} s`);
      else if (silent > IDLE_TICKS) holder.fail(`idle for ${seconds(IDLE_TICKS)} s`);
    }
  }
}

const seconds = (ticks: number) => (ticks * TICK_MS) / 1000;
