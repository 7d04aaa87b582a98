// The table of ordering: what became of every record, by idempotence and requests in flight.
import type { Experiment } from './experiment.js';
import { AUDIT_COLUMNS } from './fault-columns.js';
import { setting, sweepPart } from './sweep-part.js';
import { spread } from './sweep-results.js';

export const ordering: Experiment = {
  name: 'ordering',
  question: 'Do several requests in flight and a retry reorder records?',
  parts: [
    sweepPart({
      name: 'ordering',
      row: { head: 'idempotence', name: setting('enable.idempotence') },
      columns: [
        { head: 'in flight', cell: setting('max.in.flight.requests.per.connection') },
        {
          head: 'sent again a run',
          cell: (point) =>
            spread(point, (run) => run.measurement.continuity?.recordRetries ?? 0, 0),
        },
        ...AUDIT_COLUMNS,
      ],
    }),
  ],
};
