import { describe, expect, it } from 'vitest';
import { driftPpm, fromAgentClock, readClock, toAgentClock, type Ping } from './clock-offset.js';
import { FrameError, FrameReader, frameOf, STRANGER_BYTES } from './frames.js';
import { readFromAgent, readHello, readToAgent } from './messages.js';
import { fromText, toText } from './plain-values.js';
import { isProof, newNonce, proofOf } from './proof.js';

describe('frames', () => {
  it('come whole, however the bytes are cut', () => {
    const messages = [{ a: 1 }, { text: 'ö'.repeat(300) }, []];
    const bytes = Buffer.concat(messages.map(frameOf));
    for (const step of [1, 3, 7, bytes.length]) {
      const reader = new FrameReader();
      const found: unknown[] = [];
      for (let at = 0; at < bytes.length; at += step) {
        reader.add(bytes.subarray(at, at + step));
        for (let next = reader.next(); next !== null; next = reader.next())
          found.push(next.message);
      }
      expect(found).toEqual(messages);
    }
  });

  it('of strangers are small, and refused by their length alone', () => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(STRANGER_BYTES + 1);
    const reader = new FrameReader();
    reader.add(head);
    expect(() => reader.next()).toThrow(FrameError);
    const trusted = new FrameReader();
    trusted.trust();
    trusted.add(head);
    expect(trusted.next()).toBeNull();
    trusted.add(Buffer.alloc(STRANGER_BYTES + 1, '{'));
    expect(() => trusted.next()).toThrow('JSON');
    const huge = new FrameReader();
    huge.trust();
    huge.add(Buffer.from('ffffffff', 'hex'));
    expect(() => huge.next()).toThrow(FrameError);
  });

  it('hold bytes, doubles and numbers that JSON has not', () => {
    const value = {
      bytes: new Uint8Array([0, 255, 3]),
      doubles: new Float64Array([1.5, -Infinity, 0]),
      none: new Uint8Array(0),
      infinite: [Infinity, -Infinity, NaN],
      plain: { $number: 'seven', text: '$bytes' },
    };
    expect(fromText(toText(value))).toEqual(value);
  });

  it('make no prototype of anything', () => {
    const read = fromText('{"__proto__": {"polluted": true}, "a": {"__proto__": 1}}');
    expect((read as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});

const EMPTY = { bytes: new Uint8Array(0), count: 0, minMicros: Infinity, maxMicros: 0 };
const COUNTS = { kept: 0, negative: 0, duplicated: 0, foreign: 0, elsewhere: 0, untimed: 0 };
const STREAM = {
  ...{ endToEnd: EMPTY, counts: COUNTS, gone: 0, unreadable: 0, backlog: null, pauses: [] },
  ...{ unread: 0, undecided: 0, drainMs: 0 },
};
const KEPT_MORE = { counts: { ...COUNTS, kept: 1 } };
const NO_BYTES = { endToEnd: { ...EMPTY, bytes: 'AAAA' } };
const MEMBER = { kind: 'member', task: 1, id: 0, change: 'add' };

/** An agent's last word, its consumers as told. */
const measured = (stream: object, streams = 1) => ({
  ...{ kind: 'measured', task: 1, results: [], throttled: null, beganAtMs: null, figures: null },
  stopped: false,
  consumed: {
    ...{ isolation: 'read_committed', clockErrorMs: 0.1, cpuMs: null, utilisation: null },
    streams: Array.from({ length: streams }, () => ({ ...STREAM, ...stream })),
  },
});

const intervals = (length: number, stream = 0, other: object = {}) => ({
  ...{ kind: 'consumed', task: 1 },
  consumed: {
    ...{ part: 'intervals', stream },
    intervals: Array.from({ length }, (_each, at) => ({
      ...{ atMs: at * 1000, durationMs: 1000, received: 0, p50: null, p99: null, max: null },
      ...{ lag: null, ...other },
    })),
  },
});

describe('messages', () => {
  it('take what consumers tell as it is', () => {
    for (const message of [measured({}), intervals(1000, 31), MEMBER]) {
      const read = message.kind === 'member' ? readToAgent(message) : readFromAgent(message);
      expect(read).toEqual(message);
    }
  });

  it.each<[string, () => unknown]>([
    ['a hello without a nonce', () => readHello({ kind: 'hello', protocol: 1, name: 'a' })],
    ['a name with a control character', () => readHello({ kind: 'hello', name: 'a\u001b[2J' })],
    ['an unknown kind', () => readFromAgent({ kind: 'eval', code: '1' })],
    ['a phase that is none', () => readFromAgent({ kind: 'progress', task: 1, phase: 'x' })],
    ['a clock that is no number', () => readFromAgent({ kind: 'pong', id: 0, atMs: NaN })],
    ['a start without a time', () => readToAgent({ kind: 'start', task: 1, meeting: 1 })],
    ['null', () => readToAgent(null)],
    ['a member change that is none', () => readToAgent({ ...MEMBER, change: 'exec' })],
    ['a consumer without its counts', () => readFromAgent(measured({ counts: {} }))],
    ['a consumer that kept what it has no time of', () => readFromAgent(measured(KEPT_MORE))],
    ['a consumer whose times are no bytes', () => readFromAgent(measured(NO_BYTES))],
    ['more consumers than there can be', () => readFromAgent(measured({}, 33))],
    ['a piece of too many intervals', () => readFromAgent(intervals(1001))],
    ['a piece of a consumer that cannot be', () => readFromAgent(intervals(1, 32))],
    ['an interval that is none', () => readFromAgent(intervals(1, 0, { lag: 'far' }))],
  ])('refuse %s', (_name, read) => {
    expect(read).toThrow(FrameError);
  });
});

describe('the proof of a token', () => {
  const nonces = { coordinator: newNonce(), agent: newNonce() };
  it('is of one side, one pair of nonces and one token', () => {
    const proof = proofOf('token', 'agent', nonces);
    expect(isProof(proof, proofOf('token', 'agent', nonces))).toBe(true);
    expect(isProof(proof, proofOf('token', 'coordinator', nonces))).toBe(false);
    expect(isProof(proof, proofOf('other', 'agent', nonces))).toBe(false);
    expect(isProof(proof, proofOf('token', 'agent', { ...nonces, agent: newNonce() }))).toBe(false);
    expect(isProof(undefined, proof)).toBe(false);
    expect(isProof(proof.slice(1), proof)).toBe(false);
  });
});

describe('an agent’s clock', () => {
  /** An agent whose clock is off by `offsetMs` and faster by `ppm`, so far away each way. */
  const ping = (
    sentMs: number,
    thereMs: number,
    backMs: number,
    offsetMs = 5000,
    ppm = 0,
  ): Ping => {
    const atMs = sentMs + thereMs;
    return { sentMs, receivedMs: atMs + backMs, agentMs: atMs * (1 + ppm / 1e6) + offsetMs };
  };

  it('is read from the quickest answer, and never off by more than is told', () => {
    const pings = [ping(0, 20, 31), ping(100, 20, 20.5), ping(200, 90, 20)];
    const reading = readClock(pings)!;
    expect(reading.errorMs).toBeCloseTo(20.25);
    expect(Math.abs(reading.offsetMs - 5000)).toBeLessThanOrEqual(reading.errorMs);
    expect(readClock([])).toBeNull();
  });

  it('that drifts is followed between two readings', () => {
    const [before, after] = [0, 60_000].map((ms) => readClock([ping(ms, 1, 1, -3000, 100)])!);
    expect(driftPpm(before, after)).toBeCloseTo(100, 0);
    const middleMs = 30_000;
    const agentMs = middleMs * (1 + 100 / 1e6) - 3000;
    expect(fromAgentClock(agentMs, before, after)).toBeCloseTo(middleMs, 3);
    // Without the second reading it would be 3 ms off by then.
    expect(fromAgentClock(agentMs, before)).toBeCloseTo(middleMs + 3, 1);
    expect(fromAgentClock(toAgentClock(7, before), before)).toBeCloseTo(7, 6);
  });

  it('has no drift that the error of its readings could make', () => {
    const [before, after] = [0, 1000].map((ms) => readClock([ping(ms, 20, 20)])!);
    expect(driftPpm(before, after)).toBeNull();
  });
});
