// `kbench kubernetes`: prints what Kubernetes is to make so that agents in pods send as one. Called
// by main; applies nothing, asks no cluster.
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { printable } from '../base/printable.js';
import { productStream, toStderr } from '../base/terminal.js';
import type { KubernetesArguments } from './kubernetes/deployment.js';
import { examples, paragraphs, SWITCH, WORD, WORDS, type Example } from './options/help-text.js';
import { loadFromArguments, printYaml, sweepOptions } from './options/sweep-options.js';

const OPTIONS = {
  image: { ...WORD, demandOption: true, describe: 'image with kbench of this version' },
  namespace: { ...WORD, describe: 'namespace of all that is made' },
  name: { ...WORD, describe: 'of Job and Service', defaultDescription: 'kbench-<sweep>' },
  out: { ...WORD, describe: 'file for the manifests', defaultDescription: 'stdout' },
} as const;

const SECRETS = {
  'token-secret': {
    ...WORD,
    default: 'kbench-token',
    describe: 'Secret that holds the agents’ token under the key token',
  },
  secret: { ...WORD, describe: 'Secret of what the sweep logs in to Kafka by' },
  'pull-secret': { ...WORD, describe: 'Secret by which the image is pulled' },
} as const;

const PODS = {
  cpu: {
    ...WORD,
    describe: 'cores of each pod, requested and limit',
    defaultDescription: 'workers and members of groups + 1',
  },
  memory: {
    ...WORD,
    describe: 'memory of each pod, requested and limit',
    defaultDescription: 'by the plan',
  },
  'away-from': { ...WORDS, describe: 'label of the brokers’ pods: no agent on their nodes' },
  'share-nodes': {
    ...SWITCH,
    describe: 'agents may share nodes, with each other and with brokers (kind, minikube)',
  },
  wait: { ...WORD, default: '10m', describe: 'how long agents may take to come, or to come back' },
} as const;

const RESULTS = {
  hold: {
    ...WORD,
    describe: 'how long the coordinator stays for its results to be copied',
    defaultDescription: '10m; 0s with --results-claim',
  },
  'results-claim': {
    ...WORD,
    describe: 'PersistentVolumeClaim for the results',
    defaultDescription: 'none: copy them',
  },
} as const;

const EXAMPLES: readonly Example[] = [
  [
    'kbench kubernetes sweep.yaml --agents 8 --image example.net/kbench:1 --away-from app=kafka',
    'eight agents, each on a node of its own without brokers',
  ],
  [
    'kbench kubernetes sweep.yaml --agents 2 --image kbench:1 --share-nodes --cpu 500m',
    'on kind or minikube',
  ],
  [
    'kbench kubernetes sweep.yaml --agents 8 --image kbench:1 --secret kafka-login --out k.yaml',
    'with a login of Kafka from a Secret, into a file',
  ],
];

const EPILOGUE = paragraphs(`\
Nothing is applied: kubectl create -f does that. Printed are a ConfigMap with the sweep and the
files beside it that it names, a headless Service, a Job for the coordinator (kbench run
--agents-listen) and an Indexed Job for the agents. The first lines say what to type next.

Secrets are named, never held: the token that agents and coordinator share (--token-secret), and
what the sweep logs in by (--secret): its \${env:NAME} are keys of that Secret, and so are files
like stores of certificates or client.properties.

When the sweep is done, the coordinator prints its table and, as the last line, summary.json; then
it stays for --hold, or until there is a file /results/done, so that the results can be copied.

An agent that is evicted or deleted is replaced; the run under way fails by its name, and the
sweep goes on. One that fails by itself (too little memory) ends the agents, and the sweep after
--wait with what was measured. docs/kubernetes.md has it all.

Exit codes: 0 printed; 104 the sweep is refused, or cannot be made by pods.`);

export const kubernetesCommand: CommandModule<object, KubernetesArguments> = {
  command: 'kubernetes [file]',
  describe: 'Print manifests: agents in pods send as one',
  builder: (yargs: Argv) =>
    sweepOptions(
      yargs.positional('file', {
        type: 'string',
        describe: 'YAML of the sweep (may be left out with --sweep or --set)',
      }),
    )
      .options(OPTIONS)
      .options(SECRETS)
      .options(PODS)
      .options(RESULTS)
      .epilogue(examples(EXAMPLES))
      .epilogue(EPILOGUE),
  handler: kubernetes,
};

async function kubernetes(args: ArgumentsCamelCase<KubernetesArguments>): Promise<void> {
  const sweep = await loadFromArguments(args);
  if (args['print-yaml']) {
    await printYaml(sweep);
    return;
  }
  const [{ deploymentOf }, { manifestText }, { writeOutput }] = await Promise.all([
    import('./kubernetes/deployment.js'),
    import('./kubernetes/manifest-text.js'),
    import('../report/formats/write-output.js'),
  ]);
  const planned = deploymentOf(sweep, args);
  const { inImage } = planned.files;
  for (const { message, remedy } of sweep.warnings) {
    const advice = remedy === undefined ? '' : ` -> ${remedy}`;
    toStderr(`warning: ${printable(`${message}${advice}`, 1_000)}\n`);
  }
  if (inImage.length > 0)
    toStderr(`note: the image must hold ${printable(inImage.join(', '), 1_000)}\n`);
  for (const need of planned.imageNeeds) toStderr(`note: the image must have ${need}\n`);
  await writeOutput(manifestText(planned, args.out), args.out ?? null, productStream());
  if (args.out !== undefined)
    toStderr(`${printable(args.out)} is written; its first lines say what to type next\n`);
}
