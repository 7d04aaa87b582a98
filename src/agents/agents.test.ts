// Agents and coordinator over connections in memory: who is let in, how a run begins, what is
// merged, and what becomes of it when an agent is lost. Shares are simulated; see
// exact-split.test.ts for real ones.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { RunError } from '../base/errors.js';
import { hostIdentity } from '../base/process-identity.js';
import { AgentsFixture, agentsSpec, TOKEN } from '../testing/agents-fixture.js';
import { simulatedShare } from '../testing/simulated-share.js';
import { slowPair } from '../testing/slow-duplex.js';
import { runResultSchema } from '../contract/run-result.js';
import type { WorkerResult } from '../workloads/threads/worker-result.js';
import { initHistograms, LatencyHistogram, toMicros } from '../workloads/measure/histogram.js';
import { commonNow } from '../workloads/threads/barrier.js';
import type { WorkloadProgress } from '../workloads/run-workload.js';
import { FramedLink } from './protocol/framed-link.js';
import { newNonce } from './protocol/proof.js';

const fixtures: AgentsFixture[] = [];
const open = (...options: ConstructorParameters<typeof AgentsFixture>): AgentsFixture => {
  const fixture = new AgentsFixture(...options);
  fixtures.push(fixture);
  return fixture;
};
afterEach(() => {
  for (const { roster } of fixtures.splice(0)) roster.close('the test is over');
});

/** Longer than any share of these tests: what ends earlier was ended. */
const LONG_MS = 30_000;

describe('an agent', () => {
  it('is let in with the token, and ends with the coordinator’s goodbye', async () => {
    const fixture = open();
    const agent = fixture.join('a');
    const [member] = await fixture.roster.waitFor(1, 1000);
    expect(member.name).toBe('a');
    fixture.roster.close('the sweep is over');
    expect(await agent.served).toEqual({ kind: 'goodbye', message: 'the sweep is over' });
  });

  it.each([
    ['of another version', { version: '0.9.0' }, /kbench 0\.9\.0 .* coordinator is 1\.0\.0/],
    ['with another token', { token: 'another token, as long' }, /its token is another/],
    ['without a token', { token: null }, /it has no token/],
  ])('%s is refused, by name', async (_what, options, why) => {
    const fixture = open();
    const agent = fixture.join('a', options);
    expect(await agent.served).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(why) as string,
    });
    expect(fixture.told.join()).toMatch(why);
    expect(fixture.roster.names).toEqual([]);
  });

  it('on another machine is refused where the target is reached on this one alone', async () => {
    const here = hostIdentity();
    const fixture = open({ onlyHost: { host: here, why: 'target.embedded is here alone' } });
    const away = fixture.join('away', { host: { ...here, host: 'elsewhere', boot: 'b' } });
    expect(await away.served).toMatchObject({
      message: expect.stringMatching(/another machine \(elsewhere\).*target\.embedded/) as string,
    });
    fixture.join('here');
    expect(await fixture.roster.waitFor(1, 1000)).toHaveLength(1);
  });

  it('that is one too many is refused, the others stay', async () => {
    const fixture = open({ most: 2 });
    for (const name of ['a', 'b']) fixture.join(name);
    await fixture.roster.waitFor(2, 1000);
    expect(await fixture.join('c').served).toMatchObject({
      message: '2 agents were asked for, and are here: a, b',
    });
    expect(fixture.roster.names).toEqual(['a', 'b']);
  });

  it('of a name that is there is refused while the other lives, else takes its place', async () => {
    const fixture = open({ silentMs: 60_000 });
    const first = fixture.join('a');
    await fixture.roster.waitFor(1, 1000);
    expect(await fixture.join('a').served).toMatchObject({
      message: expect.stringContaining('named a is here already') as string,
    });
    first.cut();
    const again = fixture.join('a');
    await expect.poll(() => fixture.told.join(), { timeout: 5000 }).toContain('taken its place');
    await fixture.roster.waitFor(1, 1000);
    again.kill();
  });

  it('does not serve a coordinator that cannot show the token', async () => {
    const fixture = open({ token: null });
    expect(await fixture.join('a').served).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('does not show that it holds the token') as string,
    });
  });

  it('says nothing to, and hears nothing from, who has proved nothing', async () => {
    const fixture = open({ helloLimitMs: 100 });
    const { near, far } = slowPair();
    const strange: unknown[] = [];
    const link = new FramedLink(far);
    const ended = new Promise<string>((resolve) =>
      link.listen({ onMessage: (message) => strange.push(message), onEnd: resolve }),
    );
    const greeted = fixture.roster.greet(new FramedLink(near), 'a stranger');
    link.send({ kind: 'measured', task: 1 });
    await greeted;
    await ended;
    expect(strange).toMatchObject([{ kind: 'challenge' }]);
    const silent = slowPair();
    await fixture.roster.greet(new FramedLink(silent.near), 'silent');
    expect(silent.near.destroyed).toBe(true);
  });

  it('that its user stops says goodbye, and is told so, not as a crash', async () => {
    const fixture = open();
    const stop = new AbortController();
    const measure = simulatedShare({ lastsMs: LONG_MS });
    fixture.join('a', { stop: stop.signal, measure });
    setTimeout(() => stop.abort(), 300);
    const { failure } = await fixture.run(agentsSpec(), 1);
    expect(failure!.message).toMatch(/^agent a \(.*\): it is gone: it was stopped there$/);
    expect(fixture.told).toContain('agent a is gone: it was stopped there');
  });

  it('ends by itself when the coordinator is gone without a word', async () => {
    const fixture = open();
    const agent = fixture.join('a', { silentMs: 600 });
    const [member] = await fixture.roster.waitFor(1, 1000);
    // It has answered, so it knows that it is welcome.
    await member.ping(1000);
    agent.cut();
    expect(await agent.served).toMatchObject({ kind: 'lost', welcome: true });
  });
});

