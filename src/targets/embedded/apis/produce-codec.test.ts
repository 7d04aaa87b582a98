import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { produceRequest, produceResponse } from '../../../wire/apis/all.js';
import { encodeRequest, encodeResponse, WireError } from '../../../wire/index.js';
import { OutputBuffer } from '../server/output-buffer.js';
import { ProduceRequestView } from './received-produce.js';
import { ProduceResponseWriter } from './produce-answer.js';
import { errorCodeFrom } from '../../../wire/error-codes.js';

const version = fc.integer({ min: 3, max: 13 });
const topics = fc.array(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 200 }),
    topicId: fc.uuid(),
    partitionData: fc.array(
      fc.record({
        index: fc.integer({ min: 0, max: 1000 }),
        records: fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
      }),
      { maxLength: 20 },
    ),
  }),
  { maxLength: 5 },
);

const idText = (bytes: Buffer) =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

describe('a produce request read by hand', () => {
  it('is what the table wrote, in every version', () => {
    const view = new ProduceRequestView();
    const check = (
      v: number,
      topicData: Parameters<typeof encodeRequest<object>>[4],
      clientId: string | null,
    ) => {
      const data = topicData as {
        name: string;
        topicId: string;
        partitionData: { index: number; records: Buffer | null }[];
      }[];
      const frame = encodeRequest(produceRequest, v, 77, clientId, {
        acks: -1,
        timeoutMs: 5,
        topicData: data,
      });
      view.read(frame, 4, frame.length);
      const read = Array.from({ length: view.topicCount }, (_, t) => {
        const name = frame.subarray(view.nameAt[t], view.nameAt[t] + view.nameBytes[t]);
        const partitionData = [];
        for (let p = view.firstPartition[t]; p < view.firstPartition[t + 1]; p++) {
          const at = view.recordsAt[p];
          const bytes = view.recordsBytes[p];
          partitionData.push({
            index: view.index[p],
            records: bytes < 0 ? null : frame.subarray(at, at + bytes),
          });
        }
        return { name: v >= 13 ? idText(name) : name.toString(), partitionData };
      });
      expect(read).toEqual(
        data.map(({ name, topicId, partitionData }) => ({
          name: v >= 13 ? topicId : name,
          partitionData,
        })),
      );
      expect([view.version, view.correlationId, view.acks, view.transactionalIdBytes]).toEqual([
        v,
        77,
        -1,
        -1,
      ]);
    };
    fc.assert(fc.property(version, topics, fc.option(fc.string()), check));
  });

  it('throws a WireError, and nothing else, wherever it is cut or changed', () => {
    const view = new ProduceRequestView();
    fc.assert(
      fc.property(
        version,
        topics,
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (v, topicData, where, byte) => {
          const frame = encodeRequest(produceRequest, v, 1, 'c', {
            acks: 1,
            timeoutMs: 5,
            topicData,
          });
          expect(() =>
            view.read(frame, 4, frame.length - 1 - (where % (frame.length - 4))),
          ).toThrow(WireError);
          frame[14 + (where % (frame.length - 14))] = byte;
          try {
            view.read(frame, 4, frame.length);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        },
      ),
    );
  });
});

describe('a produce response written by hand', () => {
  const answers = fc.array(
    fc.record({
      index: fc.nat(1000),
      errorCode: fc.integer({ min: -1, max: 110 }).map(errorCodeFrom),
      baseOffset: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
      logAppendTimeMs: fc.integer({ min: -1, max: 2 ** 45 }),
      logStartOffset: fc.integer({ min: -1, max: 2 ** 45 }),
      errorMessage: fc.option(fc.string({ maxLength: 40 })),
      leader: fc.option(fc.record({ leader: fc.nat(100), leaderEpoch: fc.nat(100) })),
    }),
    { maxLength: 300 },
  );

  it('is byte for byte what the table writes, in every version', () => {
    const writer = new ProduceResponseWriter();
    fc.assert(
      fc.property(
        version,
        answers,
        fc.nat(9999),
        fc.boolean(),
        (v, partitions, throttle, moved) => {
          const out = new OutputBuffer();
          const topicId = '0b7e1c3a-5d2f-4e6a-8b9c-001122334455';
          const endpoints = moved
            ? [{ id: 7, host: 'broker-7.example', port: 9092, ownPort: 9092, alive: true }]
            : [];
          const name = Buffer.from(
            v >= 13 ? topicId.replaceAll('-', '') : 'topic',
            v >= 13 ? 'hex' : 'utf8',
          );
          out.append(Buffer.from('before'));
          writer.begin(out, v, 5, 1);
          writer.topic(name, 0, name.length, partitions.length);
          for (const p of partitions) {
            const {
              index,
              errorCode,
              baseOffset,
              logAppendTimeMs,
              logStartOffset,
              errorMessage,
              leader,
            } = p;
            writer.partition(
              index,
              errorCode,
              baseOffset,
              logAppendTimeMs,
              logStartOffset,
              errorMessage,
              leader,
            );
          }
          writer.endTopic();
          writer.end(throttle, endpoints);
          const expected = encodeResponse(produceResponse, v, 5, {
            throttleTimeMs: throttle,
            responses: [
              {
                name: 'topic',
                topicId,
                partitionResponses: partitions.map(({ leader, ...p }) => ({
                  index: p.index,
                  errorCode: p.errorCode,
                  errorMessage: p.errorMessage,
                  baseOffset: BigInt(p.baseOffset),
                  logAppendTimeMs: BigInt(p.logAppendTimeMs),
                  logStartOffset: BigInt(p.logStartOffset),
                  ...(leader === null
                    ? {}
                    : {
                        currentLeader: { leaderId: leader.leader, leaderEpoch: leader.leaderEpoch },
                      }),
                })),
              },
            ],
            nodeEndpoints: endpoints.map(({ id, host, port }) => ({ nodeId: id, host, port })),
          });
          expect(out.take(0).toString('hex')).toBe(
            Buffer.from('before').toString('hex') + expected.toString('hex'),
          );
          expect(writer.frameBytes).toBe(expected.length);
        },
      ),
    );
  });
});
