// A figure over a point's runs as a cell of a side table. Pure.
import type { Quantity } from '../../contract/summary.js';
import { significant } from '../text/format.js';

/** With its interval where there is one. */
export function quantityCell(value: Quantity | null | undefined): string {
  if (value == null) return '-';
  const { median, low, high } = value;
  if (low === null || high === null) return significant(median);
  return `${significant(median)} (${significant(low)}-${significant(high)})`;
}
