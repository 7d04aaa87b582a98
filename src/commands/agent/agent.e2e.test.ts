// `kbench run --agents` and `kbench agent` as users start them: real processes on this machine,
// real kills and pauses, TLS and tokens. What is faster in one process stands in
// agents/agents.test.ts.
// What must hold is asked for here, not how fast: this machine may be busy with anything.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it as test } from 'vitest';
import { EXIT } from '../../base/errors.js';
import { threadEntry } from '../../base/thread-entry.js';
import type { RunResult } from '../../contract/run-result.js';
import { makeAuthority } from '../../connect/security/index.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-agents-'));
/** Of the plan's shuffle. */
const LONG_FIRST = 1;
const TOKEN = 'a token of sixteen and more';
const MAIN = threadEntry(import.meta.url, '../../main.js');
/** Of a test, and of each process; what is usual is a tenth of it. */
const LIMIT_MS = 120_000;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  said(): string;
  /** Resolves once stderr has it, with the match. */
  says(what: RegExp): Promise<RegExpExecArray>;
}

type Kbench = (args: readonly string[], env?: Readonly<Record<string, string>>) => Started;

/** What a test has started ends with it, however the test ends; local agents by their leash. */
const it = test.extend<{ readonly kbench: Kbench }>({
  // eslint-disable-next-line no-empty-pattern -- vitest reads the names of what it needs
  kbench: async ({}, use) => {
    const children = new Set<ChildProcess>();
    await use((args, env = {}) => start(children, args, env));
    for (const child of children) child.kill('SIGKILL');
  },
});

