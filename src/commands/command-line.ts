// The command line: finds the command to run, and turns what it throws into a message and an exit
// code. Each command is a file of this folder. Called by main.ts, which is no more than the way
// here.
import yargs, { type CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { EXIT } from '../base/errors.js';
import { flushTerminal, printFailure, toStderr, toStdout } from '../base/terminal.js';
import { kbenchVersion } from '../base/version.js';
import { agentCommand } from './agent.js';
import { checkArguments, usageError, type OptionTypes } from './options/check-arguments.js';
import { compareCommand } from './compare.js';
import { doctorCommand } from './doctor.js';
import { driverCommand } from './driver.js';
import { clusterCommand } from './cluster.js';
import { embeddedCommand } from './embedded.js';
import { HELP_WIDTH } from './options/help-text.js';
import { initCommand } from './init.js';
import { kubernetesCommand } from './kubernetes.js';
import { printError } from './print-error.js';
import { referenceCommand } from './reference.js';
import { reportCommand } from './report.js';
import { runCommand } from './run.js';
import { schemaCommand } from './schema.js';
import { trendCommand } from './trend.js';
import { validateCommand } from './validate.js';

/**
 * What a command may leave running after it is done: a socket that does not close must not keep the
 * user waiting.
 */
const LINGER_MS = 2_000;

/** In the order of --help. */
export const COMMANDS = [
  ...[runCommand, validateCommand, initCommand, schemaCommand],
  ...[reportCommand, compareCommand, referenceCommand, trendCommand, doctorCommand],
  ...[embeddedCommand, clusterCommand, driverCommand],
  ...[agentCommand, kubernetesCommand],
] as unknown as CommandModule[];

export async function runCommandLine(): Promise<void> {
  process.on('uncaughtException', (error) => process.exit(printError(error)));

  const typed = hideBin(process.argv);
  const cli = yargs(typed);
  rendersNoHelp(cli);
  let chosen = '';
  cli
    .scriptName('kbench')
    .parserConfiguration({ 'dot-notation': false })
    .usage('$0 <command>\n\nA load generator and benchmark harness for Apache Kafka.')
    .command(COMMANDS)
    .demandCommand(1, 'name a command')
    .recommendCommands()
    .strict()
    .middleware((argv) => {
      chosen = String(argv._[0]);
      // Of the command that was chosen; its types do not tell of the method.
      checkArguments(argv, (cli as unknown as { getOptions(): OptionTypes }).getOptions(), typed);
    })
    .version(kbenchVersion())
    .alias('help', 'h')
    // A pipe has no width.
    .wrap(Math.min(HELP_WIDTH, cli.terminalWidth() || HELP_WIDTH))
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined && error.name !== 'YError') throw error;
      throw usageError(message ?? 'bad arguments', typed);
    });

  try {
    if (typed.length === 0) toStderr(`${await cli.getHelp()}\n\n`);
    // Help and version come as text, so that they leave by the door as everything does.
    await cli.parseAsync(typed, {}, (_error, _argv, output) => {
      if (output !== '') toStdout(`${output}\n`);
    });
  } catch (error) {
    process.exitCode = printError(error);
  }
  await conclude(chosen);
  // What a stop has left behind in the event loop is not waited for.
  if (process.exitCode === EXIT.stopped) process.exit();
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

interface WithUsage {
  getInternalMethods?(): { getUsageInstance?(): { cacheHelpMessage?: () => void } };
}

/**
 * After every handler yargs renders all of --help, in case it has to be shown beside a failure: a
 * fifth of a second of each start, and failures are told otherwise here.
 */
function rendersNoHelp(cli: unknown): void {
  const usage = (cli as WithUsage).getInternalMethods?.().getUsageInstance?.();
  if (usage !== undefined) usage.cacheHelpMessage = () => undefined;
}

/**
 * What stdout did not take is said; it is a failure where stdout was all there is to show for it.
 * The runs of a sweep are saved.
 */
async function conclude(command: string): Promise<void> {
  await flushTerminal(LINGER_MS);
  const failure = printFailure('stdout');
  if (failure === null) return;
  const why =
    'stdout could not be written: ' +
    (failure.code === 'ENOSPC' ? 'the disk is full' : failure.message);
  if (command === 'run')
    toStderr(`kbench: ${why}; the results folder holds it all: the table is its report.md\n`);
  else {
    toStderr(`kbench: ${why}\n`);
    process.exitCode =
      process.exitCode === undefined || process.exitCode === 0 ? EXIT.runFailed : process.exitCode;
  }
  await flushTerminal(LINGER_MS);
}
