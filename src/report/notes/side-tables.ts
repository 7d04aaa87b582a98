// The tables beside that of the points, in their order. Called by all that draw a report.
import type { PointRow } from '../model/report-model.js';
import { consumerTable } from './consumer-table.js';
import { faultTable } from './fault-table.js';
import type { SideTable } from './side-table.js';

export const sideTables = (rows: readonly PointRow[]): SideTable[] =>
  [consumerTable(rows), faultTable(rows)].filter((table) => table !== null);
