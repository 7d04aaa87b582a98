// `kbench validate [FILE]`: the plan of a sweep, or everything wrong with it (exit 104): what
// `kbench run` would refuse. Touches no cluster.
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { printable } from '../base/printable.js';
import { productToStdout, stdoutView, toStdout } from '../base/terminal.js';
import { harmlessJson } from '../report/text/escape-controls.js';
import { examples, SWITCH, type Example } from './options/help-text.js';
import {
  loadFromArguments,
  printYaml,
  sweepOptions,
  type SweepArguments,
} from './options/sweep-options.js';

export interface ValidateArguments extends SweepArguments {
  readonly json: boolean;
}

/** Where the output is no terminal. */
const DEFAULT_WIDTH = 120;

const EXAMPLES: readonly Example[] = [
  ['kbench validate sweep.yaml', 'the plan, or each problem with its line'],
  [
    "kbench validate sweep.yaml --set 'sweep.batch.size=[32KiB]' --set repeats=1",
    'with other values',
  ],
  [
    "kbench validate sweep.yaml --set 'faults=[{at: 6s, kill: leader, restartAfter: 5s}]'",
    'whether that can be done to the target, and when',
  ],
  ['kbench validate sweep.yaml --bootstrap kafka-1:9092,kafka-2:9092', 'against another cluster'],
  [
    'kbench validate --sweep batch.size=16KiB,64KiB --set workload.rate=20000/s',
    'a sweep without a file',
  ],
];

export const validateCommand: CommandModule<object, ValidateArguments> = {
  command: 'validate [file]',
  describe: 'Check a sweep and show its plan: points, runs, time, memory',
  builder: (yargs: Argv) =>
    sweepOptions(
      yargs.positional('file', {
        type: 'string',
        describe: 'YAML of the sweep (may be left out with --sweep or --set)',
      }),
    )
      .option('json', { ...SWITCH, describe: 'the plan and its estimate as JSON' })
      .epilogue(examples(EXAMPLES)),
  handler: validate,
};

async function validate(args: ArgumentsCamelCase<ValidateArguments>): Promise<void> {
  const sweep = await loadFromArguments(args);
  if (args['print-yaml']) {
    await printYaml(sweep);
    return;
  }
  const [{ describePlan, shownTarget }, { estimatePlan }, { checkTarget }] = await Promise.all([
    import('../plan/text/plan-text.js'),
    import('../plan/text/estimate.js'),
    import('../targets/check-target.js'),
  ]);
  const { file } = sweep;
  const warnings = [...sweep.warnings, ...(await checkTarget(sweep.target))];
  if (args.json) {
    const { name, target, plan, canary } = sweep;
    const estimate = estimatePlan(plan, target, canary);
    const shown = { file, name, target: shownTarget(target), estimate, warnings, plan };
    productToStdout(`${harmlessJson(shown, 2)}\n`);
    return;
  }
  const { columns, isTTY } = stdoutView();
  const lines = [
    `${printable(file)} is valid: ${sweep.name}`,
    '',
    describePlan(sweep, isTTY ? columns : DEFAULT_WIDTH),
  ];
  for (const { line, message, remedy } of warnings) {
    const where = line === undefined ? '' : `${printable(file)}:${line}: `;
    const advice = remedy === undefined ? '' : `\n  -> ${printable(remedy, 1_000)}`;
    lines.push('', `warning: ${where}${printable(message, 1_000)}${advice}`);
  }
  toStdout(`${lines.join('\n')}\n`);
}
