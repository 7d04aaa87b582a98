import { getEventListeners } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultSettings, NetworkEffect } from '../../contract/faults.js';
import { NO_EFFECT } from '../../targets/relay/link-effect.js';
import type { ClusterState } from '../../targets/external/cluster-state.js';
import type { FaultableCluster, FaultNode } from '../../targets/faultable-cluster.js';
import { commonNow } from '../../workloads/threads/barrier.js';
import { FaultTimeLine } from './time-line.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'kbench-faults-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A cluster of three that notes what is done to it. */
class FakeCluster implements FaultableCluster {
  readonly brokers = [1, 2, 3];
  readonly zookeepers = [];
  readonly addresses = [];
  readonly done: string[] = [];
  leader = 2;
  fails: string | null = null;

  kill = this.deed('kill');
  stop = this.deed('stop');
  start = this.deed('start');
  pause = this.deed('pause');
  resume = this.deed('resume');
  network = async (broker: number, effect: NetworkEffect | null): Promise<void> =>
    this.deed(effect === null ? 'heal' : 'network')({ kind: 'broker', id: broker });

  state = (): Promise<ClusterState> =>
    Promise.resolve({
      brokers: this.brokers,
      controller: 3,
      partitions: [
        { topic: 't', partition: 0, leader: this.leader, replicas: [2, 3, 1], inSync: [2, 1] },
      ],
    });

  private deed(verb: string) {
    return (node: FaultNode): Promise<void> => {
      if (this.fails === verb) return Promise.reject(new Error(`${verb} does not work`));
      this.done.push(`${verb} ${node.kind} ${node.id}`);
      return Promise.resolve();
    };
  }
}

function timeLine(faults: readonly FaultSettings[], cluster: FakeCluster | null = null) {
  const own = cluster ?? new FakeCluster();
  const stop = new AbortController();
  const options = { faults, cluster: own, state: own.state, folder, stop: stop.signal };
  return { line: new FaultTimeLine(options), done: own.done, stop };
}

/** Plays until `ms` after the measured start. */
async function play(line: FaultTimeLine, ms: number): Promise<void> {
  line.start(commonNow());
  await new Promise((resolve) => setTimeout(resolve, ms));
  await line.end(true);
  await line.heal();
}

const kill = (
  atMs: number,
  restartAfterMs: number | null,
  kind: 'leader' | 'follower' | 'controller' = 'leader',
) => ({ kind: 'kill', atMs, target: { kind }, restartAfterMs }) as const;
const network = (
  atMs: number,
  forMs: number | null,
  effect: Partial<NetworkEffect>,
): FaultSettings => ({
  ...{ atMs, target: { kind: 'all' }, forMs, effect: { ...NO_EFFECT, ...effect } },
  kind: 'network',
});
const program = (atMs: number, run: readonly string[], more: object = {}): FaultSettings => ({
  ...{ atMs, run, after: null, forMs: null, timeLimitMs: 5000, ...more },
  kind: 'run',
});

