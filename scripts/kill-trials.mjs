// `npm run soak -- --crash-points TARGET` and `-- --kills N --on TARGET` (embedded, external,
// kafka; faults: three brokers behind relays, broken and audited meanwhile): a sweep is killed with
// SIGKILL, at each call that changes the file system or starts a process, or at random moments;
// then everything must be as if it had not been: its children end by themselves, the next start
// finds the results readable, makes what is missing, and leaves no process, folder, topic, lock or
// draft behind. Called by soak.mjs; runs the built kbench in folders of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

const root = fileURLToPath(new URL('..', import.meta.url));
const kbench = path.join(root, 'dist', 'src', 'main.js');
const preload = new URL('crash-at.mjs', import.meta.url).href;
const RUN_LIMIT_MS = 180_000;
/** By then every child of a killed kbench must be gone. */
const CHILDREN_LIMIT_MS = 2_000;
/** What a sweep that is told to end may take. */
const END_LIMIT_MS = 10_000;

export const TARGETS = ['embedded', 'external', 'kafka', 'faults'];

/**
 * At each point what counts is that there is one; at random moments a sweep should mostly be
 * measuring.
 */
const AT_POINTS = '{records: 300, warmup: {records: 20}}';
const AT_RANDOM = '{rate: 2000/s, duration: 1s, warmup: {records: 20}}';

/** A paused broker, and a relay that holds bytes back, for most of each run. */
const FAULTS = {
  target: '{kafka: {brokers: 3}}',
  workload: '{audit: true, rate: 1000/s, duration: 3s, warmup: {records: 20}}',
  more: `topic: {partitions: 3, replicationFactor: 3, config: {min.insync.replicas: 2}}
faults:
  - {at: 300ms, network: {broker: 1, delay: 10ms}, for: 2s}
  - {at: 500ms, pause: broker 2, for: 1500ms}
`,
};

const SWEEP = (target, { repeats, workload }) => `name: killed
target: ${target}
workload: ${workload}
sweep: {acks: ["1", all]}
repeats: ${repeats}
`;

