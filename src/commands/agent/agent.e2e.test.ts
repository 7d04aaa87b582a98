// `kbench run --agents` and `kbench agent` as users start them: real processes on this machine,
// real kills and pauses, TLS and tokens. What is faster in one process stands in
// agents/agents.test.ts.
// What must hold is asked for here, not how fast: this machine may be busy with anything.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  said(): string;
  /** Resolves once stderr has it, with the match. */
  says(what: RegExp): Promise<RegExpExecArray>;
}

function kbench(args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
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
  const ended = new Promise<number | null>((resolve) =>
    child.on('close', (code) => {
      children.delete(child);
      resolve(code);
    }),
  );
  const says = async (what: RegExp) => {
    for (let tries = 0; tries < LIMIT_MS / 20; tries++) {
      const found = what.exec(text);
      if (found !== null) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`never said ${String(what)}: ${text}`);
  };
  return { child, ended, said: () => text, says };
}

let sweeps = 0;
function sweep(more = 'duration: 1s'): { file: string; out: string } {
  const file = path.join(folder, `s${++sweeps}.yaml`);
  writeFileSync(
    file,
    `name: s\nworkload: {rate: 2000/s, warmup: none, ${more}}\nrepeats: 2\ncanary: false\n`,
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
points: [{workload.duration: 7s}, {workload.duration: 1s}]
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
async function coordinator(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const run = kbench(['run', ...args, '--agents-listen', '127.0.0.1:0'], env);
  const [, port] = await run.says(/kbench agent 127\.0\.0\.1:(\d+)/);
  const agent = (name: string, ...more: string[]) =>
    kbench(['agent', `127.0.0.1:${port}`, '--name', name, ...more], env);
  return { ...run, port, agent };
}

/** Resolves once a run has its topic, and its agents are about to begin. */
async function hasTopic(out: string): Promise<void> {
  const isTopic = (name: string): boolean => name.endsWith('topics.json');
  const there = () =>
    existsSync(out) && readdirSync(out, { recursive: true }).some((n) => isTopic(String(n)));
  await expect.poll(there, { timeout: LIMIT_MS }).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 1500));
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
    async () => {
      const { file, out } = sweep();
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
    async () => {
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
    async () => {
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
    'with the token of a file make the run; one without is refused',
    async () => {
      const { file, out } = sweep();
      const tokens = path.join(folder, 'token');
      writeFileSync(tokens, `${TOKEN}\n`);
      const run = await coordinator([
        ...[file, '--agents', '2', '--out', out, '--agents-token-file', tokens],
      ]);
      const stranger = run.agent('stranger');
      expect(await stranger.ended).toBe(EXIT.runFailed);
      expect(stranger.said()).toContain('it has no token');
      const agents = ['a', 'b'].map((name) => run.agent(name, '--token-file', tokens));
      expect(await run.ended, run.said()).toBe(EXIT.ok);
      for (const { ended } of agents) expect(await ended).toBe(EXIT.ok);
      expect(runsOf(out).every(({ agents: rows }) => rows?.length === 2)).toBe(true);
    },
    LIMIT_MS,
  );

  it(
    'are as many as were asked for: one too many is refused, and a stop ends all',
    async () => {
      const { file, out } = sweep('duration: 90s');
      const run = await coordinator([file, '--agents', '2', '--out', out]);
      const agents = ['a', 'b'].map((name) => run.agent(name));
      await run.says(/2 of 2/);
      const third = run.agent('c');
      expect(await third.ended).toBe(EXIT.runFailed);
      expect(third.said()).toContain('2 agents were asked for, and are here: a, b');
      await agents[0].says(/run 0001 begins/);
      run.child.kill('SIGINT');
      expect(await run.ended, run.said()).toBe(EXIT.stopped);
      for (const { ended } of agents) expect(await ended).toBe(EXIT.ok);
      expect(runsOf(out)).toMatchObject([{ status: 'stopped' }]);
    },
    LIMIT_MS,
  );

  it(
    'by TLS take the coordinator’s certificate, and no other',
    async () => {
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
      const run = await coordinator([file, '--agents', '1', '--out', out, ...tls], env);
      const at = `127.0.0.1:${run.port}`;
      const wrong = kbench(['agent', at, '--ca', other, '--wait', '1s'], env);
      expect(await wrong.ended).toBe(EXIT.runFailed);
      const right = kbench(['agent', at, '--ca', ca, '--name', 'tls'], env);
      expect(await run.ended, run.said()).toBe(EXIT.ok);
      expect(await right.ended, right.said()).toBe(EXIT.ok);
    },
    LIMIT_MS,
  );

  it.runIf(process.platform === 'linux').concurrent(
    'paused for ten seconds fail the run by name, come back, and make the next one',
    async () => {
      const { file, out } = longThenShort();
      const run = await coordinator([file, '--agents', '2', '--out', out]);
      const [, paused] = ['a', 'b'].map((name) => run.agent(name));
      await paused.says(/run 0001 begins/);
      paused.child.kill('SIGSTOP');
      setTimeout(() => paused.child.kill('SIGCONT'), 10_000);
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
    async () => {
      const { file, out } = longThenShort();
      const run = await coordinator([file, '--agents', '1', '--out', out]);
      const agent = run.agent('a');
      await agent.says(/run 0001 begins/);
      run.child.kill('SIGKILL');
      const killedMs = performance.now();
      expect(await agent.ended).toBe(EXIT.runFailed);
      expect(performance.now() - killedMs).toBeLessThan(30_000);
      expect(agent.said()).toContain('no coordinator at');
      const [results] = readdirSync(path.join(out, 's'));
      const again = await coordinator(['--resume', path.join(out, 's', results)]);
      const other = again.agent('b');
      expect(await again.ended, again.said()).toBe(EXIT.ok);
      expect(await other.ended, other.said()).toBe(EXIT.ok);
      expect(runsOf(out).map(({ status }) => status)).toEqual(['completed', 'completed']);
    },
    LIMIT_MS,
  );

  it(
    'that do not come end the sweep with 107 and their number',
    async () => {
      const { file, out } = sweep();
      const run = await coordinator([file, '--agents', '3', '--out', out, '--agent-wait', '1s']);
      run.agent('a');
      expect(await run.ended).toBe(EXIT.runFailed);
      expect(run.said()).toMatch(/of 3 agents are missing after 1 s/);
    },
    LIMIT_MS,
  );

  it(
    'and writes nothing: a folder that takes nothing more is no trouble',
    async () => {
      const { file, out } = sweep();
      const run = await coordinator([file, '--agents', '1', '--out', out]);
      const agent = run.agent('a', '--modules-from', '/proc');
      expect(await run.ended, run.said()).toBe(EXIT.ok);
      expect(await agent.ended).toBe(EXIT.ok);
    },
    LIMIT_MS,
  );
});

describe('a sweep with audits and faults', () => {
  it(
    'is made by agents as by one process: mended, read back, and every record found',
    async () => {
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
  it.each<[string, readonly string[], RegExp]>([
    [
      'an open port without a token',
      ['--agents', '2', '--agents-listen', '0.0.0.0:0', '--bootstrap', 'h:1'],
      /open to other machines/,
    ],
    [
      'agents elsewhere for the embedded cluster',
      ['--agents', '2', '--agents-listen', '0.0.0.0:0'],
      /target\.embedded is reached on this machine alone/,
    ],
    ['a port and nobody to come', ['--agents-listen', '127.0.0.1:0'], /the sweep asks for none/],
    ['no address', ['--agents', '2', '--agents-listen', 'here'], /here is no HOST:PORT/],
    [
      'a token for local agents',
      ['--agents', '2', '--agents-token-file', 'x'],
      /there is no --agents-listen/,
    ],
    ['a time that is none', ['--agents', '2', '--agent-wait', 'soon'], /soon is no time/],
    ['no agents', ['--agents', '0'], /outside 1 to 10000/],
    [
      'more workers than an audit’s stamps can tell apart',
      ['--agents', '2000', '--set', 'workload.workers=64', '--set', 'workload.audit=true'],
      /more than the 65536 that an audit’s stamps can tell apart/,
    ],
    [
      'more workers than records',
      ['--agents', '64', '--set', 'workload.records=50'],
      /less than one for each of 64 workers/,
    ],
  ])(
    '%s: 104',
    async (_what, args, why) => {
      const { file, out } = sweep();
      const run = kbench(['run', file, '--out', out, ...args], { KBENCH_AGENT_TOKEN: '' });
      expect(await run.ended).toBe(EXIT.badConfiguration);
      expect(run.said().replaceAll(/\s+/g, ' ')).toMatch(why);
    },
    LIMIT_MS,
  );

  it(
    'of `kbench agent` is told, and a coordinator that is not there is 107',
    async () => {
      const bad = kbench(['agent', 'nowhere']);
      expect(await bad.ended).toBe(EXIT.badConfiguration);
      const none = kbench(['agent', '127.0.0.1:1', '--wait', '300ms']);
      expect(await none.ended).toBe(EXIT.runFailed);
      expect(none.said()).toContain('no coordinator at 127.0.0.1:1');
    },
    LIMIT_MS,
  );

  it(
    'a signal ends an agent with 105',
    async () => {
      const agent = kbench(['agent', '127.0.0.1:1', '--wait', '100s']);
      await agent.says(/no coordinator at 127\.0\.0\.1:1 yet/);
      agent.child.kill('SIGTERM');
      expect(await agent.ended).toBe(EXIT.stopped);
    },
    LIMIT_MS,
  );
});