function start(
  children: Set<ChildProcess>,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Started {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  children.add(child);
  let text = '';
  const hear = (data: Buffer) => void (text += data.toString());
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  let over = false;
  const ended = new Promise<number | null>((resolve) =>
    child.on('close', (code) => {
      children.delete(child);
      over = true;
      resolve(code);
    }),
  );
  const says = async (what: RegExp) => {
    for (;;) {
      const found = what.exec(text);
      if (found !== null) return found;
      if (over) throw new Error(`ended and never said ${String(what)}: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, ended, said: () => text, says };
}

let sweeps = 0;
function sweep(more = 'duration: 500ms', repeats = 1): { file: string; out: string } {
  const file = path.join(folder, `s${++sweeps}.yaml`);
  writeFileSync(
    file,
    `name: s
workload: {rate: 2000/s, warmup: none, ${more}}
repeats: ${repeats}
canary: false
`,
  );
  return { file, out: path.join(folder, `out${sweeps}`) };
}

/** A run that is long enough to be hit in the middle, and one after it that is soon over. */
function longThenShort(): { file: string; out: string } {
  const { file, out } = sweep();
  writeFileSync(
    file,
    `name: s
workload: {rate: 2000/s, warmup: none}
points: [{workload.duration: 4s}, {workload.duration: 500ms}]
repeats: 1
canary: false
seed: ${LONG_FIRST}
`,
  );
  return { file, out };
}

function runsOf(out: string): RunResult[] {
  const [results] = readdirSync(path.join(out, 's'));
  const runs = path.join(out, 's', results, 'runs');
  return readdirSync(runs)
    .sort()
    .map((file) => JSON.parse(readFileSync(path.join(runs, file), 'utf8')) as RunResult);
}

/** A coordinator that waits for agents, and the port that it has. */
async function coordinator(
  kbench: Kbench,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const run = kbench(['run', ...args, '--agents-listen', '127.0.0.1:0'], env);
  const [, port] = await run.says(/kbench agent 127\.0\.0\.1:(\d+)/);
  const agent = (name: string, ...more: string[]) =>
    kbench(['agent', `127.0.0.1:${port}`, '--name', name, ...more], env);
  return { ...run, port, agent };
}

/**
 * Resolves once a run has its topic and its agents, and a little later: then it is being measured
 * or, on a busy machine, about to be.
 */
async function hasTopic(out: string): Promise<void> {
  const isTopic = (name: string): boolean => name.endsWith('topics.json');
  const there = () =>
    existsSync(out) && readdirSync(out, { recursive: true }).some((n) => isTopic(String(n)));
  await expect.poll(there, { timeout: LIMIT_MS }).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 1000));
}

/** The process number of a local agent of `parent`. */
function localAgent(parent: ChildProcess, name: string): number | null {
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const own = line[2] === 'agent' && line.includes(name);
      const ppid = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (own && Number(ppid) === parent.pid) return Number(pid);
    } catch {
      // gone meanwhile
    }
  }
  return null;
}

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('local agents', () => {
  it(
    'make the runs of a sweep together, and are gone with it',
    async ({ kbench }) => {
      const { file, out } = sweep('duration: 1s', 2);
      const run = kbench(['run', file, '--agents', '2', '--out', out]);
      await run.says(/run 1\/2/);
      const pid = localAgent(run.child, 'local-2');
      expect(await run.ended, run.said()).toBe(EXIT.ok);
      const runs = runsOf(out);
      expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed']);
      expect(runs[0].measurement!.records.acked).toBe(2000);
      expect(runs[0].measurement!.generator.ackDelayMs!.probes).toBeGreaterThan(0);
      expect(runs[0].agents!.map(({ records }) => records.acked)).toEqual([1000, 1000]);
      await expect.poll(() => pid !== null && isThere(pid), { timeout: LIMIT_MS }).toBe(false);
    },
    LIMIT_MS,
  );

  it.runIf(process.platform === 'linux').concurrent(
    'killed in mid-run fail it by name; the next run has a new one; --resume mends',
    async ({ kbench }) => {
      const { file, out } = longThenShort();
      const run = kbench(['run', file, '--agents', '2', '--out', out]);
      await hasTopic(out);
      process.kill(localAgent(run.child, 'local-2')!, 'SIGKILL');
      expect(await run.ended, run.said()).toBe(EXIT.runFailed);
      const runs = runsOf(out);
      expect(runs.map(({ status }) => status)).toEqual(['failed', 'completed']);
      expect(runs[0].failure!.message).toMatch(/^agent local-2 \(.*\): it is gone/);
      const [results] = readdirSync(path.join(out, 's'));
      const again = kbench(['run', '--resume', path.join(out, 's', results)]);
      expect(await again.ended, again.said()).toBe(EXIT.ok);
      expect(runsOf(out).map(({ status }) => status)).toEqual(['completed', 'completed']);
    },
    LIMIT_MS,
  );

  it.runIf(process.platform === 'linux').concurrent(
    'do not outlive a coordinator that was killed',
    async ({ kbench }) => {
      const { file, out } = sweep('duration: 90s');
      const run = kbench(['run', file, '--agents', '1', '--out', out]);
      const find = () => localAgent(run.child, 'local-1');
      await expect.poll(find, { timeout: LIMIT_MS }).not.toBeNull();
      const pid = find()!;
      run.child.kill('SIGKILL');
      await expect.poll(() => isThere(pid), { timeout: LIMIT_MS }).toBe(false);
    },
    LIMIT_MS,
  );
});

describe('agents that dial in', () => {
  it(
    'with the token of a file make the run and write nothing; one without is refused',
    async ({ kbench }) => {
      const { file, out } = sweep();
      const tokens = path.join(folder, 'token');
      writeFileSync(tokens, `${TOKEN}\n`);
      const run = await coordinator(kbench, [
        ...[file, '--agents', '2', '--out', out, '--agents-token-file', tokens],
      ]);
      const stranger = run.agent('stranger');
      expect(await stranger.ended).toBe(EXIT.runFailed);
      expect(stranger.said()).toContain('it has no token');
      // A folder that takes nothing is no trouble.
      const own = ['--token-file', tokens, '--modules-from', '/proc'];
      const agents = ['a', 'b'].map((name) => run.agent(name, ...own));
      expect(await run.ended, run.said()).toBe(EXIT.ok);
      for (const { ended } of agents) expect(await ended).toBe(EXIT.ok);
      expect(runsOf(out).map(({ agents: rows }) => rows?.length)).toEqual([2]);
    },
    LIMIT_MS,
  );

  it(
    'are as many as were asked for: one too many is refused, and a stop ends all',
    async ({ kbench }) => {
      const { file, out } = sweep('duration: 90s');
      const run = await coordinator(kbench, [file, '--agents', '2', '--out', out]);
      const agents = ['a', 'b'].map((name) => run.agent(name));
      await run.says(/2 of 2/);
      const third = run.agent('c');
      // What is no agent is told once; see agents.test.ts for all that it may be.
      for (const words of ['GET / HTTP/1.1\r\n\r\n', 'rubbish!'])
        await sayTo(Number(run.port), words);
      await run.says(/a connection from 127\.0\.0\.1 was no agent’s: it speaks HTTP/);
      expect(await third.ended).toBe(EXIT.runFailed);
      expect(third.said()).toContain('2 agents were asked for, and are here: a, b');
      await agents[0].says(/run 0001 begins/);
      run.child.kill('SIGINT');
      expect(await run.ended, run.said()).toBe(EXIT.stopped);
      for (const { ended } of agents) expect(await ended).toBe(EXIT.ok);
      expect(runsOf(out)).toMatchObject([{ status: 'stopped' }]);
      expect(run.said().match(/was no agent’s/g)).toHaveLength(1);
      expect(run.said()).toContain('2 connections were no agents’ (from 127.0.0.1)');
    },
    LIMIT_MS,
  );

  it(
    'by TLS take the coordinator’s certificate, and no other',
    async ({ kbench }) => {
      const { file, out } = sweep();
      const authority = makeAuthority('ours');
      const { certificate, key } = authority.issue({ name: '127.0.0.1' });
      const write = (name: string, text: string) => {
        const to = path.join(folder, name);
        writeFileSync(to, text);
        return to;
      };
      const [ca, other] = [
        write('ca.pem', authority.certificate),
        write('o.pem', makeAuthority('another').certificate),
      ];
      const tls = [
        '--agents-cert',
        write('c.pem', certificate),
        '--agents-key',
        write('k.pem', key),
      ];
      const env = { KBENCH_AGENT_TOKEN: TOKEN };
      const run = await coordinator(kbench, [file, '--agents', '1', '--out', out, ...tls], env);
      const at = `127.0.0.1:${run.port}`;
      const wrong = kbench(['agent', at, '--ca', other, '--wait', '1s'], env);
      expect(await wrong.ended).toBe(EXIT.runFailed);
      await run.says(/was no agent’s: no TLS came about/);
      const right = kbench(['agent', at, '--ca', ca, '--name', 'tls'], env);
      expect(await run.ended, run.said()).toBe(EXIT.ok);
      expect(await right.ended, right.said()).toBe(EXIT.ok);
    },
    LIMIT_MS,
  );

  it.runIf(process.platform === 'linux').concurrent(
    'paused for too long fail the run by name, come back, and make the next one',
    async ({ kbench }) => {
      const { file, out } = longThenShort();
      const run = await coordinator(kbench, [file, '--agents', '2', '--out', out]);
      const [, paused] = ['a', 'b'].map((name) => run.agent(name));
      await paused.says(/run 0001 begins/);
      paused.child.kill('SIGSTOP');
      await run.says(/agent b is gone/);
      paused.child.kill('SIGCONT');
      expect(await run.ended, run.said()).toBe(EXIT.runFailed);
      const runs = runsOf(out);
      expect(runs.map(({ status }) => status)).toEqual(['failed', 'completed']);
      // For six seconds, or for three when it was just asked for its clock.
      expect(runs[0].failure!.message).toMatch(
        /^agent b \(.*\): (?:it is gone: )?it did not answer/,
      );
    },
    LIMIT_MS,
  );

  it.concurrent(
    'end by themselves when the coordinator is killed; --resume goes on with others',
    async ({ kbench }) => {
      const { file, out } = longThenShort();
      const run = await coordinator(kbench, [file, '--agents', '1', '--out', out]);
      const agent = run.agent('a');
      await agent.says(/run 0001 begins/);
      run.child.kill('SIGKILL');
      const killedMs = performance.now();
      expect(await agent.ended).toBe(EXIT.runFailed);
      expect(performance.now() - killedMs).toBeLessThan(30_000);
      expect(agent.said()).toContain('no coordinator at');
      const [results] = readdirSync(path.join(out, 's'));
      const again = await coordinator(kbench, ['--resume', path.join(out, 's', results)]);
      const other = again.agent('b');
      expect(await again.ended, again.said()).toBe(EXIT.ok);
      expect(await other.ended, other.said()).toBe(EXIT.ok);
      expect(runsOf(out).map(({ status }) => status)).toEqual(['completed', 'completed']);
    },
    LIMIT_MS,
  );

  it.concurrent(
    'stopped by their user say goodbye; where none comes the sweep ends with 107',
    async ({ kbench }) => {
      const { file, out } = sweep('duration: 4s', 2);
      const run = await coordinator(kbench, [
        ...[file, '--agents', '1', '--out', out, '--agent-wait', '5s'],
      ]);
      const agent = run.agent('a');
      await agent.says(/run 0001 begins/);
      agent.child.kill('SIGINT');
      expect(await agent.ended).toBe(EXIT.stopped);
      expect(await run.ended).toBe(EXIT.runFailed);
      const [{ status, failure }, ...more] = runsOf(out);
      expect([status, more]).toEqual(['failed', []]);
      expect(failure!.message).toMatch(/^agent a \(.*\): it is gone: it was stopped there$/);
      expect(run.said()).toContain('agent a is gone: it was stopped there');
      expect(run.said()).toMatch(/1 of 1 agents are missing after 5 s \(none came\)/);
    },
    LIMIT_MS,
  );
});

/** Resolves once the other side has closed the connection. */
const sayTo = (port: number, words: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(words));
    socket.on('data', () => undefined).on('error', () => undefined);
    socket.on('close', () => resolve());
  });

describe('a sweep with audits and faults', () => {
  it(
    'is made by agents as by one process: mended, read back, and every record found',
    async ({ kbench }) => {
      const { file, out } = sweep();
      writeFileSync(
        file,
        `name: s
target: {embedded: {brokers: 3}}
topic: {partitions: 3, replicationFactor: 3}
producer: {acks: all, linger.ms: 0, retry.backoff.ms: 20}
workload: {rate: 1000/s, duration: 3s, warmup: none, audit: true}
faults: [{at: 800ms, kill: leader, restartAfter: 600ms}]
repeats: 1
canary: false
agents: 2
`,
      );
      const run = kbench(['run', file, '--out', out]);
      expect(await run.ended, run.said()).toBe(EXIT.ok);
      const [result] = runsOf(out);
      expect(result).toMatchObject({ status: 'completed', audit: { lost: 0, acknowledged: 3000 } });
      expect(result.notAudited).toBeUndefined();
      const { faults, agents, measurement } = result;
      expect(faults!.map(({ action }) => action)).toEqual(['kill', 'start']);
      // Done by the coordinator, so long after the agreed start.
      expect(faults![0].doneAtMs).toBeGreaterThanOrEqual(800);
      expect(measurement!.recovery).toHaveLength(1);
      expect(agents!.map(({ records }) => records.acked)).toEqual([1500, 1500]);
    },
    LIMIT_MS,
  );
});

describe('bad input about agents', () => {
  it.concurrent(
    'is refused with 104 before anything is announced',
    async ({ kbench }) => {
      const { file, out } = sweep();
      const args = ['run', file, '--out', out, '--agents', '2', '--bootstrap', 'h:1'];
      const open = [...args, '--agents-listen', '0.0.0.0:0'];
      const run = kbench(open, { KBENCH_AGENT_TOKEN: '' });
      expect(await run.ended).toBe(EXIT.badConfiguration);
      expect(run.said().replaceAll(/\s+/g, ' ')).toMatch(/^kbench: .*open to other machines/);
      expect(existsSync(out)).toBe(false);
    },
    LIMIT_MS,
  );

  it.concurrent(
    'of `kbench agent` is told, and a coordinator that is not there is 107',
    async ({ kbench }) => {
      const bad = kbench(['agent', 'nowhere']);
      expect(await bad.ended).toBe(EXIT.badConfiguration);
      const none = kbench(['agent', '127.0.0.1:1', '--wait', '300ms']);
      expect(await none.ended).toBe(EXIT.runFailed);
      expect(none.said()).toContain('no coordinator at 127.0.0.1:1');
    },
    LIMIT_MS,
  );

  it.concurrent(
    'or not, a signal ends an agent with 105',
    async ({ kbench }) => {
      const agent = kbench(['agent', '127.0.0.1:1', '--wait', '100s']);
      await agent.says(/no coordinator at 127\.0\.0\.1:1 yet/);
      agent.child.kill('SIGTERM');
      expect(await agent.ended).toBe(EXIT.stopped);
    },
    LIMIT_MS,
  );
});
