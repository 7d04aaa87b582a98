// Manifests as the text that kubectl takes, with what to type on top. Called by
// commands/kubernetes; pure.
import { stringify } from 'yaml';
import {
  deadlineSeconds,
  manifestsOf,
  RESULTS_FOLDER,
  TOKEN_KEY,
} from '../../agents/kubernetes/manifests.js';
import { printable } from '../../base/printable.js';
import { kbenchVersion } from '../../base/version.js';
import { roughDuration } from '../../plan/text/rough-duration.js';
import { createSecret, type PlannedDeployment } from './deployment.js';

/** `file` is where it goes; undefined: stdout. */
export function manifestText(planned: PlannedDeployment, file: string | undefined): string {
  const documents = manifestsOf(planned.deployment).map((each) =>
    // kubectl reads YAML 1.1, where an unquoted on or yes is no text.
    stringify(each, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false }),
  );
  const lines = headOf(planned, file ?? 'FILE');
  const head = lines.map((line) => `# ${printable(line, 2_000)}`.trimEnd());
  return `${head.join('\n')}\n${documents.join('---\n')}`;
}

function headOf(
  { deployment, files, imageNeeds }: PlannedDeployment,
  file: string,
): readonly string[] {
  const { name, namespace, agents, image, tokenSecret, secret, holdSeconds } = deployment;
  const inNamespace = namespace === null ? '' : ` -n ${namespace}`;
  const [kubectl, job] = [`kubectl${inNamespace}`, `job/${name}`];
  const login =
    secret === null || secret.variables.length + secret.files.length === 0
      ? []
      : [`  ${createSecret(secret.name, secret).replace('kubectl', kubectl)}`];
  const copy = [
    'the results, and an end to the waiting for their copy:',
    '  mkdir -p results',
    `  ${kubectl} exec ${job} -- tar c -C ${RESULTS_FOLDER} . | tar x -C results`,
    `  ${kubectl} exec ${job} -- touch ${RESULTS_FOLDER}/done`,
  ];
  return [
    `kbench ${kbenchVersion()}: ${agents} agents of ${image}`,
    `ended by Kubernetes after ${roughDuration(deadlineSeconds(deployment))}`,
    ...(files.inImage.length === 0 ? [] : [`the image must hold ${files.inImage.join(', ')}`]),
    ...imageNeeds.map((need) => `the image must have ${need}`),
    '',
    'once:',
    `  ${kubectl} create secret generic ${tokenSecret} \\`,
    `    --from-literal=${TOKEN_KEY}="$(openssl rand -hex 32)"`,
    ...login,
    'the sweep; the table is at the end of the log, summary.json its last line:',
    `  ${kubectl} create -f ${file}`,
    `  ${kubectl} logs -f --pod-running-timeout=10m ${job}`,
    ...(holdSeconds === 0 ? [] : copy),
    'away with it:',
    `  ${kubectl} delete -f ${file}`,
  ];
}
