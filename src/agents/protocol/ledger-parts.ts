// An audited worker's ledger on its way from agent to coordinator: cut into messages of bounded
// size, put together and checked at the other end. Two bits a record, and 24 bytes a noted place.
import { CHUNK_BYTES } from '../../workloads/audit/bit-table.js';
import type { PackedLedger } from '../../workloads/audit/ledger.js';
import { ENTRY_BYTES, MOST_ENTRIES } from '../../workloads/audit/place-journal.js';
import { FrameError } from './frames.js';

export type LedgerTable = 'outcomes' | 'fates';

/** In this order: tables piece by piece, and last of each ledger what closes it. */
export type LedgerPart =
  | { readonly part: LedgerTable; readonly worker: number; readonly bytes: Uint8Array }
  | {
      readonly part: 'places';
      readonly worker: number;
      readonly sent: number;
      readonly entries: number;
      readonly doubles: Uint8Array;
      readonly words: Uint8Array;
    };

export function* ledgerParts(ledger: PackedLedger): Generator<LedgerPart> {
  const { worker, sent, outcomes, fates, places } = ledger;
  for (const bytes of outcomes) yield { part: 'outcomes', worker, bytes: new Uint8Array(bytes) };
  for (const bytes of fates) yield { part: 'fates', worker, bytes: new Uint8Array(bytes) };
  const { entries } = places;
  yield {
    ...{ part: 'places', worker, sent, entries },
    doubles: new Uint8Array(places.doubles, 0, entries * ENTRY_BYTES.doubles),
    words: new Uint8Array(places.words, 0, entries * ENTRY_BYTES.words),
  };
}

/** The ledgers of one agent's workers, as they come in. */
export class LedgerAssembly {
  private readonly open = new Map<number, Record<LedgerTable, SharedArrayBuffer[]>>();
  private readonly done = new Map<number, PackedLedger>();

  /** Workers `first` to `first + workers` may tell. */
  constructor(
    private readonly first: number,
    private readonly workers: number,
  ) {}

  get ledgers(): readonly PackedLedger[] {
    return [...this.done.values()];
  }

  /** Throws FrameError where it is no part of such a ledger. */
  add(part: LedgerPart): void {
    const { worker } = part;
    const own = worker >= this.first && worker < this.first + this.workers;
    if (!own || this.done.has(worker))
      throw new FrameError(`a ledger of worker ${worker}, which is not to be told`);
    let tables = this.open.get(worker);
    if (tables === undefined) this.open.set(worker, (tables = { outcomes: [], fates: [] }));
    if (part.part !== 'places') {
      tables[part.part].push(shared(part.bytes, CHUNK_BYTES));
      return;
    }
    const { sent, entries, doubles, words } = part;
    if (entries > MOST_ENTRIES) throw new FrameError(`a ledger with ${entries} places`);
    const places = {
      entries,
      doubles: shared(doubles, entries * ENTRY_BYTES.doubles),
      words: shared(words, entries * ENTRY_BYTES.words),
    };
    this.done.set(worker, { worker, sent, ...tables, places });
    this.open.delete(worker);
  }
}

function shared(bytes: Uint8Array, length: number): SharedArrayBuffer {
  if (bytes.length !== length)
    throw new FrameError(`${bytes.length} bytes of a ledger where ${length} are a part of one`);
  const buffer = new SharedArrayBuffer(length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}
