import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { manifestsOf } from '../../agents/kubernetes/manifests.js';
import { ConfigurationError } from '../../base/errors.js';
import { planSweep } from '../../plan/load-sweep.js';
import { findStrictDecoder, type StrictDecoder } from '../../testing/go/strict-manifests.js';
import { deploymentOf, type KubernetesArguments } from './deployment.js';
import { manifestText } from './manifest-text.js';

const folder = mkdtempSync(path.join(tmpdir(), 'kbench-kubernetes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SWEEP = `name: My sweep
target: {bootstrap: ["kafka.example:9092"]}
workload: {rate: 1000/s, duration: 10s, warmup: none, workers: 2}
sweep: {linger.ms: [0, 5]}
repeats: 3
agents: 3
`;
const GIVEN: KubernetesArguments = {
  ...{ image: 'example.net/kbench:1', 'token-secret': 'kbench-token', wait: '10m' },
  ...{ 'share-nodes': false, 'print-yaml': false },
};

const write = (name: string, text: string | Buffer): void => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
};

function planned(yaml = SWEEP, given: Partial<KubernetesArguments> = {}, overrides = ['']) {
  const sweep = planSweep(path.join(folder, 'sweep.yaml'), yaml, {
    overrides: overrides.filter((each) => each !== ''),
  });
  return deploymentOf(sweep, { ...GIVEN, ...given });
}

interface Shape {
  readonly spec: {
    readonly activeDeadlineSeconds: number;
    readonly template: { readonly spec: Record<string, unknown> };
  };
}
/** Config map, Service, the coordinator's Job, the agents'. */
const manifests = (...args: Parameters<typeof planned>) =>
  manifestsOf(planned(...args).deployment) as unknown as [unknown, unknown, Shape, Shape];

const containerOf = (job: Shape) =>
  (
    job.spec.template.spec['containers'] as { args: string[]; env: unknown[]; resources: unknown }[]
  )[0];

const SECURED = SWEEP.replace('name: My sweep\n', '').replace(
  /target: .*\n/,
  `target:
  bootstrap: ["kafka.example:9092"]
  security:
    security.protocol: SASL_SSL
    sasl.mechanism: SCRAM-SHA-512
    sasl.jaas.config: >-
      org.apache.kafka.common.security.scram.ScramLoginModule required
      username="u" password="\${env:KAFKA_PASSWORD}";
    ssl.truststore.location: tls/ca.pem
    ssl.truststore.type: PEM
`,
);

describe('kbench kubernetes', () => {
  it('asks for as many agents as the sweep, each alone on a node and away from brokers', () => {
    const [, service, coordinator, agents] = manifests(SWEEP, { 'away-from': ['app=kafka'] });
    expect(service).toMatchObject({
      spec: { clusterIP: 'None', publishNotReadyAddresses: true },
    });
    expect(agents.spec).toMatchObject({
      ...{ completionMode: 'Indexed', completions: 3, parallelism: 3, backoffLimit: 0 },
      template: {
        spec: {
          restartPolicy: 'Never',
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { topologyKey: 'kubernetes.io/hostname' },
                { labelSelector: { matchLabels: { app: 'kafka' } }, namespaceSelector: {} },
              ],
            },
          },
        },
      },
    });
    expect(coordinator.spec.template.spec['affinity']).not.toHaveProperty(
      'podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution',
    );
    const [, , , sharing] = manifests(SWEEP, { 'share-nodes': true, 'away-from': ['app=kafka'] });
    expect(sharing.spec.template.spec['affinity']).not.toHaveProperty(
      'podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution',
    );
  });

  it('says on top what the image must have for the clients that the sweep names', () => {
    const text = (yaml: string): string => manifestText(planned(yaml), undefined);
    const clients = 'driver: [core, kafkajs, java, franz-go]';
    const found = text(SWEEP.replace('{linger.ms: [0, 5]}', `{${clients}}`));
    expect(found).toMatch(/^# the image must have a JDK of 17 or newer .*JAVA=yes has it$/m);
    expect(found).toMatch(/^# the image must have Go 1\.26$/m);
    expect(text(`${SWEEP}consumers: {kind: group, driver: java}\n`)).toContain('have a JDK');
    expect(text(SWEEP)).not.toContain('the image must');
  });

  it('has room for the processes of other clients and of groups', () => {
    const sizes = (yaml: string) =>
      (containerOf(manifests(yaml)[3]).resources as { limits: { cpu: string; memory: string } })
        .limits;
    const core = sizes(SWEEP);
    const java = sizes(`${SWEEP}driver: java\n`);
    expect(core.cpu).toBe('3');
    expect(Number.parseInt(java.memory)).toBeGreaterThan(Number.parseInt(core.memory) + 1000);
    const groups = sizes(`${SWEEP}consumers: {kind: group, driver: java, members: 4}\n`);
    expect(groups.cpu).toBe('7');
    expect(Number.parseInt(groups.memory)).toBeGreaterThan(Number.parseInt(core.memory) + 1000);
  });

  it('runs as nobody in particular: no root, nothing to write to, nothing to gain', () => {
    for (const job of manifests().slice(2) as Shape[]) {
      expect(job.spec.template.spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            securityContext: {
              ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
              capabilities: { drop: ['ALL'] },
            },
          },
        ],
      });
    }
  });

  it('requests what it limits: workers and one more, and memory by the plan, or as told', () => {
    const { resources } = containerOf(manifests()[3]) as { resources: Record<string, unknown> };
    expect(resources['requests']).toEqual(resources['limits']);
    expect(resources['requests']).toMatchObject({ cpu: '3' });
    const told = containerOf(manifests(SWEEP, { cpu: '500m', memory: '3Gi' })[2]);
    expect(told.resources).toMatchObject({ limits: { cpu: '500m', memory: '3Gi' } });
  });

  it('ends by itself some time after the runs, the waiting and the copying', () => {
    const [, , coordinator, agents] = manifests();
    const runs = 6 * 10;
    expect(agents.spec.activeDeadlineSeconds).toBeGreaterThan(2 * runs + 600);
    expect(agents.spec.activeDeadlineSeconds).toBeLessThan(6 * runs + 2400);
    const { activeDeadlineSeconds } = coordinator.spec;
    expect(activeDeadlineSeconds - agents.spec.activeDeadlineSeconds).toBe(600);
  });

  it('puts results on a claim, and then does not stay for their copy', () => {
    const [, , coordinator] = manifests(SWEEP, { 'results-claim': 'results' });
    expect(coordinator.spec.template.spec['volumes']).toContainEqual({
      ...{ name: 'results', persistentVolumeClaim: { claimName: 'results' } },
    });
    expect(containerOf(coordinator).args.join(' ')).toContain('--hold 0s');
    expect(containerOf(manifests()[2]).args.join(' ')).toContain('--hold 600s');
  });

  it('takes the sweep as it stands, or with what the command line says', () => {
    expect(planned().deployment.sweepYaml).toBe(SWEEP);
    const { deployment } = planned(SWEEP, {}, ['agents=5']);
    expect(deployment.agents).toBe(5);
    expect(deployment.sweepYaml).toContain('agents: 5');
  });

  it('packs modules and payloads that lie beside the sweep, under their names', () => {
    write('code/even.mjs', 'export default class {}\n');
    const bytes = Buffer.from([0, 255, 10, 10]);
    write('values.bin', bytes);
    const yaml = `${SWEEP.replace(
      'workers: 2',
      'workers: 2, valueBytes: 2B, payload: {file: values.bin, records: slices}',
    )}producer: {partitioner.class: ./code/even.mjs}\n`;
    const { deployment, files } = planned(yaml);
    expect(deployment.files.map((each) => each.path)).toEqual(['code/even.mjs', 'values.bin']);
    expect(Buffer.from(deployment.files[1].bytes)).toEqual(bytes);
    expect(files.inImage).toEqual([]);
    const elsewhere = mkdtempSync(path.join(tmpdir(), 'kbench-image-'));
    writeFileSync(path.join(elsewhere, 'large.bin'), bytes);
    const named = planned(yaml.replace('values.bin', path.join(elsewhere, 'large.bin')));
    expect(named.files.inImage).toEqual([path.join(elsewhere, 'large.bin')]);
    rmSync(elsewhere, { recursive: true });
  });

  it('names secrets, holds none, and says how to make them', () => {
    write('tls/ca.pem', 'SECRET CONTENT');
    const what = planned(SECURED, { secret: 'kafka-login' });
    const text = manifestText(what, 'k.yaml');
    expect(text).not.toContain('SECRET CONTENT');
    expect(text).toContain(
      'create secret generic kafka-login --from-file=tls-ca.pem=tls/ca.pem ' +
        '--from-literal=KAFKA_PASSWORD="$KAFKA_PASSWORD"',
    );
    for (const job of manifestsOf(what.deployment).slice(2) as unknown as Shape[]) {
      expect(containerOf(job).env).toContainEqual({
        name: 'KAFKA_PASSWORD',
        valueFrom: { secretKeyRef: { name: 'kafka-login', key: 'KAFKA_PASSWORD' } },
      });
      expect(JSON.stringify(job.spec.template.spec['volumes'])).toContain(
        '"items":[{"key":"tls-ca.pem","path":"tls/ca.pem"}]',
      );
    }
  });

  it('tells commands that a shell takes as they are meant', () => {
    write("a b's.pem", '');
    const text = manifestText(
      planned(SECURED.replace('tls/ca.pem', "a b's.pem"), { secret: 'login' }),
      'k.yaml',
    );
    expect(text).toContain("--from-file='a-b-s.pem=a b'\\''s.pem' ");
    const odd = SECURED.replace('KAFKA_PASSWORD', 'A;rm');
    expect(() => planned(odd, { secret: 'login' })).toThrow(/no name that a key/);
  });

  it('takes a file of Java’s clients from the Secret, whole', () => {
    write('client.properties', 'bootstrap.servers=k:9092\nsasl.mechanism=PLAIN\n');
    const yaml = SWEEP.replace(/target: .*/, 'target: {properties: client.properties}');
    const { deployment } = planned(yaml, { secret: 'login' });
    expect(deployment.files).toEqual([]);
    expect(deployment.secret?.files).toEqual([
      { key: 'client.properties', path: 'client.properties' },
    ]);
  });

  it.each<[string, string, Partial<KubernetesArguments>, RegExp]>([
    ['embedded clusters', SWEEP.replace(/target: .*/, ''), {}, /target\.embedded .* process alone/],
    [
      'brokers that kbench starts',
      SWEEP.replace(/target: .*/, 'target: {kafka: {version: 4.4.0, brokers: 1}}'),
      {},
      /target\.kafka starts brokers/,
    ],
    [
      'addresses that are the pod itself',
      SWEEP.replace('kafka.example', 'localhost'),
      {},
      /localhost:9092 is a pod itself/,
    ],
    ['a sweep without agents', SWEEP.replace(/agents: 3\n/, ''), {}, /asks for no agents/],
    ['secrets without a Secret', SECURED, {}, /\$\{env:KAFKA_PASSWORD\}, tls\/ca\.pem/],
    ['memory in thousandths', SWEEP, { memory: '512m' }, /--memory 512m/],
    ['cores that are none', SWEEP, { cpu: '0' }, /--cpu 0/],
    ['a label that is none', SWEEP, { 'away-from': ['kafka'] }, /--away-from kafka is no label/],
    ['a name with a dot', SWEEP, { name: 'a.b' }, /--name a\.b/],
    ['a namespace in capitals', SWEEP, { namespace: 'Bench' }, /--namespace Bench/],
    ['an image with a blank', SWEEP, { image: 'a b' }, /--image a b/],
    ['a time without a unit', SWEEP, { hold: '10' }, /--hold 10/],
  ])('refuses %s', (_what, yaml, given, why) => {
    write('tls/ca.pem', '');
    expect(() => planned(yaml, given)).toThrow(ConfigurationError);
    expect(() => planned(yaml, given)).toThrow(why);
  });

  it('refuses more than a ConfigMap takes, and says where to put it', () => {
    write('large.bin', Buffer.alloc(1_100_000, 'x'));
    const yaml = SWEEP.replace(
      'workers: 2',
      'workers: 2, valueBytes: 1KiB, payload: {file: large.bin, records: slices}',
    );
    expect(() => planned(yaml)).toThrow(/large\.bin .* all that a ConfigMap takes/);
  });

  it('names what it makes after the sweep, in letters that names may have', () => {
    expect(planned().deployment.name).toBe('kbench-my-sweep');
    const long = `${'x'.repeat(32)} -- ÄÖ ${'y'.repeat(60)}`;
    const { name } = planned(SWEEP.replace('My sweep', long)).deployment;
    expect(name).toMatch(/^kbench-x+$/);
    expect(name.length).toBeLessThanOrEqual(40);
  });
});

describe('Kubernetes’ own types', () => {
  let decoder: StrictDecoder | string = 'not looked for';
  beforeAll(() => {
    decoder = findStrictDecoder();
  }, 600_000);
  const need = (context: TestContext): StrictDecoder => {
    if (typeof decoder !== 'string') return decoder;
    if (process.env['CI'] === 'true') throw new Error(decoder);
    return context.skip(decoder);
  };

  it('read every manifest, with no field unknown and no value changed', (context) => {
    write('tls/ca.pem', '');
    const { decode } = need(context);
    for (const what of [
      planned(),
      // Words that YAML 1.1 takes for something else.
      planned(SECURED, {
        ...{ secret: 'on', namespace: 'no', name: 'y', 'pull-secret': '1e3' },
        ...{ 'away-from': ['app=on', 'x.io/y=1_0'], 'results-claim': 'null', memory: '1Gi' },
      }),
    ])
      expect(decode(manifestText(what, undefined))).toMatchObject(manifestsOf(what.deployment));
  });

  it('would say what is wrong', (context) => {
    const { decode } = need(context);
    const text = manifestText(planned(), undefined).replace('backoffLimit', 'backOffLimit');
    expect(() => decode(text)).toThrow(/unknown field "spec\.backOffLimit"/);
  });
});
