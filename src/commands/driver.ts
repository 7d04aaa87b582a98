// `kbench driver check PROGRAM [ARGS..]`: whether a driver keeps its contract. Called by main;
// parses, checks (session/driver-check), prints, decides the exit code.
import type { Argv, CommandModule } from 'yargs';
import { CLIENTS, type OutsideDriver } from '../contract/driver.js';
import { ConfigurationError, EXIT } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { productToStdout, toStderr, toStdout } from '../base/terminal.js';
import { formatMs, parseMs } from '../base/units.js';
import { listenForInterrupt } from '../session/interrupt.js';
import { examples, paragraphs, SWITCH, WORD, type Example } from './options/help-text.js';
import type { DriverCheck } from '../session/driver-check/check-driver.js';

export interface DriverArguments {
  readonly action: string;
  readonly program: string;
  readonly arguments?: readonly (string | number)[] | undefined;
  readonly limit: string;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** A JVM compiles its source meanwhile; the cluster is on this machine. */
const DEFAULT_LIMIT_MS = 20_000;
const LEAST_LIMIT_MS = 1000;
const LONGEST_LIMIT_MS = 3_600_000;

const EPILOGUE = `
A driver lets another client take the load of a run (driver: {exec: [...]}, docs/drivers.md). check
runs it through a script of cases against an embedded cluster: rates, counts held against the log,
a stop, a setting that nobody has, no broker; and says what it violates. A driver that says nothing
at all within --limit is not tried any further. PROGRAM is a path, a name
on the PATH, or one of kbench's own: ${CLIENTS.join(', ')}.

Progress goes to stderr, the result to stdout.

Exit codes: 0 the contract is kept; 99 it is violated; 104 bad options; 105 stopped by Ctrl-C; 107
the driver is not there, or cannot be built.`;

const EXAMPLES: readonly Example[] = [
  ['kbench driver check ./my-driver', 'a program of your own'],
  ['kbench driver check node -- my-driver.mjs --fast', 'with arguments, behind --'],
  ['kbench driver check kafkajs --json', 'one of kbench’s own, for scripts'],
  ['kbench driver check ./my-driver --limit 2m', 'one that takes its time to start'],
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
      .option('limit', {
        ...{ ...WORD, default: formatMs(DEFAULT_LIMIT_MS) },
        describe: 'longest wait for the driver, at each step',
      })
      .option('quiet', { ...SWITCH, describe: 'no progress' })
      .option('json', { ...SWITCH, describe: 'the result as JSON' })
      .epilogue(`${examples(EXAMPLES)}\n${paragraphs(EPILOGUE)}`),
  handler: async ({ program, arguments: words = [], limit, quiet, json, _: behind }) => {
    // What stands behind -- is not among the positionals; the command itself is.
    const given = [...words, ...behind.slice(1)].map(String);
    const limitMs = readLimit(limit);
    const interrupt = listenForInterrupt();
    try {
      const { checkDriver } = await import('../session/driver-check/check-driver.js');
      const check = await checkDriver({
        driver: driverOf(program, given),
        folder: process.cwd(),
        ...{ stop: interrupt.signal, limitMs },
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

function readLimit(text: string): number {
  const parsed = parseMs(text, 'unit-required');
  if (parsed.ok && parsed.value >= LEAST_LIMIT_MS && parsed.value <= LONGEST_LIMIT_MS)
    return parsed.value;
  throw new ConfigurationError(`--limit ${text} is no time of 1s to 1h`, 'write e.g. --limit 30s');
}

function driverOf(program: string, words: readonly string[]): OutsideDriver {
  const client = words.length === 0 ? CLIENTS.find((each) => each === program) : undefined;
  return client === undefined ? { kind: 'exec', command: [program, ...words] } : { kind: client };
}

function checkText(check: DriverCheck): string {
  const { driver, name, version, cases, notTried = [], violations } = check;
  const told = name === null ? 'it never came to a result' : `${name} ${version ?? ''}`;
  const lines = cases.flatMap((each) => [
    `  ${each.violations.length === 0 ? 'ok  ' : 'FAIL'}  ${each.name}: ${each.asks}`,
    ...each.violations.map((violation) => `        ${printable(violation, 800)}`),
  ]);
  if (notTried.length > 0)
    lines.push(`  It said nothing at all, so the rest was not tried: ${notTried.join(', ')}.`);
  const count = violations === 1 ? '1 violation' : `${violations} violations`;
  const end =
    violations === 0
      ? 'It keeps the contract.'
      : `${count} of the contract: docs/drivers.md says what is asked.`;
  return [`${printable(driver)} (${printable(told)})`, ...lines, end, ''].join('\n');
}
