// What the embedded brokers read, against requests that no client sends: every API and version, cut
// off, changed, with lengths that lie.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.js';
import { produceRequest } from '../../wire/apis/all.js';
import { encodeRequest, WireError } from '../../wire/index.js';
import { cases, valuesOf } from '../../testing/message-values.js';
import { damage, parameters, spoil } from '../../testing/spoiled-bytes.js';
import { BATCH } from '../../wire/index.js';
import { checkBatch, checkShape } from './log/batch.js';
import { UnpluggedCluster } from './in-process.js';
import { ProduceRequestView } from './apis/received-produce.js';
import { buildBatch } from '../../testing/raw-client.js';
import { recordTimestamps } from './log/record-timestamps.js';

describe('a broker', () => {
  it('answers or closes at any request, has no bug of its own, and serves the next', () => {
    const lines: string[] = [];
    // A second per look at the clock, so that no line is left out of the log.
    let nowMs = 0;
    const cluster = new UnpluggedCluster(
      { brokers: 1, topics: [{ name: 't', partitions: 1 }], log: (line) => lines.push(line) },
      {
        clock: {
          ...systemClock,
          now: () => (nowMs += 1000),
          schedule: () => ({ cancel: () => undefined }),
        },
      },
    );
    const requests = cases.filter(([name]) => name.endsWith('Request'));
    for (const [name, version, table] of requests) {
      fc.assert(
        fc.property(valuesOf(table.fields, version), damage, (value, how) => {
          const frame = encodeRequest(table, version, 1, 'c', value);
          // Size, API and version stay, so that the right decoder reads the rest.
          const bytes = Buffer.concat([frame.subarray(0, 8), spoil(frame.subarray(8), how)]);
          bytes.writeInt32BE(bytes.length - 4, 0);
          const connection = cluster.connect(1, {
            peer: 'test',
            write: () => true,
            resumeReads: () => undefined,
            destroy: () => undefined,
          });
          connection.receive(bytes);
          connection.ended();
          expect(
            lines.filter((line) => line.includes('    at ')),
            `${name} v${version}`,
          ).toEqual([]);
        }),
        parameters(6),
      );
    }
  });
});

describe('the view of a produce request', () => {
  it.each(Array.from({ length: 11 }, (_, i) => i + 3))(
    'v%d: a WireError, or no more entries than bytes',
    (version) => {
      const topicData = ['a', 'b'].map((name) => ({
        name,
        partitionData: [0, 1].map((index) => ({ index, records: buildBatch(['x', 'y']) })),
      }));
      const frame = encodeRequest(produceRequest, version, 1, 'client', {
        acks: -1,
        timeoutMs: 1,
        topicData,
      }).subarray(4);
      const view = new ProduceRequestView();
      view.read(frame, 0, frame.length);
      expect(view.partitionCount).toBe(4);
      fc.assert(
        fc.property(fc.array(damage, { minLength: 1, maxLength: 2 }), (how) => {
          const bytes = how.reduce(spoil, frame);
          const fresh = new ProduceRequestView();
          try {
            fresh.read(bytes, 0, bytes.length);
          } catch (error) {
            // Nothing of a frame that was refused is acted on; and it made no more of it than there
            // was.
            if (!(error instanceof WireError)) throw error;
          }
          expect(fresh.nameAt.length + fresh.index.length).toBeLessThanOrEqual(bytes.length);
          for (let p = 0; p < fresh.recordsAt.length; p++)
            expect(fresh.recordsAt[p] + Math.max(0, fresh.recordsBytes[p])).toBeLessThanOrEqual(
              bytes.length,
            );
        }),
        parameters(100),
      );
    },
  );
});

describe('the reader of records’ times', () => {
  it('ends within the batch, whatever the records say', () => {
    const whole = buildBatch(['one', 'two', 'three']);
    expect([...recordTimestamps(whole, 0)]).toHaveLength(3);
    fc.assert(
      fc.property(damage, damage, (one, two) => {
        const records = spoil(spoil(whole.subarray(BATCH.records), one), two);
        const batch = Buffer.concat([whole.subarray(0, BATCH.records), records]);
        batch.writeInt32BE(batch.length - 12, 8);
        batch.writeInt32BE(0x7fffffff, 57);
        expect([...recordTimestamps(batch, 0)].length).toBeLessThanOrEqual(records.length);
      }),
      parameters(300),
    );
  });

  it('and a batch’s header is refused with a reason or taken, never read past its end', () => {
    const whole = buildBatch(['one']);
    fc.assert(
      fc.property(damage, (how) => {
        const batch = spoil(whole, how);
        const refused =
          checkShape(batch, 0, batch.length, 13) ?? checkBatch(batch, 0, batch.length, 1000);
        // The leader epoch, before the magic byte, is the broker’s own business and not in the CRC.
        if (refused === null) expect(batch.subarray(16)).toEqual(whole.subarray(16));
      }),
      parameters(300),
    );
  });
});
