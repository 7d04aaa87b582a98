import { expect, it } from 'vitest';
import { metadataRequest } from '../../../wire/apis/all.js';
import { encodeRequest } from '../../../wire/index.js';
import { ConnectionMemory, type Holder } from './connection-memory.js';
import { UnpluggedCluster } from '../in-process.js';

const MIB = 1024 * 1024;

class Held implements Holder {
  waitsFor: Holder['waitsFor'] = 'rest';
  readonly reasons: string[] = [];
  readonly account;

  constructor(private readonly memory: ConnectionMemory) {
    this.account = memory.open(this);
  }

  fail(reason: string): void {
    this.reasons.push(reason);
    this.memory.close(this);
  }

  hold(bytes: number): void {
    this.memory.hold(this.account, bytes);
  }
}

it('closes the connection that holds the most once all hold too much', () => {
  const memory = new ConnectionMemory(10 * MIB);
  const [small, large, last] = [new Held(memory), new Held(memory), new Held(memory)];
  small.hold(2 * MIB);
  large.hold(6 * MIB);
  last.hold(3 * MIB);
  expect([small.reasons, last.reasons]).toEqual([[], []]);
  expect(large.reasons).toEqual([expect.stringContaining('more than 10 MiB')]);
  last.hold(8 * MIB);
  expect([small.reasons, last.reasons]).toEqual([[], []]);
  last.hold(9 * MIB);
  expect(last.reasons).toEqual([expect.stringContaining('held the most (9 MiB)')]);
});

it('leaves less room for later requests to each of many connections', () => {
  const memory = new ConnectionMemory(10 * MIB);
  new Held(memory);
  expect(memory.keepBytes).toBe(4 * MIB);
  for (let i = 1; i < 50; i++) new Held(memory);
  expect(memory.keepBytes).toBeLessThanOrEqual(MIB / 8);
});

const after = (memory: ConnectionMemory, seconds: number) => {
  for (let i = 0; i < seconds / 5; i++) memory.tick();
};

it('closes a connection whose request stops, comes in drops, or is idle, no other', () => {
  const lines: string[] = [];
  const cluster = new UnpluggedCluster({ brokers: 1, log: (line) => lines.push(line) }, {});
  const open = (peer: string) =>
    cluster.connect(1, {
      peer,
      write: () => true,
      resumeReads: () => undefined,
      destroy: () => undefined,
    });
  const frame = encodeRequest(metadataRequest, 12, 2, 'c', { topics: [] });
  const [stopped, drops, idle] = [open('stopped'), open('drops'), open('idle')];
  stopped.receive(frame.subarray(0, 9));
  idle.receive(frame);
  const seen: string[] = [];
  for (let second = 0; second < 700; second += 20) {
    drops.receive(frame.subarray(second / 20, second / 20 + 1));
    after(cluster.state.memory, 20);
    for (const line of lines.splice(0)) seen.push(`${second + 20} s: ${line}`);
  }
  expect(seen).toEqual([
    expect.stringMatching(/^40 s: .*stopped closed: nothing more of a request came for 30 s/),
    expect.stringMatching(/^140 s: .*drops closed: a request was not there after 120 s/),
    expect.stringMatching(/^620 s: .*idle closed: idle for 600 s/),
  ]);
  expect(cluster.state.memory.connections).toBe(0);
});