describe('the time line of a run', () => {
  it('does each fault at its time, not before it, and undoes it at its own', async () => {
    const { line, done } = timeLine([kill(50, 200), network(400, 100, { cut: true })]);
    await play(line, 900);
    // Of one instant they come in any order.
    expect([...done.slice(0, 2), ...done.slice(2, 5).sort(), ...done.slice(5).sort()]).toEqual([
      ...['kill broker 2', 'start broker 2'],
      ...['network broker 1', 'network broker 2', 'network broker 3'],
      ...['heal broker 1', 'heal broker 2', 'heal broker 3'],
    ]);
    const events = line.events();
    expect(line.failure).toBeNull();
    expect(events.map(({ action, plannedMs }) => [action, plannedMs]).slice(0, 3)).toEqual([
      ['kill', 50],
      ['start', 250],
      ['network', 400],
    ]);
    expect(events[2].note).toBe('cut');
    for (const { atMs, plannedMs, doneAtMs } of events) {
      expect(atMs).toBeGreaterThanOrEqual(plannedMs);
      expect(atMs).toBeLessThan(plannedMs + 250); // on a machine that is busy with other things
      expect(doneAtMs).toBeGreaterThanOrEqual(atMs);
    }
  });

  it('finds out whom it means when it is due', async () => {
    const cluster = new FakeCluster();
    const { line, done } = timeLine(
      [kill(20, 50, 'follower'), kill(150, 50, 'controller'), kill(800, 50)],
      cluster,
    );
    const playing = play(line, 1000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    cluster.leader = 1;
    await playing;
    expect(done.filter((each) => each.startsWith('kill'))).toEqual([
      ...['kill broker 1', 'kill broker 3', 'kill broker 1'],
    ]);
  });

  it('leaves nothing broken when the run is over', async () => {
    const { line, done } = timeLine([kill(20, null), network(40, 60_000, { delayMs: 5 })]);
    await play(line, 200);
    expect(done).toContain('start broker 2');
    // Broker 2 is down: the network of it is not touched, and that is told.
    expect(line.failure).toMatch(/network of all.* broker 2 is hit by kill leader already/);
    expect(done.filter((each) => each.startsWith('heal'))).toHaveLength(2);
  });

  it('leaves no listener on the signal, which is the whole sweep’s', async () => {
    const { line, stop } = timeLine([kill(20, 40), network(100, 20, { delayMs: 5 })]);
    await play(line, 200);
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  });

  it('resets once without anything to undo', async () => {
    const { line, done } = timeLine([network(20, null, { reset: true })]);
    await play(line, 150);
    expect(done.filter((each) => each.startsWith('network'))).toHaveLength(3);
    expect(line.events().map(({ action }) => action)).toEqual(['network', 'network', 'network']);
  });

  it('says what could not be done, and what the run was too short for', async () => {
    const cluster = new FakeCluster();
    cluster.fails = 'start';
    const { line } = timeLine([kill(10, 30), kill(60_000, null)], cluster);
    await play(line, 150);
    expect(line.failure).toContain('start broker 2 at 40ms could not be done: start does not work');
    expect(line.failure).toMatch(/kill leader at 1m: the run was over after/);
    expect(line.events().find(({ action }) => action === 'start')).toMatchObject({
      doneAtMs: null,
      note: 'start does not work',
    });
    cluster.leader = -1;
    const leaderless = timeLine([kill(10, 30)], cluster).line;
    await play(leaderless, 100);
    expect(leaderless.failure).toContain('the cluster has no leader at the moment');
  });

  it('is silent about what a stopped run did not come to', async () => {
    const { line } = timeLine([kill(60_000, null)]);
    line.start(commonNow());
    await line.end(false);
    expect(line.failure).toBeNull();
  });
});

describe('programs on a time line', () => {
  it('run with their arguments as they are; after undoes them when all is over', async () => {
    const { line } = timeLine([
      program(10, ['sh', '-c', 'echo "$0" > one; echo said', 'a b; $HOME'], {
        after: ['sh', '-c', 'echo two > two'],
      }),
      program(20, ['true'], { after: ['sh', '-c', 'echo three > three'], forMs: 100 }),
    ]);
    await play(line, 600);
    expect(line.failure).toBeNull();
    const text = (name: string) => readFileSync(path.join(folder, name), 'utf8');
    expect([text('one'), text('two'), text('three')]).toEqual(['a b; $HOME\n', 'two\n', 'three\n']);
    const [first] = line.events();
    expect(first).toMatchObject({ action: 'run', exitCode: 0, output: 'said' });
    const undone = line.events().filter(({ action }) => action === 'after');
    expect(undone.map(({ plannedMs }) => plannedMs)[0]).toBe(120);
  });

  it('undo what they did also when the user stops; kbench’s own cluster ends anyway', async () => {
    const { line, done, stop } = timeLine([
      kill(10, null),
      program(20, ['true'], { after: ['sh', '-c', 'echo undone > undone'] }),
    ]);
    line.start(commonNow());
    await expect.poll(() => line.events().length, { timeout: 5000 }).toBe(2);
    stop.abort();
    await line.end(false);
    await line.heal();
    expect(readFileSync(path.join(folder, 'undone'), 'utf8')).toBe('undone\n');
    expect(done).toEqual(['kill broker 2']);
  });

  it('make the run a failed one by exit code, time limit, or absence', async () => {
    const { line } = timeLine([
      program(10, ['sh', '-c', 'echo no such pod >&2; exit 3']),
      program(20, ['sleep', '30'], { timeLimitMs: 150 }),
      program(30, ['kbench-no-such-program']),
    ]);
    await play(line, 600);
    expect(line.failure).toContain('sh ended with exit code 3: no such pod');
    expect(line.failure).toContain('sleep did not end within 0.15 s (timeLimit)');
    expect(line.failure).toContain('kbench-no-such-program cannot be started');
    expect(line.events()[0]).toMatchObject({ exitCode: 3, output: 'no such pod', doneAtMs: null });
  });
});