describe('what is no agent at all', () => {
  const said = (fixture: AgentsFixture) => async (words: string | null, from: string) => {
    const { near, far } = slowPair();
    const greeted = fixture.roster.greet(new FramedLink(near), from);
    if (words === null) far.destroy();
    else far.write(Buffer.from(words, 'latin1'));
    await greeted;
  };

  it.each([
    ['a web browser', 'GET / HTTP/1.1\r\n\r\n', /: it speaks HTTP \(/],
    ['TLS where there is none', '\x16\x03\x01\x02\x00\x01', /: it speaks TLS \(/],
    ['rubbish', '\xff\xff\xff\xff', /: a frame of 4294967295 bytes/],
    ['another program’s JSON', '\0\0\0\x02{}', /: a message is not as it should be/],
    ['a port scanner', null, /: the connection was closed|: the other side closed/],
  ])('%s is told by its address', async (_what, words, why) => {
    const fixture = open();
    await said(fixture)(words, '10.0.0.7:4711');
    expect(fixture.told).toHaveLength(1);
    expect(fixture.told[0]).toMatch(/^a connection from 10\.0\.0\.7 was no agent’s: /);
    expect(fixture.told[0]).toMatch(why);
    fixture.roster.close('done');
    expect(fixture.told).toHaveLength(1);
  });

  it('is told once and counted, however often it comes, and where agents are missing', async () => {
    const fixture = open();
    for (let times = 0; times < 300; times++)
      await said(fixture)('GET / HTTP/1.1\r\n', `10.0.0.${times % 2}:${times}`);
    expect(fixture.told).toHaveLength(1);
    const sum = '300 connections were no agents’ (from 10.0.0.0, 10.0.0.1)';
    await expect(fixture.roster.waitFor(1, 10)).rejects.toThrow(sum);
    fixture.roster.close('done');
    expect(fixture.told).toEqual([fixture.told[0], sum]);
  });
});

describe('waiting for agents', () => {
  it('ends with 107, who is there and who was refused', async () => {
    const fixture = open();
    fixture.join('a');
    await fixture.join('b', { version: '0.9.0' }).served;
    const error: unknown = await fixture.roster.waitFor(3, 200).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RunError);
    expect((error as RunError).message).toMatch(/2 of 3 agents are missing after 0\.2 s/);
    expect((error as RunError).message).toMatch(/there: a.*agent b .* was refused: it is kbench/);
  });

  it('takes an agent that is slow to come', async () => {
    const fixture = open();
    fixture.join('a');
    setTimeout(() => fixture.join('b'), 300);
    const members = await fixture.roster.waitFor(2, 5000);
    expect(members.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('goes by name, so that shares stay with their agents', async () => {
    const fixture = open({ most: 12 });
    for (const number of [10, 2, 1]) fixture.join(`local-${number}`);
    const members = await fixture.roster.waitFor(3, 1000);
    expect(members.map(({ name }) => name)).toEqual(['local-1', 'local-2', 'local-10']);
  });
});

describe('a run on agents', () => {
  it('is one result with a row for each agent', async () => {
    const fixture = open();
    const progress: WorkloadProgress[] = [];
    for (const name of ['a', 'b', 'c'])
      fixture.join(name, { measure: simulatedShare({ intervals: 3, lastsMs: 400 }) });
    const hooks = { onProgress: (news: WorkloadProgress) => progress.push(news) };
    const result = await fixture.run(agentsSpec({ records: 10_001 }), 3, hooks);
    const read = runResultSchema.parse(JSON.parse(JSON.stringify(result)));
    expect(read).toMatchObject({ status: 'completed', failure: null });
    expect(read.measurement!.records).toEqual({ sent: 10_001, acked: 10_001, failed: 0 });
    expect(read.measurement!.intervals).toHaveLength(3);
    expect(read.measurement!.intervals.reduce((sum, { acked }) => sum + acked, 0)).toBe(10_001);
    // 10,001 over 6 workers: 1,667 for the first five and 1,666 for the last.
    expect(read.agents!.map(({ records }) => records.acked)).toEqual([3334, 3334, 3333]);
    expect(read.agents!.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(progress.at(-1)!.agents!.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('begins at one instant, however far and wrong the agents’ clocks are', async () => {
    const fixture = open();
    const began = new Map<string, number>();
    const agents = [
      { name: 'near', delayMs: 0, shiftMs: 0, ppm: 0 },
      { name: 'off', delayMs: 1, shiftMs: 7_000_000, ppm: 100 },
      { name: 'far', delayMs: 20, shiftMs: -3_000, ppm: -100 },
    ];
    const madeAt = commonNow();
    for (const { name, delayMs, shiftMs, ppm } of agents) {
      const now = () => commonNow() + shiftMs + ((commonNow() - madeAt) * ppm) / 1e6;
      const onStart = (startMs: number) => began.set(name, startMs);
      fixture.join(name, { delayMs, now, measure: simulatedShare({ onStart, lastsMs: 300 }) });
    }
    const result = await fixture.run(agentsSpec(), 3);
    expect(result.failure).toBeNull();
    const starts = [...began.values()];
    const errors = result.agents!.map(({ clockErrorMs }) => clockErrorMs!);
    // What was agreed on, as each understood it: apart by no more than the errors told.
    expect(Math.max(...starts) - Math.min(...starts)).toBeLessThan(5 + 2 * Math.max(...errors));
    expect(
      result.agents!.map(({ clockOffsetMs }) => Math.round(clockOffsetMs! / 1000) + 0),
    ).toEqual(
      // By name: far, near, off.
      [-3, 0, 7000],
    );
    expect(errors[0]).toBeGreaterThan(19);
  });

  it('merges histograms into that of all records, whoever sent them', async () => {
    await initHistograms();
    const latency = (seed: number) => (k: number) =>
      0.05 + (((Math.imul(k + seed, 2_654_435_761) >>> 0) % 100_000) / 100_000) ** 8 * 900;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 20, max: 3000 }),
        fc.nat(1e6),
        async (agents, workers, records, seed) => {
          const fixture = new AgentsFixture();
          const latencyMs = latency(seed);
          for (let i = 0; i < agents; i++)
            fixture.join(`a${i}`, { measure: simulatedShare({ latencyMs }) });
          const { measurement } = await fixture.run(agentsSpec({ workers, records }), agents);
          fixture.roster.close('done');
          const all = new LatencyHistogram();
          for (let k = 0; k < records; k++) all.record(toMicros(latencyMs(k)), 1);
          const expected = all.toLatency()!;
          all.destroy();
          // Bucket by bucket: the encoded counts are the same text.
          expect(measurement!.latencyMs.response).toEqual(expected);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('that sends unevenly or begins apart says so, by the agent’s name', async () => {
    const fixture = open();
    const changed = (change: Partial<WorkerResult>) => ({
      measure: async (...share: Parameters<ReturnType<typeof simulatedShare>>) => {
        const outcome = await simulatedShare()(...share);
        if (outcome.kind !== 'measured') return outcome;
        const results = outcome.share.results.map((result) => ({ ...result, ...change }));
        return { ...outcome, share: { ...outcome.share, results } };
      },
    });
    fixture.join('even', changed({ beganAtMs: 0 }));
    const late = { beganAtMs: 60, lastSentAtMs: 2000, lastAckAtMs: 2000, sendingEndedAtMs: 2000 };
    fixture.join('slow', changed(late));
    const { measurement } = await fixture.run(agentsSpec(), 2);
    const reasons = measurement!.verdict.reasons;
    const messages = (code: string) =>
      reasons.filter((reason) => reason.code === code).map(({ message }) => message);
    expect(messages('agents-uneven').join()).toMatch(/agent (slow|even) reached/);
    expect(messages('agents-apart').join()).toMatch(/agent slow began [\d.]+ ms after agent even/);
    // Its own verdict is the whole's.
    expect(messages('generator-saturated').join()).toContain('sent');
    expect(measurement!.verdict.valid).toBe(false);
  });
});

describe('a run whose agent', () => {
  /** The first share takes for ever, those after it no time. */
  const long = () => {
    let shares = 0;
    return {
      measure: (...share: Parameters<ReturnType<typeof simulatedShare>>) =>
        simulatedShare({ lastsMs: shares++ === 0 ? LONG_MS : 0 })(...share),
    };
  };

  it.each([
    ['is killed', (agent: { kill(): void }) => agent.kill(), 0],
    ['is cut off half-open', (agent: { cut(): void }) => agent.cut(), 500],
  ])(
    '%s fails by its name, and the sweep goes on once it is back',
    async (_what, lose, atLeast) => {
      const fixture = open({ silentMs: 800 });
      fixture.join('a', long());
      const lost = fixture.join('b', long());
      const beganMs = performance.now();
      setTimeout(() => lose(lost as never), 400);
      const failed = await fixture.run(agentsSpec(), 2);
      expect(failed).toMatchObject({ status: 'failed', measurement: null });
      expect(failed.failure!.message).toMatch(/^agent b \(.*\): it is gone: /);
      expect(performance.now() - beganMs).toBeGreaterThan(atLeast);
      expect(performance.now() - beganMs).toBeLessThan(LONG_MS / 2);
      // The other has given up its share, too, and the next run is made by both.
      const again = fixture.join('b');
      expect(await fixture.run(agentsSpec(), 2)).toMatchObject({ status: 'completed' });
      again.kill();
    },
  );

  it('does not tell its clock is let go: the next run waits until it is back', async () => {
    const fixture = open({ silentMs: 60_000, clockLimitMs: 500 });
    fixture.join('a');
    const cut = fixture.join('b');
    await fixture.roster.waitFor(2, 1000);
    cut.cut();
    const { failure } = await fixture.run(agentsSpec(), 2);
    expect(failure!.message).toMatch(/^agent b \(.*\): it is gone: .* its clock was asked for$/);
    expect(fixture.roster.names).toEqual(['a']);
    fixture.join('b');
    expect(await fixture.run(agentsSpec(), 2)).toMatchObject({ status: 'completed' });
  });

  it('cannot make its share fails with what it says', async () => {
    const fixture = open();
    fixture.join('a', long());
    fixture.join('b', {
      measure: () =>
        Promise.resolve({
          ...{ kind: 'failed', stopped: false, ledgers: [] },
          failure: { message: 'no broker answered: h:9092', remedy: 'check the addresses' },
        }),
    });
    const { status, failure } = await fixture.run(agentsSpec(), 2);
    expect(status).toBe('failed');
    expect(failure!.message).toMatch(/^agent b \(.*\): no broker answered: h:9092$/);
    expect(failure!.remedy).toBe('check the addresses');
  });

  it('goes on when an agent leaves that has no part in it', async () => {
    const fixture = open();
    for (const name of ['a', 'b']) fixture.join(name);
    const spare = fixture.join('c');
    await fixture.roster.waitFor(3, 1000);
    setTimeout(() => spare.kill(), 20);
    expect(await fixture.run(agentsSpec(), 2)).toMatchObject({ status: 'completed' });
  });

  it('is stopped by the user with all others', async () => {
    const fixture = open();
    for (const name of ['a', 'b']) fixture.join(name, long());
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    const result = await fixture.run(agentsSpec(), 2, { signal: stop.signal });
    expect(result).toMatchObject({ status: 'stopped', failure: null });
    expect(result.measurement!.records.acked).toBe(10_000);
  });

  it('was handed a module that is not the coordinator’s refuses the run', async () => {
    const fixture = open();
    fixture.join('a');
    const spec = agentsSpec();
    const producer = { 'partitioner.class': './none.mjs' };
    const members = await fixture.roster.waitFor(1, 1000);
    const { runOnAgents } = await import('./coordinator/run-on-agents.js');
    const result = await runOnAgents(
      { ...spec, settings: { ...spec.settings, producer }, modulesFrom: '/there' },
      {},
      {
        ...{ members, now: commonNow },
        files: [{ path: 'none.mjs', sha256: 'a'.repeat(64), what: 'partitioner.class' }],
      },
    );
    expect(result.failure!.message).toMatch(/partitioner\.class names \/nowhere\/none\.mjs/);
    expect(result.failure!.remedy).toContain('runs no code from the coordinator');
  });

  it('would have to start a program that the coordinator names refuses the run', async () => {
    const fixture = open();
    fixture.join('a');
    const security = { 'sasl.login.callback.handler.class': 'command:["touch","/tmp/x"]' };
    const { failure } = await fixture.run({ ...agentsSpec(), security }, 1);
    expect(failure!.message).toContain('names a program (tokenCommand)');
  });
});

it('a token never travels', async () => {
  const { near, far } = slowPair();
  const seen: string[] = [];
  for (const end of [near, far]) {
    const push = end.push.bind(end);
    end.push = (chunk: unknown, ...rest: never[]) => {
      if (chunk !== null) seen.push((chunk as Buffer).toString());
      return push(chunk, ...rest);
    };
  }
  const fixture = open();
  const { serveCoordinator } = await import('./agent/serve-coordinator.js');
  void fixture.roster.greet(new FramedLink(near), 'memory');
  void serveCoordinator(new FramedLink(far), {
    ...{ name: 'a', token: TOKEN, version: '1.0.0', cpus: 1, folder: '/', instance: newNonce() },
    ...{ allowPrograms: false, tell: () => undefined },
  });
  const [member] = await fixture.roster.waitFor(1, 1000);
  await member.ping(1000);
  expect(seen.join()).toContain('welcome');
  expect(seen.join()).not.toContain(TOKEN);
});