/** Started and not over yet: ended with this process, which is stopped by a signal. */
const running = new Set();
const homes = new Set();
process.once('exit', () => {
  for (const home of homes) rmSync(home, { recursive: true, force: true, maxRetries: 10 });
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.once(signal, () => {
    // kbench ends its brokers by itself, within seconds.
    for (const child of running) child.kill('SIGTERM');
    const whenOver = Promise.all([...running].map((child) => once(child, 'close')));
    void Promise.race([whenOver, sleep(END_LIMIT_MS)]).then(() => {
      for (const child of running) child.kill('SIGKILL');
      process.exit(code);
    });
  });
}

/** A folder of its own for each trial: configuration, results, cache, temporary files. */
class Place {
  constructor({ yaml, planned }) {
    this.planned = planned;
    // Its path must be short and plain; it is not TMPDIR itself that is under test.
    this.home = mkdtempSync(path.join(tmpdir(), 'kbench-trial-'));
    homes.add(this.home);
    this.at = (...names) => path.join(this.home, ...names);
    for (const name of ['cache', 'tmp']) mkdirSync(this.at(name));
    const jars = path.join(
      process.env.KBENCH_CACHE ?? path.join(homedir(), '.cache', 'kbench'),
      'kafka',
    );
    if (existsSync(jars)) symlinkSync(jars, this.at('cache', 'kafka'));
    writeFileSync(this.at('killed.yaml'), yaml);
  }

  start(args, { env = {}, watched = false } = {}) {
    const node = watched ? ['--import', preload] : [];
    const child = spawn(process.execPath, [...node, kbench, ...args], {
      cwd: this.home,
      env: {
        ...process.env,
        KBENCH_CACHE: this.at('cache'),
        TMPDIR: this.at('tmp'),
        NO_COLOR: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stdout.on('data', (data) => (said += data));
    child.stderr.on('data', (data) => (said += data));
    running.add(child);
    const ended = new Promise((resolve) =>
      child.once('close', (code, signal) => {
        running.delete(child);
        resolve({ code, signal, said });
      }),
    );
    return { child, ended };
  }

  run(args, how) {
    return this.start(args, how).ended;
  }

  folders() {
    const parent = this.at('results', 'killed');
    // One that has no plan yet has another name: a draft's.
    const names = existsSync(parent)
      ? readdirSync(parent).filter((name) => !name.startsWith('.'))
      : [];
    return names.map((name) => path.join(parent, name));
  }

  remove() {
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/**
 * Processes that were started in a trial's folder: by their environment (Linux) or command line.
 */
function processesOf(place) {
  const found = [];
  let names;
  try {
    names = readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
    );
  } catch {
    return found; // another system: what is left shows in folders and locks alone
  }
  for (const pid of names) {
    try {
      const what = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (
        what.includes(place.home) ||
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes(place.home)
      ) {
        found.push({ pid: Number(pid), what: what.replaceAll('\0', ' ').slice(0, 100) });
      }
    } catch {
      // gone meanwhile
    }
  }
  return found;
}

async function childrenGone(place) {
  const startMs = performance.now();
  for (;;) {
    const left = processesOf(place);
    const tookMs = performance.now() - startMs;
    if (left.length === 0) return { left, tookMs };
    if (tookMs > CHILDREN_LIMIT_MS) return { left, tookMs };
    await sleep(20);
  }
}

const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).map((each) =>
        path.join(each.parentPath, each.name),
      )
    : [];

/** What must hold after a kill. Gives what does not, and a word on how far the sweep had come. */
async function judge(place, target) {
  const problems = [];
  const { left, tookMs } = await childrenGone(place);
  for (const { pid, what } of left) {
    problems.push(`process ${pid} outlives kbench: ${what}`);
    process.kill(pid, 'SIGKILL');
  }
  const [folder] = place.folders();
  // The very next start, whatever it is for, cleans up; so it must be the one that goes on where
  // there is something to go on with.
  const planned = folder !== undefined && existsSync(path.join(folder, 'plan.json'));
  const before = planned
    ? readdirSync(path.join(folder, 'runs')).filter((name) => /^\d+\.json$/.test(name))
    : [];
  const bytes = new Map(
    before.map((name) => [name, readFileSync(path.join(folder, 'runs', name), 'utf8')]),
  );
  const outcome =
    folder === undefined
      ? 'no folder'
      : planned
        ? `${before.length} runs saved`
        : 'folder without plan';
  const args = planned ? ['run', '--resume', folder] : ['run', 'killed.yaml'];
  const again = await place.run([...args, '--quiet', '--no-canary']);
  if (again.code !== 0)
    problems.push(
      `the next start ended with ${again.code ?? again.signal}: ${again.said.slice(-600)}`,
    );
  problems.push(...filesLeft(place));
  const whole = place.folders().filter((each) => existsSync(path.join(each, 'plan.json')));
  if (whole.length !== 1) problems.push(`${whole.length} results folders with a plan`);
  else problems.push(...(await resultsWrong(place, whole[0], bytes)));
  problems.push(...(await target.topicsLeft()));
  for (const { pid, what } of processesOf(place)) problems.push(`process ${pid} is left: ${what}`);
  return { problems, outcome, tookMs };
}

function filesLeft(place) {
  const problems = [];
  for (const file of filesBelow(place.at('tmp'))) problems.push(`left: ${file}`);
  for (const file of filesBelow(place.at('cache', 'runs'))) problems.push(`left: ${file}`);
  for (const file of filesBelow(place.at('results'))) {
    if (/\.draft(\/|$)|\.kbench-lock|\.damaged-/.test(file)) problems.push(`left: ${file}`);
  }
  return problems;
}

async function resultsWrong(place, folder, before) {
  const problems = [];
  const runs = readdirSync(path.join(folder, 'runs')).filter((name) => name.endsWith('.json'));
  if (runs.length !== place.planned)
    problems.push(`${runs.length} of ${place.planned} runs are there`);
  for (const name of runs) {
    const text = readFileSync(path.join(folder, 'runs', name), 'utf8');
    if (JSON.parse(text).status !== 'completed')
      problems.push(`run ${name} is ${JSON.parse(text).status}`);
    if (
      before.has(name) &&
      JSON.parse(before.get(name)).status === 'completed' &&
      before.get(name) !== text
    ) {
      problems.push(`run ${name} was made and is another now`);
    }
  }
  const report = await place.run(['report', folder, '--format', 'json']);
  if (report.code !== 0) problems.push(`no report: ${report.said.slice(-300)}`);
  return problems;
}

/**
 * What the sweep writes to. An external cluster is one for all trials, and must be empty after
 * each.
 */
async function openTarget(kind, sweep) {
  const none = { planned: 2 * sweep.repeats, topicsLeft: () => [], close: () => undefined };
  if (kind === 'embedded') return { ...none, yaml: SWEEP('embedded', sweep) };
  if (kind === 'kafka') return { ...none, yaml: SWEEP('{kafka: {brokers: 1}}', sweep) };
  if (kind === 'faults') {
    const { target, workload, more } = FAULTS;
    return { ...none, yaml: SWEEP(target, { ...sweep, workload }) + more };
  }
  const server = spawn(process.execPath, [kbench, 'embedded', '--port', '0', '--brokers', '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(server);
  const [said] = await new Promise((resolve) =>
    server.stdout.once('data', (...data) => resolve(data.map(String))),
  );
  const bootstrap = /127\.0\.0\.1:\d+/.exec(said)[0];
  const { Kafka, logLevel } = await import('kafkajs');
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  return {
    ...none,
    yaml: SWEEP(`{bootstrap: ["${bootstrap}"]}`, sweep),
    topicsLeft: async () => (await admin.listTopics()).map((topic) => `topic ${topic} is left`),
    close: async () => {
      await admin.disconnect();
      running.delete(server);
      server.kill('SIGKILL');
    },
  };
}

const RUN = ['run', 'killed.yaml', '--quiet', '--no-canary'];

/** One sweep that is not killed: the names of its calls, and how long it takes. */
async function unharmed(target) {
  const place = new Place(target);
  try {
    const startMs = performance.now();
    const list = place.at('calls.json');
    const { code, said } = await place.run(RUN, {
      watched: true,
      env: { KBENCH_CRASH_LIST: list },
    });
    if (code !== 0) throw new Error(`the sweep itself ended with ${code}: ${said}`);
    return { calls: JSON.parse(readFileSync(list, 'utf8')), tookMs: performance.now() - startMs };
  } finally {
    place.remove();
  }
}

async function trial(target, title, kill) {
  const place = new Place(target);
  try {
    const wasKilled = await kill(place);
    const { problems, outcome, tookMs } = await judge(place, target);
    const how = wasKilled
      ? `${outcome}, children gone after ${tookMs.toFixed(0)} ms`
      : 'ended before it was killed';
    console.log(`${title}: ${how}: ${problems.length === 0 ? 'all well' : 'FAILED'}`);
    for (const problem of problems) console.log(`    ${problem}`);
    return { outcome: wasKilled ? outcome : 'not killed', failed: problems.length > 0 };
  } finally {
    place.remove();
  }
}

function summary(what, trials) {
  const failed = trials.filter((each) => each.failed).length;
  const by = Map.groupBy?.(trials, ({ outcome }) => outcome) ?? groupBy(trials);
  console.log(`\n${what}: ${trials.length} trials, ${failed} failed`);
  for (const [outcome, those] of [...by].sort()) {
    const bad = those.filter((each) => each.failed).length;
    console.log(`  ${outcome}: ${those.length}, of which ${bad} failed`);
  }
  return failed === 0 ? 0 : 1;
}

function groupBy(trials) {
  const by = new Map();
  for (const each of trials) by.set(each.outcome, [...(by.get(each.outcome) ?? []), each]);
  return by;
}

/** `work(0)` to `work(count - 1)`, `atOnce` at a time. */
async function inTurns(count, atOnce, work) {
  const done = [];
  let next = 0;
  const turn = async () => {
    while (next < count) {
      const i = next++;
      done[i] = await work(i);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, turn));
  return done;
}

/** One cluster's topics are looked at after each trial, and JVMs need their time. */
const atOnce = (kind, workers) => (kind === 'embedded' ? workers : 1);

/**
 * Kills before the `from`-th call and every `every`-th behind it; or before `points` of them,
 * evenly spread.
 */
export async function crashPoints(kind, { every, points, from, repeats, workers }) {
  const target = await openTarget(kind, { repeats, workload: AT_POINTS });
  try {
    const { calls } = await unharmed(target);
    console.log(`${kind}: ${calls.length} calls that change something`);
    const step = points === undefined ? every : Math.max(1, calls.length / points);
    const count = Math.ceil((calls.length - from + 1) / step);
    const trials = await inTurns(count, atOnce(kind, workers), (i) => {
      const n = Math.floor(from + i * step);
      const kill = async (place) => {
        const env = { KBENCH_CRASH_AT: String(n) };
        return (await place.run(RUN, { watched: true, env })).signal === 'SIGKILL';
      };
      return trial(target, `${n} of ${calls.length} (${calls[n - 1]})`, kill);
    });
    return summary(`crash points, ${kind}`, trials);
  } finally {
    await target.close();
  }
}

/**
 * Kills at `count` seeded moments of the sweep's time; one that ended before is no trial, but
 * tells how  long it takes by now.
 */
export async function randomKills(kind, count, { repeats, workers, seed }) {
  const random = xoroshiro128plus(seed);
  const chance = () => (random.next() >>> 0) / 2 ** 32;
  const target = await openTarget(kind, { repeats, workload: AT_RANDOM });
  try {
    let { tookMs } = await unharmed(target);
    console.log(`${kind}: the sweep takes ${(tookMs / 1000).toFixed(1)} s`);
    const kill = async (place, afterMs) => {
      const startMs = performance.now();
      const { child, ended } = place.start(RUN);
      const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
      const { signal } = await ended;
      clearTimeout(timer);
      if (signal !== 'SIGKILL') tookMs = performance.now() - startMs;
      return signal === 'SIGKILL';
    };
    const trials = await inTurns(count, atOnce(kind, workers), async (i) => {
      for (;;) {
        const afterMs = chance() * tookMs;
        const title = `${i + 1} of ${count} (after ${(afterMs / 1000).toFixed(2)} s)`;
        const ended = await trial(target, title, (place) => kill(place, afterMs));
        if (ended.failed || ended.outcome !== 'not killed') return ended;
      }
    });
    return summary(`kills at random moments, ${kind}`, trials);
  } finally {
    await target.close();
  }
}
