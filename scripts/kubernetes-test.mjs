// Manifests on a real Kubernetes: three agents measure, and kafkajs in a pod is asked what the
// brokers hold; a pod is deleted in the middle; a wrong image; too little memory. Makes a namespace
// of its own, and deletes it. Not part of npm test.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const {
  KBENCH_IMAGE: image,
  KBENCH_BOOTSTRAP: bootstrap,
  KBENCH_KUBECTL = 'kubectl',
} = process.env;
if (!image || !bootstrap) {
  console.error(`npm run test:kubernetes needs
  a cluster   that kubectl reaches (KUBECONFIG, or KBENCH_KUBECTL="the command to use")
  KBENCH_IMAGE       kbench of this checkout (docker build), there or pulled by its nodes
  KBENCH_BOOTSTRAP   host:port,... of a Kafka without security, as pods reach it
One node of two cores and 4 GiB is enough. It takes about five minutes.`);
  process.exit(1);
}

const main = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
const id = randomBytes(3).toString('hex');
const namespace = `kbench-test-${id}`;
const folder = mkdtempSync(path.join(tmpdir(), 'kbench-kubernetes-'));
const [kubectlProgram, ...kubectlArgs] = KBENCH_KUBECTL.split(' ');

function kubectl(args, options = {}) {
  const { timeout = 60_000, ...rest } = options;
  const given = [...kubectlArgs, '-n', namespace, ...args];
  return execFileSync(kubectlProgram, given, {
    ...{ encoding: 'utf8', timeout, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'pipe'] },
    ...rest,
  });
}

const get = (...args) => JSON.parse(kubectl(['get', ...args, '-o', 'json']));
const INDEX = 'batch.kubernetes.io/job-completion-index';

const ok = (text) => console.log(`ok: ${text}`);

function check(condition, what, detail) {
  if (condition) return ok(what);
  throw new Error(`${what}: not so: ${JSON.stringify(detail)}`);
}

async function until(what, seconds, look) {
  const endMs = Date.now() + seconds * 1000;
  for (;;) {
    const found = look();
    if (found) return found;
    if (Date.now() > endMs) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(500);
  }
}

/** `Complete` or `Failed`, with the condition. */
const ended = (job) =>
  (get('job', job).status.conditions ?? []).find(
    ({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True',
  );

const log = (job) => {
  const said = spawnSync(
    kubectlProgram,
    [...kubectlArgs, '-n', namespace, 'logs', `job/${job}`, '--tail=-1'],
    { encoding: 'utf8', timeout: 30_000, maxBuffer: 1 << 28 },
  );
  return said.status === 0 ? said.stdout : '';
};

/** The summary in a coordinator's log, once it is there. */
const summaryOf = (job) =>
  log(job)
    .split('\n')
    .findLast((line) => line.startsWith('{"schema"'));

/** Manifests of three agents, made by the command, and created. Gives what deletes all of it. */
function create(name, yaml, given = {}) {
  const sweep = path.join(folder, `${name}.yaml`);
  writeFileSync(sweep, yaml);
  const manifests = execFileSync(
    process.execPath,
    [
      ...[main, 'kubernetes', sweep, '--bootstrap', bootstrap, '--agents', '3'],
      ...['--namespace', namespace, '--name', name, '--share-nodes'],
      ...['--image', given.image ?? image, '--memory', given.memory ?? '384Mi'],
      ...['--cpu', '400m', '--wait', '90s', '--hold', '90s'],
    ],
    { encoding: 'utf8', timeout: 60_000 },
  );
  kubectl(['create', '--validate=strict', '-f', '-'], { input: manifests });
  return () => kubectl(['delete', '--wait=false', '-f', '-'], { input: manifests });
}

/** The coordinator's results, as docs/kubernetes.md tells to copy them. */
function fetchRuns(name) {
  const archive = kubectl(['exec', `job/${name}`, '--', 'tar', 'c', '-C', '/results', '.'], {
    encoding: 'buffer',
  });
  const to = path.join(folder, name);
  mkdirSync(to);
  execFileSync('tar', ['x', '-C', to], { input: archive });
  kubectl(['exec', `job/${name}`, '--', 'touch', '/results/done']);
  const [sweep] = readdirSync(to).filter((each) => each !== 'done');
  const [results] = readdirSync(path.join(to, sweep));
  const runs = path.join(to, sweep, results, 'runs');
  return readdirSync(runs)
    .sort()
    .map((file) => JSON.parse(readFileSync(path.join(runs, file), 'utf8')));
}

/** In a pod of the image, by kafkajs: nothing of kbench's own. */
function askKafka(body) {
  const program = `
    const { Kafka } = require('/app/node_modules/kafkajs');
    const brokers = ${JSON.stringify(bootstrap.split(','))};
    const patience = { connectionTimeout: 20_000, requestTimeout: 30_000 };
    const kafka = new Kafka({ brokers, ...patience, logLevel: 0 });
    const admin = kafka.admin();
    (async () => {
      await admin.connect();
      const answer = await (async () => { ${body} })();
      await admin.disconnect();
      console.log(JSON.stringify(answer ?? null));
    })().catch((error) => { console.error(error); process.exit(1); });`;
  return JSON.parse(kubectl(['exec', 'probe', '--', 'node', '-e', program], { timeout: 120_000 }));
}

async function startProbe() {
  const resources = { cpu: '200m', memory: '256Mi' };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe' },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      containers: [
        {
          ...{ name: 'probe', image, imagePullPolicy: 'IfNotPresent' },
          command: ['node', '-e', "process.on('SIGTERM', process.exit); setInterval(Date, 1e6)"],
          resources: { requests: resources, limits: resources },
        },
      ],
    },
  };
  kubectl(['create', '-f', '-'], { input: JSON.stringify(pod) });
  await until('the probe runs', 120, () => get('pod', 'probe').status.phase === 'Running');
}

