// Everything of the producer's that reads what a broker sent, against bytes that no broker sends:
// cut off, changed, random, with lengths and counts that lie. A WireError (for the batch reader of
// tests: any Error) or a value; no hang, nothing allocated that was not sent. A failure prints
// fast-check's seed and path; KBENCH_SEED=<seed> runs it again.
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { BatchMaker, batchBytes, topicState } from '../../testing/simulation/sim-batches.js';
import { readBatch } from '../../testing/simulation/cluster/sim-batch.js';
import { cases, encode, valuesOf } from '../../testing/message-values.js';
import { SimWorld } from '../../testing/simulation/sim-world.js';
import { damage, parameters, spoil } from '../../testing/spoiled-bytes.js';
import type { SimLink } from '../../testing/simulation/sim-network.js';
import { ProducerError } from '../../connect/index.js';
import { produceResponse } from '../../wire/apis/all.js';
import {
  decodeMessage,
  encodeResponse,
  FrameReader,
  WireError,
  WireReader,
} from '../../wire/index.js';
import { readProduceResponse } from './produce-response.js';
import { ERROR } from '../../wire/error-codes.js';

/** A reader that finds out when a length is believed that the frame cannot hold. */
class WatchedReader extends WireReader {
  override length(flexible: boolean, short: boolean, elementBytes = 1): number {
    const length = super.length(flexible, short, elementBytes);
    if (length * elementBytes > this.remaining)
      throw new Error(`believed ${length} with ${this.remaining} bytes left`);
    return length;
  }
}

/**
 * Objects and array elements in a decoded value, but not those of the defaults, which are shared.
 */
function parts(value: unknown): number {
  if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, each) => sum + parts(each), 1);
}

function orWireError(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}

describe('the decoder of the tables', () => {
  it.each(cases)('%s v%d', (_, version, table) => {
    fc.assert(
      fc.property(valuesOf(table.fields, version), damage, (value, how) => {
        const frame = spoil(encode(table, version, value), how);
        orWireError(() => {
          const reader = new WatchedReader(frame);
          const decoded = decodeMessage(table, version, reader);
          // Fields that the version lacks are there all the same: so many a structure, and every
          // structure took a byte.
          expect(parts(decoded)).toBeLessThanOrEqual((frame.length + 1) * 24);
        });
      }),
      parameters(12),
    );
  });
});

const maker = new BatchMaker();
const topics = [0, 1, 2].map((i) => topicState(`topic-${i}`, 4, Buffer.alloc(16, i + 1)));
const batches = topics.flatMap((topic) =>
  [0, 1, 2].map((partition) => maker.sealed(topic, partition)),
);
const idOf = (i: number) =>
  String(i + 1)
    .padStart(2, '0')
    .repeat(16)
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');

describe('the reader of produce responses', () => {
  it.each(Array.from({ length: 11 }, (_, i) => i + 3))('v%d', (version) => {
    const responses = topics.map(({ name }, t) => ({
      name,
      topicId: idOf(t),
      partitionResponses: [0, 1, 2].map((index) => ({
        index,
        errorCode: index === 2 ? ERROR.NOT_LEADER_OR_FOLLOWER : ERROR.NONE,
        baseOffset: 5n,
        recordErrors: [{ batchIndex: 0, batchIndexErrorMessage: 'no' }],
        errorMessage: 'why',
        currentLeader: { leaderId: 1, leaderEpoch: 2 },
      })),
    }));
    const nodeEndpoints = [{ nodeId: 1, host: 'h', port: 9092, rack: null }];
    const whole = encodeResponse(produceResponse, version, 1, {
      responses,
      throttleTimeMs: 7,
      nodeEndpoints,
    }).subarray(8);
    let told = 0;
    let named = 0;
    const sink = {
      partitionAnswered() {
        told++;
      },
      nodeEndpoints(endpoints: readonly unknown[]) {
        named += endpoints.length;
      },
    };
    const read = (frame: Buffer) =>
      readProduceResponse(new WatchedReader(frame), version, batches, batches.length, sink);
    expect(read(whole)).toBe(7);
    expect([told, named]).toEqual([9, version >= 10 ? 1 : 0]);
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 2 }), (how) => {
        const frame = how.reduce(spoil, whole);
        told = named = 0;
        orWireError(() => void read(frame));
        expect(told).toBeLessThanOrEqual(frame.length / 22);
        expect(named).toBeLessThanOrEqual(frame.length / 10);
      }),
      parameters(150),
    );
  });
});

