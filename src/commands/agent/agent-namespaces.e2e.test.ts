// Agents on machines of their own, as far as one machine can have them: network namespaces around a
// hub that holds the brokers and the coordinator, 0, 1 and 20 ms away, with monotonic clocks that
// are hours apart (time namespaces). Needs root; is skipped with the reason otherwise. Distances
// are made by a relay in the hub, as not every kernel has netem. Nothing of the machine's own
// network is touched.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../base/errors.js';
import { threadEntry } from '../../base/thread-entry.js';
import type { RunResult } from '../../contract/run-result.js';

const PREFIX = `kbh${process.pid % 100_000}`;
const HUB = `${PREFIX}h`;
const HUB_ADDRESS = '10.213.9.1';
const PLACES = [
  { name: 'near', delayMs: 0, shiftSeconds: 0 },
  { name: 'mid', delayMs: 1, shiftSeconds: 7_000 },
  { name: 'far', delayMs: 20, shiftSeconds: 3 },
];
const MAIN = threadEntry(import.meta.url, '../../main.js');
/** Of the test and of each process; what is usual is a tenth of it. */
const LIMIT_MS = 120_000;
const folder = mkdtempSync(path.join(tmpdir(), 'kbench-places-'));
const children: ChildProcess[] = [];

/** A relay that hands on each chunk so many ms later, in order: port by port. */
const RELAY = `
const net = require('node:net');
const [to, ...ways] = process.argv.slice(1);
for (const way of ways) {
  const [port, delay] = way.split(':').map(Number);
  const pass = (from, into) => {
    from.on('data', (data) => setTimeout(() => into.writable && into.write(data), delay));
    from.on('close', () => setTimeout(() => into.destroy(), delay));
    from.on('error', () => undefined);
  };
  net.createServer({ noDelay: true }, (a) => {
    const b = net.connect({ port: Number(to), host: '${HUB_ADDRESS}', noDelay: true });
    pass(a, b);
    pass(b, a);
  }).listen(port, '${HUB_ADDRESS}');
}
console.log('ready');`;

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' });

function whyNot(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
  const tried = spawnSync('ip', ['netns', 'add', `${PREFIX}t`]);
  if (tried.status !== 0) return 'no network namespaces here';
  spawnSync('ip', ['netns', 'del', `${PREFIX}t`]);
  const clocks = spawnSync('unshare', ['-T', '--monotonic', '5', '--fork', 'true']);
  return clocks.status === 0 ? null : 'no time namespaces here';
}

const reason = whyNot();

function start(namespace: string, command: readonly string[]) {
  const child = spawn('ip', ['netns', 'exec', namespace, ...command], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    env: { ...process.env, KBENCH_AGENT_TOKEN: 'a token of sixteen and more' },
  });
  children.push(child);
  let text = '';
  const hear = (data: Buffer) => void (text += data.toString());
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const says = (what: RegExp) =>
    expect.poll(() => text, { timeout: LIMIT_MS, interval: 50 }).toMatch(what);
  return { ended, says, said: () => text };
}

describe.skipIf(reason !== null)(`agents in namespaces (${reason ?? 'root'})`, () => {
  beforeAll(() => {
    ip('netns', 'add', HUB);
    ip('-n', HUB, 'link', 'set', 'lo', 'up');
    ip('-n', HUB, 'addr', 'add', `${HUB_ADDRESS}/32`, 'dev', 'lo');
    for (const [index, { name }] of PLACES.entries()) {
      const [place, near, far] = [`${PREFIX}${name}`, `${PREFIX}a${index}`, `${PREFIX}b${index}`];
      ip('netns', 'add', place);
      ip('link', 'add', near, 'netns', HUB, 'type', 'veth', 'peer', 'name', far, 'netns', place);
      ip('-n', HUB, 'addr', 'add', `10.213.${index}.1/30`, 'dev', near);
      ip('-n', HUB, 'link', 'set', near, 'up');
      ip('-n', place, 'addr', 'add', `10.213.${index}.2/30`, 'dev', far);
      ip('-n', place, 'link', 'set', 'lo', 'up');
      ip('-n', place, 'link', 'set', far, 'up');
      ip('-n', place, 'route', 'add', 'default', 'via', `10.213.${index}.1`);
    }
  });
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    for (const name of [HUB, ...PLACES.map((place) => `${PREFIX}${place.name}`)])
      spawnSync('ip', ['netns', 'del', name]);
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    'begin together, as their clocks and errors tell, and send all there is to send',
    async () => {
      const kbench = [process.execPath, MAIN];
      const cluster = start(HUB, [
        ...[...kbench, 'embedded', '--host', HUB_ADDRESS, '--port', '9092', '--brokers', '1'],
      ]);
      await cluster.says(/Ctrl-C/);
      const ways = PLACES.map(({ delayMs }, index) => `${7100 + index}:${delayMs}`);
      await start(HUB, [process.execPath, '-e', RELAY, '7070', ...ways]).says(/ready/);
      writeFileSync(
        path.join(folder, 's.yaml'),
        'name: s\nworkload: {rate: 3000/s, records: 6001, warmup: none}\n' +
          'repeats: 1\ncanary: false\n',
      );
      const run = start(HUB, [
        ...[...kbench, 'run', 's.yaml', '--bootstrap', `${HUB_ADDRESS}:9092`, '--agents', '3'],
        ...['--agents-listen', `${HUB_ADDRESS}:7070`, '--out', 'out'],
      ]);
      await run.says(/waiting for 3 agents/);
      for (const [index, { name, shiftSeconds }] of PLACES.entries()) {
        const shifted = [
          ...['unshare', '-T', '--monotonic', String(shiftSeconds), '--fork', '--kill-child'],
        ];
        start(`${PREFIX}${name}`, [
          ...[...(shiftSeconds === 0 ? [] : shifted), ...kbench],
          ...['agent', `${HUB_ADDRESS}:${7100 + index}`, '--name', name],
        ]);
      }
      expect(await run.ended, run.said()).toBe(EXIT.ok);
      const [results] = readdirSync(path.join(folder, 'out/s'));
      const file = path.join(folder, 'out/s', results, 'runs/0001.json');
      const result = JSON.parse(readFileSync(file, 'utf8')) as RunResult;
      expect(result.measurement!.records).toEqual({ sent: 6001, acked: 6001, failed: 0 });
      const agents = new Map(result.agents!.map((agent) => [agent.name, agent]));
      expect(result.agents!.map(({ records }) => records.sent).sort()).toEqual([2000, 2000, 2001]);
      for (const { name, delayMs, shiftSeconds } of PLACES) {
        const { clockOffsetMs, clockErrorMs } = agents.get(name)!;
        // The truth is known here: the clocks are apart by so much and not a ms more.
        const wrongMs = Math.abs(clockOffsetMs! - shiftSeconds * 1000);
        expect(wrongMs, `${name} is off`).toBeLessThanOrEqual(clockErrorMs! + 0.1);
        expect(clockErrorMs!).toBeGreaterThanOrEqual(delayMs);
      }
      // 5 ms on an idle machine; what a loaded one adds is a thread that woke late. Clocks that
      // were taken wrongly would show as seconds.
      for (const { startSkewMs } of result.agents!)
        expect(Math.abs(startSkewMs!)).toBeLessThan(2000);
    },
    LIMIT_MS,
  );
});
