// The command line: finds the command to run, and turns what it throws into a message and an exit code. Each command is a file of this
// folder. Called by main.ts, which is no more than the way here.
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { ConfigurationError, EXIT } from '../base/errors.js';
import { kbenchVersion } from '../base/version.js';
import { compareCommand } from './compare.js';
import { embeddedCommand } from './embedded.js';
import { initCommand } from './init.js';
import { printError } from './print-error.js';
import { referenceCommand } from './reference.js';
import { reportCommand } from './report.js';
import { runCommand } from './run.js';
import { trendCommand } from './trend.js';
import { validateCommand } from './validate.js';

/** What a command may leave running after it is done: a socket that does not close must not keep the user waiting. */
const LINGER_MS = 2_000;
const MAX_WIDTH = 120;

export async function runCommandLine(): Promise<void> {
  // `kbench report | head` is no error.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
  process.on('uncaughtException', (error) => process.exit(printError(error)));

  const cli = yargs(hideBin(process.argv));
  cli
    .scriptName('kbench')
    .usage('$0 <command>\n\nA load generator and benchmark harness for Apache Kafka.')
    .command(runCommand)
    .command(validateCommand)
    .command(initCommand)
    .command(reportCommand)
    .command(compareCommand)
    .command(referenceCommand)
    .command(trendCommand)
    .command(embeddedCommand)
    .demandCommand(1, 'name a command')
    .recommendCommands()
    .strict()
    .version(kbenchVersion())
    .alias('help', 'h')
    .wrap(Math.min(MAX_WIDTH, cli.terminalWidth()))
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined) throw error;
      if (process.argv.length <= 2) cli.showHelp('error');
      throw new ConfigurationError(
        message ?? 'bad arguments',
        'kbench --help lists commands, kbench <command> --help options',
      );
    });

  try {
    await cli.parseAsync();
  } catch (error) {
    process.exitCode = printError(error);
  }
  // What a stop has left behind in the event loop is not waited for.
  if (process.exitCode === EXIT.stopped) process.exit();
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
