// `kbench validate FILE`: the plan of a sweep, or everything wrong with it (exit 104): what `kbench run` would refuse.
// Touches no cluster.
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs';
import { printable } from '../base/printable.js';
import { productToStdout, stdoutView, toStdout } from '../base/terminal.js';
import { harmlessJson } from '../report/escape-controls.js';

export interface ValidateArguments {
  readonly file: string;
  readonly set: readonly string[];
  readonly bootstrap?: string | undefined;
  readonly json: boolean;
}

/** Where the output is no terminal. */
const DEFAULT_WIDTH = 120;

export const validateCommand: CommandModule<object, ValidateArguments> = {
  command: 'validate <file>',
  describe: 'Check a sweep and show its plan: points, runs, time, memory',
  builder: (yargs: Argv) =>
    yargs
      .positional('file', { type: 'string', demandOption: true, describe: 'YAML of the sweep' })
      .option('set', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        defaultDescription: 'none',
        describe: "A value in place of the file's: path=value, as often as needed",
      })
      .option('bootstrap', { type: 'string', describe: "Brokers in place of the file's target: host:port,..." })
      .option('json', { type: 'boolean', default: false, describe: 'The plan and its estimate as JSON' })
      .example('$0 validate sweep.yaml', 'the plan, or each problem with its line')
      .example("$0 validate sweep.yaml --set 'sweep.batch.size=[32KiB]' --set repeats=1", 'with other values')
      .example('$0 validate sweep.yaml --bootstrap kafka-1:9092,kafka-2:9092', 'against another cluster'),
  handler: validate,
};

async function validate(args: ArgumentsCamelCase<ValidateArguments>): Promise<void> {
  const [{ loadSweep }, { describePlan, shownTarget }, { estimatePlan }, { checkTarget }] = await Promise.all([
    import('../sweep/load-sweep.js'),
    import('../sweep/plan-text.js'),
    import('../sweep/estimate.js'),
    import('../targets/check-target.js'),
  ]);
  const { file, set, bootstrap, json } = args;
  const sweep = await loadSweep(file, { overrides: set, ...(bootstrap === undefined ? {} : { bootstrap }) });
  const warnings = [...sweep.warnings, ...(await checkTarget(sweep.target))];
  if (json) {
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
    lines.push(
      '',
      `warning: ${where}${printable(message, 1_000)}${remedy === undefined ? '' : `\n  -> ${printable(remedy, 1_000)}`}`,
    );
  }
  toStdout(`${lines.join('\n')}\n`);
}
