// What Kubernetes is asked for so that a sweep is made by agents in pods: a ConfigMap with the
// sweep, a Service by whose name the coordinator is found, a Job for it, an Indexed Job for the
// agents. Plain values of plain values, for commands/kubernetes; asks nobody, and holds no secret.

/** A file beside the sweep, by its path from there. */
export interface PackedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A Secret of the user's: keys that are environment variables, and keys that are files. */
export interface SecretUse {
  readonly name: string;
  readonly variables: readonly string[];
  readonly files: readonly { readonly key: string; readonly path: string }[];
}

export interface Deployment {
  /** Of Service and coordinator; what else there is has it in front. */
  readonly name: string;
  readonly namespace: string | null;
  readonly image: string;
  readonly pullSecret: string | null;
  readonly agents: number;
  readonly sweepYaml: string;
  readonly files: readonly PackedFile[];
  readonly tokenSecret: string;
  readonly secret: SecretUse | null;
  readonly cpu: string;
  readonly memory: string;
  /** Labels of pods on whose nodes no agent may be. */
  readonly awayFrom: readonly { readonly key: string; readonly value: string }[];
  /** Whether nodes may be shared all the same, where there are too few. */
  readonly shareNodes: boolean;
  /** How long agents may take to come. */
  readonly waitSeconds: number;
  /** How long the coordinator stays for its results to be copied. */
  readonly holdSeconds: number;
  /** Of the runs, the waiting not counted. */
  readonly workSeconds: number;
  /** A claim of the user's that takes the results; null: they go with the pod. */
  readonly resultsClaim: string | null;
  /** Whether agents start programs that the sweep's security names. */
  readonly allowPrograms: boolean;
}

export type Manifest = Readonly<Record<string, unknown>>;

export const SWEEP_FOLDER = '/sweep';
export const RESULTS_FOLDER = '/results';
/** Of the token's Secret. */
export const TOKEN_KEY = 'token';
const TOKEN_FOLDER = '/token';
const PORT = 7070;
const SWEEP_FILE = 'sweep.yaml';
/** `node` in Node's own images; root in none. */
const USER = 1000;
/** Pods may be slow to be scheduled, images slow to be pulled. */
const SPARE_SECONDS = 300;
const HOSTNAME = 'kubernetes.io/hostname';
/** `kbench agent` was told to stop from outside: its pod was deleted, and another is to come. */
const STOPPED = 105;

type Component = 'coordinator' | 'agent';

export function manifestsOf(what: Deployment): readonly Manifest[] {
  return [configMap(what), service(what), coordinatorJob(what), agentsJob(what)];
}

/** The whole may take so long, and is ended by Kubernetes after it. */
export const deadlineSeconds = ({ workSeconds, waitSeconds, holdSeconds }: Deployment): number =>
  Math.ceil(workSeconds + 2 * waitSeconds + holdSeconds) + SPARE_SECONDS;

const labelsOf = ({ name }: Deployment, component?: Component) => ({
  'app.kubernetes.io/name': 'kbench',
  'app.kubernetes.io/instance': name,
  ...(component === undefined ? {} : { 'app.kubernetes.io/component': component }),
});

const metadata = (what: Deployment, name: string, component?: Component) => ({
  name,
  ...(what.namespace === null ? {} : { namespace: what.namespace }),
  labels: labelsOf(what, component),
});

const sweepMap = ({ name }: Deployment): string => `${name}-sweep`;
const fileKey = (index: number): string => `file-${index}`;

function configMap(what: Deployment): Manifest {
  const files = what.files.map(
    ({ bytes }, index) => [fileKey(index), Buffer.from(bytes).toString('base64')] as const,
  );
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(what, sweepMap(what)),
    data: { [SWEEP_FILE]: what.sweepYaml },
    ...(files.length === 0 ? {} : { binaryData: Object.fromEntries(files) }),
  };
}

/** Agents dial this name; none of them is dialled. */
function service(what: Deployment): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(what, what.name),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: labelsOf(what, 'coordinator'),
      ports: [{ name: 'agents', port: PORT }],
    },
  };
}

function coordinatorJob(what: Deployment): Manifest {
  const { waitSeconds, holdSeconds, resultsClaim } = what;
  const args = [
    ...['run', `${SWEEP_FOLDER}/${SWEEP_FILE}`, '--out', RESULTS_FOLDER],
    ...[
      '--agents-listen',
      `0.0.0.0:${PORT}`,
      '--agents-token-file',
      `${TOKEN_FOLDER}/${TOKEN_KEY}`,
    ],
    ...['--agent-wait', `${waitSeconds}s`, '--hold', `${holdSeconds}s`],
  ];
  const results =
    resultsClaim === null
      ? { emptyDir: {} }
      : { persistentVolumeClaim: { claimName: resultsClaim } };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(what, what.name, 'coordinator'),
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: deadlineSeconds(what),
      template: podOf(what, 'coordinator', args, { name: 'results', ...results }),
    },
  };
}

