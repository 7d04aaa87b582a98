import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchMaker, topicState } from '../../testing/simulation/sim-batches.js';
import type { LeaderHint, NodeAddress } from '../cluster/leader-hint.js';
import { readProduceResponse, type ProduceResponseSink } from './produce-response.js';
import { produceResponse } from '../../wire/apis/all.js';
import { encodeResponse, WireError, WireReader } from '../../wire/index.js';
import { ERROR, errorCodeFrom } from '../../wire/error-codes.js';

const VERSIONS = Array.from({ length: 11 }, (_, i) => i + 3);

class Sink implements ProduceResponseSink {
  readonly told: {
    partition: string;
    code: number;
    offset: number;
    message: string | null;
    hint: LeaderHint | null;
  }[] = [];
  endpoints: readonly NodeAddress[] = [];
  partitionAnswered(
    batch: { topic: string; partition: number },
    code: number,
    offset: number,
    message: string | null,
    hint: LeaderHint | null,
  ) {
    this.told.push({ partition: `${batch.topic}-${batch.partition}`, code, offset, message, hint });
  }
  nodeEndpoints(endpoints: readonly NodeAddress[]) {
    this.endpoints = endpoints;
  }
}

const maker = new BatchMaker();
const topics = [0, 1, 2].map((i) => topicState(`topic-${i}`, 4, Buffer.alloc(16, i + 1)));
const batches = topics.flatMap((topic) =>
  [0, 1, 2].map((partition) => maker.sealed(topic, partition)),
);
const uuid = (i: number) =>
  Buffer.alloc(16, i + 1)
    .toString('hex')
    .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');

const text = fc.option(fc.string({ maxLength: 20 }), { nil: null });
const partitionAnswer = fc.record({
  errorCode: fc.constantFrom(
    ERROR.NONE,
    ERROR.NONE,
    ERROR.NOT_LEADER_OR_FOLLOWER,
    ERROR.FENCED_LEADER_EPOCH,
    ERROR.MESSAGE_TOO_LARGE,
    ERROR.INVALID_RECORD,
    errorCodeFrom(999),
  ),
  baseOffset: fc.bigInt({ min: -1n, max: 2n ** 53n - 1n }),
  logAppendTimeMs: fc.bigInt({ min: -1n, max: 2n ** 62n }),
  logStartOffset: fc.bigInt({ min: -1n, max: 2n ** 62n }),
  recordErrors: fc.array(fc.record({ batchIndex: fc.nat(), batchIndexErrorMessage: text }), {
    maxLength: 3,
  }),
  errorMessage: text,
  currentLeader: fc.option(fc.record({ leaderId: fc.nat(9), leaderEpoch: fc.nat(99) }), {
    nil: undefined,
  }),
});
const nodeEndpoints = fc.array(
  fc.record({ nodeId: fc.nat(9), host: fc.string(), port: fc.nat(65535), rack: text }),
  {
    maxLength: 3,
  },
);

function read(version: number, frame: Buffer, sink: ProduceResponseSink = new Sink()): number {
  return readProduceResponse(new WireReader(frame, 8), version, batches, batches.length, sink);
}

