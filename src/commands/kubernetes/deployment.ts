// A sweep and the options of `kbench kubernetes` -> what is to be deployed, every value checked, so
// that Kubernetes has nothing to refuse. Called by commands/kubernetes; opens nothing but files
// that the sweep names.
import { programNamed } from '../../agents/agent/named-files.js';
import { isLoopback } from '../../agents/coordinator/listen.js';
import type { Deployment, SecretUse } from '../../agents/kubernetes/manifests.js';
import { ConfigurationError } from '../../base/errors.js';
import { parseMs } from '../../base/units.js';
import { parseAddress } from '../../connect/index.js';
import type { PointSettings } from '../../contract/settings.js';
import type { LoadedSweep } from '../../plan/load-sweep.js';
import { estimatePlan } from '../../plan/text/estimate.js';
import { yamlText } from '../../plan/yaml/sweep-yaml.js';
import type { SweepArguments } from '../options/sweep-options.js';
import { imageNeeds } from './image-needs.js';
import { filesOfSweep, type SecretParts, type SweepFiles } from './sweep-files.js';

export interface KubernetesArguments extends SweepArguments {
  readonly image: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly 'token-secret': string;
  readonly secret?: string | undefined;
  readonly 'pull-secret'?: string | undefined;
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
  readonly 'away-from'?: readonly string[] | undefined;
  readonly 'share-nodes': boolean;
  readonly wait: string;
  readonly hold?: string | undefined;
  readonly 'results-claim'?: string | undefined;
  readonly out?: string | undefined;
}

export interface PlannedDeployment {
  readonly deployment: Deployment;
  readonly files: SweepFiles;
  /** Programs and packages that the image must have, in words. */
  readonly imageNeeds: readonly string[];
}

/** Pods' names have the Job's in front, and hold 63 characters. */
const MOST_NAME = 40;
const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const OBJECT =
  /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const NAME = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;