function agentsJob(what: Deployment): Manifest {
  const args = [
    ...['agent', `${what.name}:${PORT}`, '--name', 'agent-$(JOB_COMPLETION_INDEX)'],
    ...['--token-file', `${TOKEN_FOLDER}/${TOKEN_KEY}`, '--modules-from', SWEEP_FOLDER],
    ...['--wait', `${what.waitSeconds}s`, ...(what.allowPrograms ? ['--allow-programs'] : [])],
  ];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(what, `${what.name}-agents`, 'agent'),
    spec: {
      completionMode: 'Indexed',
      completions: what.agents,
      parallelism: what.agents,
      backoffLimit: 0,
      activeDeadlineSeconds: deadlineSeconds({ ...what, holdSeconds: 0 }),
      podFailurePolicy: {
        rules: [
          // Drained, evicted, deleted: another comes, and the coordinator waits for it.
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          {
            action: 'Ignore',
            onExitCodes: { containerName: 'agent', operator: 'In', values: [STOPPED] },
          },
          // Named in the Job's condition, with the pod.
          {
            action: 'FailJob',
            onExitCodes: { containerName: 'agent', operator: 'NotIn', values: [0] },
          },
        ],
      },
      template: podOf(what, 'agent', args),
    },
  };
}

type Volume = Readonly<Record<string, unknown>> & { readonly name: string };

function podOf(
  what: Deployment,
  component: Component,
  args: readonly string[],
  results?: Volume,
): Manifest {
  const volumes: readonly Volume[] = [
    sweepVolume(what),
    { name: 'token', secret: { secretName: what.tokenSecret } },
    { name: 'tmp', emptyDir: {} },
    ...(results === undefined ? [] : [results]),
  ];
  const { pullSecret } = what;
  return {
    metadata: { labels: labelsOf(what, component) },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...(pullSecret === null ? {} : { imagePullSecrets: [{ name: pullSecret }] }),
      affinity: { podAntiAffinity: apart(what, component) },
      securityContext: {
        ...{ runAsNonRoot: true, runAsUser: USER, runAsGroup: USER, fsGroup: USER },
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [containerOf(what, component, args, volumes)],
      volumes,
    },
  };
}

/** The sweep and its files as they lie beside each other on the user's machine. */
function sweepVolume(what: Deployment): Volume {
  const items = [
    { key: SWEEP_FILE, path: SWEEP_FILE },
    ...what.files.map(({ path }, index) => ({ key: fileKey(index), path })),
  ];
  const { secret } = what;
  const sources = [
    { configMap: { name: sweepMap(what), items } },
    ...(secret === null || secret.files.length === 0
      ? []
      : [{ secret: { name: secret.name, items: secret.files } }]),
  ];
  return { name: 'sweep', projected: { sources } };
}

function containerOf(
  { image, cpu, memory, secret }: Deployment,
  component: Component,
  args: readonly string[],
  volumes: readonly Volume[],
): Manifest {
  const resources = { cpu, memory };
  const variables = (secret?.variables ?? []).map((name) => ({
    name,
    valueFrom: { secretKeyRef: { name: secret!.name, key: name } },
  }));
  return {
    name: component,
    image,
    imagePullPolicy: 'IfNotPresent',
    args,
    env: [{ name: 'HOME', value: '/tmp' }, ...variables],
    ...(component === 'coordinator' ? { ports: [{ name: 'agents', containerPort: PORT }] } : {}),
    // The same: kbench is never throttled for a neighbour's sake, nor evicted first.
    resources: { requests: resources, limits: resources },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: volumes.map(({ name }) => ({
      name,
      mountPath: `/${name}`,
      ...(['sweep', 'token'].includes(name) ? { readOnly: true } : {}),
    })),
  };
}

/**
 * Agents on one node, or beside a broker, would measure each other. The coordinator sends nothing,
 * and takes what room there is.
 */
function apart(what: Deployment, component: Component): Manifest {
  const agents = {
    labelSelector: {
      matchLabels: { 'app.kubernetes.io/name': 'kbench', 'app.kubernetes.io/component': 'agent' },
    },
    topologyKey: HOSTNAME,
  };
  const brokers = what.awayFrom.map(({ key, value }) => ({
    labelSelector: { matchLabels: { [key]: value } },
    // Wherever they are.
    namespaceSelector: {},
    topologyKey: HOSTNAME,
  }));
  const terms = [agents, ...brokers];
  return component === 'agent' && !what.shareNodes
    ? { requiredDuringSchedulingIgnoredDuringExecution: terms }
    : {
        preferredDuringSchedulingIgnoredDuringExecution: terms.map((podAffinityTerm) => ({
          weight: 100,
          podAffinityTerm,
        })),
      };
}
