// The cells of bench/fidelity.ts: those that the model of Java's timing was made on, and those that
// nobody tuned on.
import { RunError } from '../../src/base/errors.js';

export interface Cell {
  readonly rate: number;
  readonly lingerMs: number;
  readonly batchBytes: number;
  readonly partitions: number;
  readonly codec: 'none' | 'lz4' | 'zstd' | 'snappy';
  readonly valueBytes: number;
}

const KNOWN_VALUE_BYTES = 100;

export const WARM: Cell = {
  ...{ rate: 100_000, lingerMs: 5, batchBytes: 16_384, partitions: 1 },
  ...{ codec: 'lz4', valueBytes: KNOWN_VALUE_BYTES },
};

function known(): Cell[] {
  const cells: Cell[] = [];
  const valueBytes = KNOWN_VALUE_BYTES;
  for (const codec of ['none', 'lz4'] as const)
    for (const partitions of [1, 6])
      for (const batchBytes of [16_384, 65_536])
        for (const lingerMs of [0, 5, 50])
          for (const rate of [5_000, 20_000, 100_000])
            cells.push({ rate, lingerMs, batchBytes, partitions, codec, valueBytes });
  return cells;
}

/**
 * Written down on 2026-11-27 before any of them was measured; no constant may be fitted to them
 * (then others have to be chosen): linger, batch size, rate and value size as no known cell has.
 */
function unseen(): Cell[] {
  const cells: Cell[] = [];
  for (const codec of ['none', 'zstd', 'snappy'] as const)
    for (const partitions of [3, 12])
      for (const [lingerMs, batchBytes, rate, valueBytes] of [
        [1, 32_768, 10_000, 100],
        [20, 131_072, 50_000, 200],
        [100, 8_192, 2_000, 1000],
        [0, 32_768, 80_000, 50],
      ] as const)
        cells.push({ rate, lingerMs, batchBytes, partitions, codec, valueBytes });
  return cells;
}

const GRIDS = { known, unseen } as const;
export const GRID_NAMES = Object.keys(GRIDS) as readonly (keyof typeof GRIDS)[];

export const cellName = (cell: Cell): string =>
  `${cell.rate / 1000}k/s linger ${cell.lingerMs} ${cell.batchBytes / 1024}KiB ` +
  `p${cell.partitions} ${cell.codec} ${cell.valueBytes}B`;

/** Those of a grid whose names contain one of the texts; null: all. */
export function chooseCells(grid: string | null, names: string | null): readonly Cell[] {
  const make = GRID_NAMES.find((name) => name === (grid ?? 'known'));
  if (make === undefined)
    throw new RunError(`no grid ${grid!}; there are ${GRID_NAMES.join(', ')}`);
  const all = GRIDS[make]();
  const wanted = names?.split(',').map((text) => text.trim()) ?? [''];
  const cells = all.filter((cell) => wanted.some((text) => cellName(cell).includes(text)));
  if (cells.length > 0) return cells;
  throw new RunError(`no cell's name contains ${wanted.join(' or ')}; one is ${cellName(all[0])}`);
}