const IMAGE = /^[a-z0-9][\w.:/@-]*$/i;
const CPU = /^(?:[1-9]\d*m|\d*[1-9]\d*|\d+\.\d{1,3})$/;
const MEMORY = /^[1-9]\d*(?:\.\d+)?(?:[KMGT]i|[kMGT])$/;
const LABEL_KEY = /^(?:[a-z0-9][-a-z0-9.]*\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?$/;
const MiB = 1024 * 1024;
const MEMORY_STEP = 256 * MiB;
/** Of memory over what a plan is estimated to take, and of time over it: limits end pods. */
const MEMORY_SPARE = 1.5;
const TIME_SPARE = 3;
const DEFAULT_HOLD = '10m';

/** Throws ConfigurationError. */
export function deploymentOf(sweep: LoadedSweep, args: KubernetesArguments): PlannedDeployment {
  refuseTarget(sweep);
  const agents = agentsOf(sweep);
  const sweepYaml = yamlOf(sweep);
  const files = filesOfSweep(sweep, sweepYaml);
  const { plan, target, canary } = sweep;
  const { seconds, memoryBytes } = estimatePlan(plan, target, canary);
  const processes = Math.max(...plan.points.map(({ settings }) => processesOf(settings)));
  const claim = args['results-claim'];
  const security = target.kind === 'external' ? target.security : undefined;
  const secured = security === undefined ? {} : { security };
  const cpu = checked('--cpu', args.cpu, CPU, 'write e.g. --cpu 4 or --cpu 500m');
  const memory = checked('--memory', args.memory, MEMORY, 'write e.g. --memory 2Gi');
  return {
    files,
    imageNeeds: imageNeeds(plan),
    deployment: {
      name: nameOf(args.name, sweep.name),
      namespace: object('--namespace', args.namespace, LABEL),
      image: checked('--image', args.image, IMAGE, 'write e.g. --image example.net/kbench:1')!,
      pullSecret: object('--pull-secret', args['pull-secret']),
      ...{ agents, sweepYaml, files: files.packed },
      tokenSecret: object('--token-secret', args['token-secret'])!,
      secret: secretOf(object('--secret', args.secret), files.secret),
      cpu: cpu ?? String(processes + 1),
      memory: memory ?? memoryFor(memoryBytes),
      awayFrom: (args['away-from'] ?? []).map(labelOf),
      shareNodes: args['share-nodes'],
      waitSeconds: secondsOf('--wait', args.wait, 1),
      holdSeconds: secondsOf('--hold', args.hold ?? (claim === undefined ? DEFAULT_HOLD : '0s'), 0),
      workSeconds: seconds * TIME_SPARE,
      resultsClaim: object('--results-claim', claim),
      allowPrograms: plan.points.some(({ settings }) => programNamed({ ...secured, settings })),
    },
  };
}

function refuseTarget({ target }: LoadedSweep): void {
  if (target.kind !== 'external') {
    const why =
      target.kind === 'embedded'
        ? 'target.embedded (also where a sweep names no target) is reached in its own process alone'
        : 'target.kafka starts brokers that are reached on their own machine alone';
    throw new ConfigurationError(
      `agents in pods cannot reach this sweep's cluster: ${why}`,
      'name one that all pods reach: --bootstrap kafka.example.svc:9092, or target.bootstrap',
    );
  }
  const own = target.bootstrap.filter((each) => isLoopback(parseAddress(each)?.host ?? ''));
  if (own.length === 0) return;
  throw new ConfigurationError(
    `${own.join(', ')} is a pod itself, where no broker is`,
    'name the brokers as pods reach them: --bootstrap kafka.example.svc:9092',
  );
}

function agentsOf({ plan }: LoadedSweep): number {
  const agents = Math.max(0, ...plan.points.map(({ settings }) => settings.agents ?? 0));
  if (agents > 0) return agents;
  throw new ConfigurationError(
    'the sweep asks for no agents',
    'say how many: --agents 4, or agents: 4 in the file',
  );
}

/** With what the command line says in force; as it stands, comments and all, where it says none. */
const yamlOf = ({ source, tree, overrides, bootstrap }: LoadedSweep): string =>
  overrides.length === 0 && bootstrap === null ? `${source.trimEnd()}\n` : yamlText(tree);

function secretOf(name: string | null, parts: SecretParts): SecretUse | null {
  const { variables, files } = parts;
  if (name !== null) return { name, ...parts };
  if (variables.length === 0 && files.length === 0) return null;
  const what = [...variables.map((each) => `\${env:${each}}`), ...files.map(({ path }) => path)];
  throw new ConfigurationError(
    `the sweep logs in by ${what.join(', ')}, which a pod has only from a Secret`,
    `make one and name it with --secret: ${createSecret('kafka-login', parts)}`,
  );
}

const shellWord = (text: string): string =>
  /^[\w./=:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The command that makes it, of what lies beside the sweep. */
export const createSecret = (name: string, { variables, files }: SecretParts): string =>
  [
    `kubectl create secret generic ${name}`,
    ...files.map(({ key, path }) => `--from-file=${shellWord(`${key}=${path}`)}`),
    ...variables.map((variable) => `--from-literal=${variable}="$${variable}"`),
  ].join(' ');

function nameOf(given: string | undefined, sweepName: string): string {
  if (given !== undefined) {
    if (NAME.test(given) && given.length <= MOST_NAME) return given;
    throw new ConfigurationError(
      `--name ${given} is no name of a Service`,
      `use up to ${MOST_NAME} small letters, digits and hyphens, a letter first`,
    );
  }
  const words = sweepName.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return `kbench-${words}`.slice(0, MOST_NAME).replace(/-+$/, '');
}

function object(option: string, given: string | undefined, form: RegExp = OBJECT): string | null {
  return checked(option, given, form, 'use small letters, digits and hyphens');
}

function checked(
  option: string,
  given: string | undefined,
  form: RegExp,
  remedy: string,
): string | null {
  if (given === undefined) return null;
  if (form.test(given)) return given;
  throw new ConfigurationError(`${option} ${given} is not what Kubernetes takes there`, remedy);
}

function labelOf(text: string): { readonly key: string; readonly value: string } {
  const at = text.indexOf('=');
  const [key, value] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  if (at > 0 && LABEL_KEY.test(key) && LABEL_VALUE.test(value)) return { key, value };
  throw new ConfigurationError(
    `--away-from ${text} is no label`,
    'write the label of the brokers’ pods, e.g. --away-from app=kafka',
  );
}

function secondsOf(option: string, text: string, least: number): number {
  const parsed = parseMs(text, 'unit-required');
  const seconds = parsed.ok ? Math.ceil(parsed.value / 1000) : -1;
  if (seconds >= least && seconds <= 86_400) return seconds;
  throw new ConfigurationError(
    `${option} ${text} is no time of ${least} s to 24 h`,
    `write e.g. ${option} 10m`,
  );
}

/** Workers, and members of groups, which every agent has for itself. */
function processesOf({ workload, consumers }: PointSettings): number {
  const members = consumers?.kind === 'group' ? consumers.groups * consumers.members : 0;
  return workload.workers + members;
}

const memoryFor = (bytes: number): string =>
  `${(Math.ceil((bytes * MEMORY_SPARE) / MEMORY_STEP) * MEMORY_STEP) / MiB}Mi`;
