// What an output format of `kbench compare` is. A leaf, so that the formats need not know their
// registry (comparison-formats).
import type { Comparison } from '../../contract/comparison.js';
import type { TableOptions } from '../text/table.js';

export interface ComparisonFormatOptions extends TableOptions {
  /** Rows of tables for reading; what is beyond is counted. JSON and JUnit hold all. */
  readonly most: number;
}

export type ComparisonRenderer = (
  comparison: Comparison,
  options: ComparisonFormatOptions,
) => string;
