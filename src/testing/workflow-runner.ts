// Runs a job of a GitHub workflow on this machine, as far as the shipped one needs it: `run:` steps
// by bash -e as GitHub does, the few actions it uses by stand-ins, conditions and outputs. For
// tests of examples/ci; no command uses it.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { runInNewContext } from 'node:vm';

export interface WorkflowStep {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
}

export interface NightOptions {
  readonly steps: readonly WorkflowStep[];
  readonly env: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** The repository that checkout clones. */
  readonly origin: string;
  /** What actions/cache keeps from run to run. */
  readonly cache: string;
  /** A fresh folder for this run. */
  readonly folder: string;
  /** Put before PATH: stand-ins for npm and npx. */
  readonly bin: string;
}

export interface NightOutcome {
  /** By step: success, failure or skipped. */
  readonly outcomes: Readonly<Record<string, string>>;
  /** The first failed step's exit code; 0 when none failed. */
  readonly code: number;
  readonly log: string;
  readonly summary: string;
  readonly artifact: string;
}

interface StepState {
  outcome: string;
  readonly outputs: Record<string, string>;
}

export async function runJob(options: NightOptions): Promise<NightOutcome> {
  const { folder, inputs = {} } = options;
  const workspace = path.join(folder, 'workspace');
  const artifact = path.join(folder, 'artifact');
  const summary = path.join(folder, 'summary.md');
  writeFileSync(summary, '');
  mkdirSync(artifact, { recursive: true });
  const steps: Record<string, StepState> = {};
  const outcomes: Record<string, string> = {};
  let log = '';
  let code = 0;
  for (const [index, step] of options.steps.entries()) {
    const name = step.name ?? step.uses ?? String(index);
    const evaluate = (expression: string): unknown =>
      runInNewContext(expression, {
        ...{
          inputs: { accept: false, ...inputs },
          steps: withMissing(steps),
          github: { run_id: '1' },
        },
        ...{
          success: () => code === 0,
          failure: () => code !== 0,
          always: () => true,
          cancelled: () => false,
        },
      });
    const condition = (step.if ?? 'success()').replace(/^\$\{\{(.*)\}\}$/s, '$1');
    const asked = /\b(success|failure|always|cancelled)\(/.test(condition)
      ? condition
      : `(${condition}) && success()`;
    const state: StepState = { outcome: 'skipped', outputs: {} };
    if (step.id !== undefined) steps[step.id] = state;
    if (evaluate(asked) === true) {
      let status = 0;
      if (step.uses !== undefined) standIn(step, { ...options, workspace, artifact });
      else {
        const output = path.join(folder, `output-${index}`);
        writeFileSync(output, '');
        const own = Object.entries(step.env ?? {}).map(([key, value]) => [
          key,
          shown(value).replace(/\$\{\{(.*?)\}\}/gs, (_whole, expression: string) =>
            shown(evaluate(expression)),
          ),
        ]);
        const result = await bash(step.run ?? '', workspace, {
          ...options.env,
          ...(Object.fromEntries(own) as Record<string, string>),
          ...{
            GITHUB_OUTPUT: output,
            GITHUB_STEP_SUMMARY: summary,
            GITHUB_ACTIONS: 'true',
            CI: 'true',
          },
          PATH: `${options.bin}:${process.env['PATH'] ?? ''}`,
        });
        status = result.code;
        log += `== ${name}\n${result.output}`;
        for (const line of readFileSync(output, 'utf8').split('\n')) {
          const at = line.indexOf('=');
          if (at > 0) state.outputs[line.slice(0, at)] = line.slice(at + 1);
        }
      }
      state.outcome = status === 0 ? 'success' : 'failure';
      if (code === 0) code = status;
    }
    outcomes[name] = state.outcome;
  }
  return { outcomes, code, log, summary: readFileSync(summary, 'utf8'), artifact };
}

/** As an expression's value is put into text. */
function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}

/** Steps that have not run have no outputs, which is no error in an expression. */
function withMissing(
  steps: Readonly<Record<string, StepState>>,
): Readonly<Record<string, StepState>> {
  return new Proxy(steps, { get: (all, id) => all[String(id)] ?? { outcome: '', outputs: {} } });
}

function standIn(
  { uses = '', with: inputs = {} }: WorkflowStep,
  {
    origin,
    cache,
    workspace,
    artifact,
  }: NightOptions & { readonly workspace: string; readonly artifact: string },
): void {
  const copy = (from: string, to: string, name: string): void => {
    if (existsSync(path.join(from, name)))
      cpSync(path.join(from, name), path.join(to, name), { recursive: true });
  };
  const paths = shown(inputs['path'])
    .split('\n')
    .filter((line) => line.trim() !== '');
  switch (uses.replace(/@.*/, '')) {
    case 'actions/checkout':
      cpSync(origin, path.join(workspace, '.git'), { recursive: true });
      writeFileSync(
        path.join(workspace, '.git', 'config'),
        `[core]\n\tbare = false\n[remote "origin"]\n\turl = ${origin}\n`,
      );
      break;
    case 'actions/setup-node':
      break;
    case 'actions/cache/restore':
      for (const name of paths) copy(cache, workspace, name);
      break;
    case 'actions/cache/save':
      for (const name of paths) copy(workspace, cache, name);
      break;
    case 'actions/upload-artifact':
      for (const name of paths) copy(workspace, artifact, name);
      break;
    default:
      throw new Error(`no stand-in for ${uses}`);
  }
}

/** As GitHub runs a step that names no shell: `bash -e FILE`. */
export async function bash(
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly output: string }> {
  mkdirSync(cwd, { recursive: true });
  const file = path.join(mkdtempSync(path.join(path.dirname(cwd), 'step-')), 'step.sh');
  appendFileSync(file, script);
  const child = spawn('bash', ['-e', file], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code: code ?? 1, output })),
  );
}