describe('the frame reader', () => {
  it('takes any bytes, in any pieces, and sets aside no more memory than has come', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(
        ...[
          '00000004000102',
          '000003e8',
          '06400000',
          '06400001',
          '7fffffff',
          '00000003',
          '1503030002',
          '16030100',
        ].map((hex) => Buffer.from(hex, 'hex')),
      ),
      fc.nat(60_000).map((bytes) => Buffer.alloc(bytes)),
    );
    const sizes = vi.spyOn(Buffer, 'allocUnsafe');
    try {
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
          sizes.mockClear();
          let came = 0;
          let given = 0;
          orWireError(() => {
            const reader = new FrameReader((_, from, to) => (given += 4 + to - from));
            for (const bytes of pieces) {
              came += bytes.length;
              reader.push(Buffer.from(bytes), bytes.length);
            }
          });
          expect(given).toBeLessThanOrEqual(came);
          for (const [bytes] of sizes.mock.calls)
            expect(bytes).toBeLessThanOrEqual(Math.max(2 * came, 16 * 1024));
        }),
        parameters(300),
      );
    } finally {
      sizes.mockRestore();
    }
  });

  it('puts a large frame together from small pieces, reading its bytes only once', () => {
    const size = 3_000_000;
    const head = Buffer.alloc(4);
    head.writeInt32BE(size);
    const piece = Buffer.alloc(1000, 7);
    const allocated = vi.spyOn(Buffer, 'allocUnsafe');
    let got = 0;
    const reader = new FrameReader((buffer, from, to) => {
      got = to - from;
      expect(buffer.subarray(from, to).every((byte) => byte === 7)).toBe(true);
    });
    reader.push(head, 4);
    for (let sent = 0; sent < size; sent += piece.length) reader.push(piece, piece.length);
    expect(got).toBe(size);
    expect(allocated.mock.calls.length).toBeLessThan(12);
    allocated.mockRestore();
  });
});

describe('the batch reader of the modelled brokers', () => {
  it('reads or refuses, and makes no more records than there are bytes', () => {
    const whole = batchBytes(maker.sealed(topics[0], 3, 5));
    fc.assert(
      fc.property(damage, (how) => {
        const bytes = spoil(whole, how);
        try {
          expect(readBatch(bytes).records.length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      parameters(300),
    );
  });
});

describe('a whole producer', () => {
  it('whose broker answers with spoiled bytes: each record has one outcome', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(0xffff),
        fc.array(fc.option(damage, { nil: null, freq: 2 }), { minLength: 4, maxLength: 12 }),
        async (seed, plan) => {
          const world = new SimWorld({
            seed,
            settings: {
              'linger.ms': 0,
              'enable.idempotence': false,
              'request.timeout.ms': 500,
              'delivery.timeout.ms': 3000,
              'max.block.ms': 2000,
              'metadata.max.age.ms': 400,
            },
          });
          const broker = world.cluster.brokers.get(0)!;
          let answers = 0;
          world.network.servers.set('b0:9092', {
            accept(link: SimLink) {
              const spoiled: SimLink = {
                open: true,
                send(frame) {
                  const how = plan[answers++] ?? null;
                  if (how === null) link.send(frame);
                  else {
                    // The size and correlation id stay, so that what is behind them is read at all;
                    // or everything is spoiled.
                    const kept = answers % 3 === 0 ? 0 : 8;
                    const bytes = Buffer.concat([
                      frame.subarray(0, kept),
                      spoil(frame.subarray(kept), how),
                    ]);
                    if (kept > 0) bytes.writeInt32BE(bytes.length - 4, 0);
                    link.send(bytes);
                  }
                },
                close: (error) => link.close(error),
              };
              return broker.accept(spoiled);
            },
          });
          const sent: string[] = [];
          try {
            const topic = await world.start();
            for (let i = 0; i < 5; i++) {
              sent.push(`v${i}`);
              world.send(topic, `v${i}`);
              await world.clock.advance(300);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(ProducerError);
          }
          await world.clock.advance(6000);
          await world.close();
          expect(world.leftovers()).toEqual([]);
          expect(sent.filter((value) => world.outcome(value) === undefined)).toEqual([]);
        },
      ),
      parameters(40),
    );
  });
});
