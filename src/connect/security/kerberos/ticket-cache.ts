// What a Kerberos ticket cache in a file says of its ticket-granting ticket (MIT's format, versions
// 3 and 4): whose it is and when it ends. Called by kerberos-login, to say in time that there is
// none, and to renew it. Holds no key longer than it reads past it.
import { readRegularFile, UnreadableFile } from '../secrets/read-regular-file.js';

export interface TicketCache {
  readonly principal: string;
  /** Null: it holds none. */
  readonly ticket: Ticket | null;
}

/** Times in ms since 1970. */
export interface Ticket {
  readonly startMs: number;
  readonly endMs: number;
  /** Null: it cannot be renewed. */
  readonly renewTillMs: number | null;
}

/** Bit 8 of the ticket's flags, counted from the highest (RFC 4120). */
const RENEWABLE = 0x0080_0000;

/**
 * The file of a cache by its name, or null for caches that lie elsewhere (KEYRING, KCM, MEMORY,
 * API).
 */
export async function ticketCacheFile(name: string | undefined): Promise<string | null> {
  const text = name === undefined || name === '' ? defaultName() : name;
  const [, type, rest] = /^(?:([A-Za-z]\w+):)?(.*)$/s.exec(text)!;
  if (type === undefined || type === 'FILE') return rest;
  if (type !== 'DIR') return null;
  if (rest.startsWith(':')) return rest.slice(1);
  const primary = await readRegularFile(`${rest}/primary`).then(
    (bytes) => bytes.toString('utf8').trim(),
    () => 'tkt',
  );
  return `${rest}/${primary}`;
}

/** krb5.conf may say otherwise; then nothing is there, or nothing that is used. */
const defaultName = () => `FILE:/tmp/krb5cc_${process.getuid?.() ?? 0}`;

/** Throws UnreadableFile. */
export async function readTicketCache(file: string): Promise<TicketCache> {
  const bytes = await readRegularFile(file);
  try {
    return new CacheReader(bytes).read();
  } catch (error) {
    if (error instanceof RangeError)
      throw new UnreadableFile('is no Kerberos ticket cache, or a broken one');
    throw error;
  }
}

/** Of buffers: a RangeError where the file ends too early. */
class CacheReader {
  private at = 0;
  constructor(private readonly bytes: Buffer) {}

  read(): TicketCache {
    const version = this.uint16();
    if (version !== 0x0503 && version !== 0x0504)
      throw new UnreadableFile('is no Kerberos ticket cache');
    if (version === 0x0504) this.skip(this.uint16());
    const owner = this.principal();
    const own = `krbtgt/${owner.realm}@${owner.realm}`;
    let ticket: Ticket | null = null;
    while (this.at < this.bytes.length) {
      const { server, times } = this.credential(version === 0x0503);
      if (server === own) ticket = times;
    }
    return { principal: owner.text, ticket };
  }

  private credential(doubleType: boolean): { server: string; times: Ticket } {
    this.principal();
    const server = this.principal().text;
    this.skip(doubleType ? 4 : 2);
    this.skip(this.uint32());
    const [authMs, startMs, endMs, renewTillMs] = Array.from(
      { length: 4 },
      () => this.uint32() * 1000,
    );
    this.skip(1);
    const renewable = (this.uint32() & RENEWABLE) !== 0;
    for (let lists = 0; lists < 2; lists++) {
      for (let left = this.uint32(); left > 0; left--) {
        this.skip(2);
        this.skip(this.uint32());
      }
    }
    for (let tickets = 0; tickets < 2; tickets++) this.skip(this.uint32());
    const times = {
      startMs: startMs === 0 ? authMs : startMs,
      endMs,
      renewTillMs: renewable ? renewTillMs : null,
    };
    return { server, times };
  }

  private principal(): { text: string; realm: string } {
    this.skip(4);
    let components = this.uint32();
    const realm = this.text();
    const parts: string[] = [];
    for (; components > 0; components--) parts.push(this.text());
    return { text: `${parts.join('/')}@${realm}`, realm };
  }

  private text(): string {
    const length = this.uint32();
    const from = this.at;
    this.skip(length);
    return this.bytes.toString('utf8', from, this.at);
  }

  private skip(count: number): void {
    this.at += count;
    if (this.at > this.bytes.length) throw new RangeError('beyond the end');
  }

  private uint16(): number {
    const value = this.bytes.readUInt16BE(this.at);
    this.at += 2;
    return value;
  }

  private uint32(): number {
    const value = this.bytes.readUInt32BE(this.at);
    this.at += 4;
    return value;
  }
}