async function measures() {
  const topic = `kbench-test-${id}`;
  const config = `{ topic: '${topic}', numPartitions: 6, replicationFactor: 1 }`;
  askKafka(`await admin.createTopics({ waitForLeaders: true, topics: [${config}] });`);
  const away = create(
    'whole',
    `topic: {name: ${topic}}
workload: {rate: 3000/s, records: 30001, warmup: none, valueBytes: 100, workers: 2, audit: true}
producer: {acks: all}
repeats: 1
`,
  );
  const line = await until('the sweep is made', 240, () => {
    if (ended('whole')?.type === 'Failed') throw new Error(log('whole'));
    return summaryOf('whole');
  });
  console.log(log('whole').trimEnd().split('\n').slice(0, -1).join('\n'));
  check(log('whole').trimEnd().endsWith(line), 'summary.json is the last line of the log');
  check(JSON.parse(line).points.length === 1, 'with the point that was asked for');
  const [run] = fetchRuns('whole');
  const held = askKafka(`
    const partitions = await admin.fetchTopicOffsets('${topic}');
    const sum = (key) => partitions.reduce((all, each) => all + Number(each[key]), 0);
    return { records: sum('high') - sum('low') };`);
  const acked = run.measurement.records.acked;
  check(acked === 30_001, '30,001 records were acknowledged', run.measurement.records);
  check(held.records === acked, 'the brokers hold as many, as kafkajs counts', held);
  check(run.audit.lost === 0 && run.audit.found === acked, 'the audit found each', run.audit);
  const shares = run.agents.map(({ name, records }) => [name, records.acked]);
  check(shares.length === 3, `by three agents: ${JSON.stringify(shares)}`, shares);
  const skews = run.agents.map(({ startSkewMs }) => startSkewMs);
  ok(`start skews by their clocks: ${skews.map((each) => each.toFixed(1)).join(', ')} ms`);
  await until('both Jobs end', 60, () => ended('whole') && ended('whole-agents'));
  check(ended('whole').type === 'Complete', 'the copy ended the coordinator', ended('whole'));
  check(ended('whole-agents').type === 'Complete', 'and all agents ended well');
  away();
  askKafka(`await admin.deleteTopics({ topics: ['${topic}'] });`);
}

