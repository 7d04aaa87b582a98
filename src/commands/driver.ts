// `kbench driver check PROGRAM [ARGS..]`: whether a driver keeps its contract. Called by main;
// parses, checks (session/driver-check), prints, decides the exit code.
import type { Argv, CommandModule } from 'yargs';
import { CLIENTS, type OutsideDriver } from '../contract/driver.js';
import { EXIT } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { productToStdout, toStderr, toStdout } from '../base/terminal.js';
import { listenForInterrupt } from '../session/interrupt.js';
import { examples, paragraphs, SWITCH, type Example } from './options/help-text.js';
import type { DriverCheck } from '../session/driver-check/check-driver.js';

export interface DriverArguments {
  readonly action: string;
  readonly program: string;
  readonly arguments?: readonly (string | number)[] | undefined;
  readonly quiet: boolean;
  readonly json: boolean;
}

const EPILOGUE = `
A driver lets another client take the load of a run (driver: {exec: [...]}, docs/drivers.md). check
runs it through a script of cases against an embedded cluster: rates, counts held against the log,
a stop, a setting that nobody has, no broker; and says what it violates. PROGRAM is a path, a name
on the PATH, or one of kbench's own: ${CLIENTS.join(', ')}.

Progress goes to stderr, the result to stdout.

Exit codes: 0 the contract is kept; 99 it is violated; 104 bad options; 105 stopped by Ctrl-C; 107
the driver is not there, or cannot be built.`;

const EXAMPLES: readonly Example[] = [
  ['kbench driver check ./my-driver', 'a program of your own'],
  ['kbench driver check node -- my-driver.mjs --fast', 'with arguments, behind --'],
  ['kbench driver check kafkajs --json', 'one of kbench’s own, for scripts'],
];

export const driverCommand: CommandModule<object, DriverArguments> = {
  command: 'driver <action> <program> [arguments..]',
  describe: 'Check a driver of another client against the contract',
  builder: (yargs: Argv): Argv<DriverArguments> =>
    yargs
      .positional('action', {
        ...{ type: 'string', choices: ['check'], demandOption: true },
        describe: 'what to do',
      })
      .positional('program', {
        ...{ type: 'string', demandOption: true },
        describe: 'the driver',
      })
      .positional('arguments', { type: 'string', array: true, describe: 'what it is given' })
      .option('quiet', { ...SWITCH, describe: 'no progress' })
      .option('json', { ...SWITCH, describe: 'the result as JSON' })
      .epilogue(`${examples(EXAMPLES)}\n${paragraphs(EPILOGUE)}`),
  handler: async ({ program, arguments: words = [], quiet, json, _: behind }) => {
    // What stands behind -- is not among the positionals; the command itself is.
    const given = [...words, ...behind.slice(1)].map(String);
    const interrupt = listenForInterrupt();
    try {
      const { checkDriver } = await import('../session/driver-check/check-driver.js');
      const check = await checkDriver({
        driver: driverOf(program, given),
        folder: process.cwd(),
        stop: interrupt.signal,
        tell: (line) => (quiet ? undefined : toStderr(`kbench driver check: ${line}\n`)),
      });
      if (json) productToStdout(`${JSON.stringify(check, null, 2)}\n`);
      else toStdout(checkText(check));
      process.exitCode = check.violations === 0 ? EXIT.ok : EXIT.gateFailed;
    } finally {
      interrupt.release();
    }
  },
};

function driverOf(program: string, words: readonly string[]): OutsideDriver {
  const client = words.length === 0 ? CLIENTS.find((each) => each === program) : undefined;
  return client === undefined ? { kind: 'exec', command: [program, ...words] } : { kind: client };
}

function checkText({ driver, name, version, cases, violations }: DriverCheck): string {
  const told = name === null ? 'it never came to a result' : `${name} ${version ?? ''}`;
  const lines = cases.flatMap((each) => [
    `  ${each.violations.length === 0 ? 'ok  ' : 'FAIL'}  ${each.name}: ${each.asks}`,
    ...each.violations.map((violation) => `        ${printable(violation, 800)}`),
  ]);
  const count = violations === 1 ? '1 violation' : `${violations} violations`;
  const end =
    violations === 0
      ? 'It keeps the contract.'
      : `${count} of the contract: docs/drivers.md says what is asked.`;
  return [`${printable(driver)} (${printable(told)})`, ...lines, end, ''].join('\n');
}
