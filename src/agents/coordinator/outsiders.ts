// Who connected to the coordinator's port and is no agent: a port scanner, a browser, a health
// check, TLS where there is none. The first is told, the rest are counted and told at the end: a
// line for each would be as many as a scanner likes. Used by roster and listen.
import { listed } from '../../report/text/format.js';

/** Addresses that are remembered. */
const MOST_PLACES = 20;

export class Outsiders {
  private count = 0;
  private closed = false;
  private readonly places = new Set<string>();

  constructor(private readonly tell: (line: string) => void) {}

  /** `from`: `host:port`. */
  heard(from: string, why: string): void {
    if (this.closed) return;
    const place = from.replace(/:\d+$/, '');
    this.count++;
    if (this.places.size < MOST_PLACES) this.places.add(place);
    if (this.count > 1) return;
    this.tell(`a connection from ${place} was no agent’s: ${why} (told once, counted from now on)`);
  }

  /** Null where there were none. */
  sum(): string | null {
    if (this.count === 0) return null;
    const from = `from ${listed([...this.places], 3)}`;
    return this.count === 1
      ? `1 connection was no agent’s (${from})`
      : `${this.count} connections were no agents’ (${from})`;
  }

  /** Once nobody is listened to any more. */
  close(): void {
    const sum = this.sum();
    if (sum !== null && this.count > 1) this.tell(sum);
    this.closed = true;
  }
}