async function losesAPod() {
  const away = create(
    'lost',
    `topic: {partitions: 3}
workload: {rate: 1500/s, duration: 20s, warmup: none}
repeats: 2
canary: false
`,
  );
  const pods = () => get('pods', '-l', 'app.kubernetes.io/instance=lost').items;
  const second = () =>
    pods().find(
      ({ metadata }) => metadata.annotations?.[INDEX] === '1' && !metadata.deletionTimestamp,
    );
  await until('a run begins', 180, () => {
    const pod = second();
    return pod && /run 0001 begins/.test(kubectlSoft(['logs', pod.metadata.name]));
  });
  const name = second().metadata.name;
  await sleep(2_000);
  kubectl(['delete', 'pod', name, '--wait=false']);
  await until('the sweep goes on', 240, () => summaryOf('lost'));
  ok(`pod ${name} was deleted, and the sweep went on`);
  const runs = fetchRuns('lost');
  const states = runs.map(({ status }) => status);
  check(states.join() === 'failed,completed', 'one run failed, the next was made', states);
  const why = runs[0].failure.message;
  check(why.startsWith('agent agent-1 '), `by the agent's name: ${why}`, why);
  await until('both Jobs end', 60, () => ended('lost') && ended('lost-agents'));
  check(ended('lost').type === 'Failed', 'the coordinator ended with 107', ended('lost'));
  check(ended('lost-agents').type === 'Complete', 'the replaced agent ended well');
  away();
}

const kubectlSoft = (args) => {
  try {
    return kubectl(args);
  } catch {
    return '';
  }
};

const SHORT = 'workload: {rate: 300/s, duration: 2s, warmup: none}\nrepeats: 1\n';

async function wrongImage() {
  const away = create('wrong', SHORT, { image: `${image}-that-is-not-there` });
  const reasons = await until('pods say why they wait', 60, () => {
    const pods = get('pods', '-l', 'app.kubernetes.io/instance=wrong').items;
    const waiting = pods.flatMap(({ status }) =>
      (status.containerStatuses ?? []).map(({ state }) => state.waiting?.reason ?? ''),
    );
    return waiting.length === 4 && waiting.every((each) => /Image/.test(each)) ? waiting : null;
  });
  ok(`a wrong image: ${[...new Set(reasons)].join(', ')}`);
  away();
}

/** Who needs more than it has is killed; who waits for the killed one ends by itself. */
async function littleMemory() {
  const away = create('little', SHORT, { memory: '40Mi' });
  await until('both Jobs end', 150, () => ended('little') && ended('little-agents'));
  const { type, reason, message } = ended('little-agents');
  check(type === 'Failed' && /exit code (137|107)/.test(message), `${reason}: ${message}`);
  const states = get('pods', '-l', 'app.kubernetes.io/instance=little').items.flatMap(
    ({ status }) => (status.containerStatuses ?? []).map(({ state }) => state.terminated),
  );
  const killed = states.filter((each) => each?.reason === 'OOMKilled' && each.exitCode === 137);
  check(killed.length > 0, 'too little memory: OOMKilled, 137', states);
  away();
}

let code = 0;
try {
  kubectl(['create', 'namespace', namespace]);
  const token = randomBytes(32).toString('hex');
  kubectl(['create', 'secret', 'generic', 'kbench-token', `--from-literal=token=${token}`]);
  await startProbe();
  const all = [measures, losesAPod, wrongImage, littleMemory];
  const named = process.argv.slice(2);
  for (const test of all.filter(({ name }) => named.length === 0 || named.includes(name))) {
    console.log(`== ${test.name}`);
    await test();
  }
} catch (error) {
  console.error(`failed: ${error.message}`);
  console.error(kubectlSoft(['get', 'pods', '-o', 'wide']));
  console.error(
    kubectlSoft(['get', 'events', '--sort-by=.metadata.creationTimestamp']).slice(-4000),
  );
  code = 1;
} finally {
  kubectlSoft(['delete', 'namespace', namespace, '--wait=false']);
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = code;
