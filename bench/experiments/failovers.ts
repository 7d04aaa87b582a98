// The tables of leader-failover and controller-failover: outages and every record's fate.
import type { Experiment } from './experiment.js';
import {
  AUDIT_COLUMNS,
  GAP_COLUMN,
  PARTITION_GAP_COLUMN,
  RECOVERY_COLUMNS,
  runByRun,
} from './fault-columns.js';
import { setting, sweepPart } from './sweep-part.js';

const acks = setting('acks');

export const leaderFailover: Experiment = {
  name: 'leader-failover',
  question: 'What does the death of a leader cost, and what is lost?',
  parts: [
    sweepPart({
      name: 'leader-failover',
      row: { head: 'acks', name: acks },
      columns: [GAP_COLUMN, PARTITION_GAP_COLUMN, ...RECOVERY_COLUMNS, ...AUDIT_COLUMNS],
      more: (results) => runByRun(results, acks, 'acks'),
    }),
  ],
};

export const controllerFailover: Experiment = {
  name: 'controller-failover',
  question: 'Do clients notice that the controller dies?',
  parts: [
    sweepPart({
      name: 'controller-failover',
      row: { head: 'acks', name: acks },
      columns: [GAP_COLUMN, ...RECOVERY_COLUMNS, ...AUDIT_COLUMNS],
      more: (results) => runByRun(results, acks, 'acks'),
    }),
  ],
};