describe.each(VERSIONS)('produce response v%d', (version) => {
  it('tells what the table wrote: outcomes, record errors, hints, endpoints, throttle', () => {
    fc.assert(
      fc.property(
        fc.array(partitionAnswer, { minLength: 9, maxLength: 9 }),
        nodeEndpoints,
        fc.nat(),
        fc.boolean(),
        (answers, nodes, throttleTimeMs, backwards) => {
          const responses = topics.map(({ name }, t) => {
            const partitionResponses = [0, 1, 2].map((index) => {
              const { currentLeader, ...rest } = answers[t * 3 + index];
              return { index, ...rest, ...(currentLeader === undefined ? {} : { currentLeader }) };
            });
            return {
              name,
              topicId: uuid(t),
              partitionResponses: backwards ? partitionResponses.reverse() : partitionResponses,
            };
          });
          if (backwards) responses.reverse();
          const frame = encodeResponse(produceResponse, version, 5, {
            responses,
            throttleTimeMs,
            nodeEndpoints: nodes,
          });
          const sink = new Sink();
          expect(read(version, frame, sink)).toBe(throttleTimeMs);
          expect(sink.told).toHaveLength(9);
          for (const told of sink.told) {
            const at = batches.findIndex(
              (batch) => `${batch.topic}-${batch.partition}` === told.partition,
            );
            const answer = answers[at];
            expect(told).toMatchObject({
              code: answer.errorCode,
              offset: Number(answer.baseOffset),
            });
            const firstOfRecords =
              answer.recordErrors.find(
                ({ batchIndexErrorMessage }) => batchIndexErrorMessage !== null,
              )?.batchIndexErrorMessage ?? null;
            expect(told.message).toBe(
              version >= 8 ? (answer.errorMessage ?? firstOfRecords) : null,
            );
            const refused = answer.recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => ({
              index: batchIndex,
              message: batchIndexErrorMessage,
            }));
            expect(batches[at].refusedRecords).toEqual(
              version >= 8 && refused.length > 0 ? refused : null,
            );
            // A tagged field that has its default is not written.
            expect(told.hint).toEqual(version >= 10 ? (answer.currentLeader ?? null) : null);
          }
          const expected = version >= 10 ? nodes : [];
          expect(sink.endpoints).toEqual(expected);
        },
      ),
      { numRuns: 12 },
    );
  });

  const good = encodeResponse(produceResponse, version, 5, {
    responses: [
      {
        name: 'topic-1',
        topicId: uuid(1),
        partitionResponses: [
          {
            index: 2,
            errorCode: ERROR.NOT_LEADER_OR_FOLLOWER,
            baseOffset: 4n,
            errorMessage: 'no',
            recordErrors: [{ batchIndex: 1, batchIndexErrorMessage: 'bad' }],
            currentLeader: { leaderId: 1, leaderEpoch: 2 },
          },
        ],
      },
    ],
    nodeEndpoints: [{ nodeId: 1, host: 'h', port: 9, rack: null }],
  });

  it('is a WireError when cut off anywhere', () => {
    for (let end = 8; end < good.length; end++) {
      expect(() => read(version, good.subarray(0, end)), `cut at ${end}`).toThrow(WireError);
    }
  });

  it('is read or refused, never worse, with any byte changed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: good.length - 1 }),
        fc.nat(255),
        fc.nat(255),
        (at, one, two) => {
          const bad = Buffer.from(good);
          bad[at] = one;
          if (at + 1 < bad.length) bad[at + 1] = two;
          try {
            read(version, bad);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        },
      ),
      { numRuns: 120 },
    );
  });

  it('refuses a partition that was not asked about', () => {
    for (const [topic, index] of [
      ['topic-1', 3],
      ['topic-9', 0],
      ['topic', 0],
      ['topic-11', 0],
    ] as const) {
      const t = Number(topic.slice(6, 7) || 9);
      const frame = encodeResponse(produceResponse, version, 5, {
        responses: [
          {
            name: topic,
            topicId: topic === 'topic-1' ? uuid(1) : uuid(t + 50),
            partitionResponses: [{ index }],
          },
        ],
      });
      expect(() => read(version, frame)).toThrow(/not in the request/);
    }
  });

  it('skips tagged fields that it does not know', () => {
    if (version < 9) return;
    // Header tags, partition tags, topic tags and top-level tags of a response with one partition,
    // by hand.
    const id =
      version >= 13
        ? Buffer.alloc(16, 2)
        : Buffer.concat([Buffer.from([8]), Buffer.from('topic-1')]);
    const tag = Buffer.from([1, 99, 2, 7, 7]);
    const partition = Buffer.alloc(4 + 2 + 8 + 8 + 8 + 1 + 1);
    partition.writeInt32BE(2);
    partition.writeBigInt64BE(123n, 6);
    partition[30] = 1; // no record errors; message null
    const frame = Buffer.concat([
      Buffer.alloc(8),
      tag,
      Buffer.from([2]),
      id,
      Buffer.from([2]),
      partition,
      tag,
      tag,
      Buffer.from([0, 0, 0, 9]),
      tag,
    ]);
    const sink = new Sink();
    expect(read(version, frame, sink)).toBe(9);
    expect(sink.told).toEqual([
      { partition: 'topic-1-2', code: ERROR.NONE, offset: 123, message: null, hint: null },
    ]);
  });
});
