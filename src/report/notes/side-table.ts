// A table beside that of the points, as plain text: what every format draws alike (terminal,
// Markdown, page). Types only.

export interface SideTable {
  readonly title: string;
  /** What the columns mean. */
  readonly lead: string;
  readonly head: readonly string[];
  readonly aligns: readonly ('left' | 'right')[];
  readonly rows: readonly (readonly string[])[];
  /** How many of the first columns name a row: they head it where the table does not fit. */
  readonly naming: number;
}
