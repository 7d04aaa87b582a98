// `kbench agent`: one of several machines that send as one. Dials the coordinator (`kbench run
// --agents-listen`), measures what it is handed, and ends with it. Called by main; keeps nothing.
import { randomBytes } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import path from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { ConfigurationError, EXIT, StoppedError } from '../base/errors.js';
import { answerSignals } from '../base/signals.js';
import { toStderr } from '../base/terminal.js';
import { parseMs } from '../base/units.js';
import { kbenchVersion } from '../base/version.js';
import { printable } from '../base/printable.js';
import { examples, paragraphs, SWITCH, WORD, type Example } from './options/help-text.js';

interface AgentCommandArguments {
  readonly coordinator: string;
  readonly name?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly 'modules-from'?: string | undefined;
  readonly wait: string;
  readonly 'allow-programs': boolean;
}

const OPTIONS = {
  name: {
    ...WORD,
    describe: 'what results call this agent; each has its own',
    defaultDescription: 'the host’s name',
  },
  'token-file': { ...WORD, describe: 'file of the token (or KBENCH_AGENT_TOKEN)' },
  ca: { ...WORD, describe: 'TLS: the coordinator must have a certificate of this CA, a PEM file' },
  cert: { ...WORD, describe: 'TLS: this agent’s own certificate, a PEM file' },
  key: { ...WORD, describe: 'TLS: its key, a PEM file' },
  'modules-from': {
    ...WORD,
    describe: 'folder of user modules and payload files',
    defaultDescription: 'where it is started',
  },
  wait: { ...WORD, describe: 'how long the coordinator may take to be there', default: '60s' },
  'allow-programs': {
    ...SWITCH,
    describe: 'start the programs that the sweep names (driver: {exec: ...}, tokenCommand, kinit)',
  },
} as const;

const EXAMPLES: readonly Example[] = [
  ['kbench agent kbench-0:7070 --token-file token', 'on each machine'],
  ['kbench agent [2001:db8::1]:7070 --name rack-3', 'with a name of its own'],
  [
    'kbench agent kbench-0:7070 --ca ca.pem --cert agent.pem --key agent.key',
    'by certificates, encrypted',
  ],
];

const EPILOGUE = paragraphs(`\
An agent is one of the machines that kbench run --agents N --agents-listen HOST:PORT makes one of.
It dials out, so nothing needs to reach it; it must reach the brokers. kbench must be the same
version on both. It keeps nothing; for drivers of other clients it builds into the cache.

The token proves to each side that the other is the right one; it never travels itself. Give it by
--token-file or in KBENCH_AGENT_TOKEN. With --ca the coordinator must show a certificate of it
(--cert and --key: this agent's own). Without TLS plans and results can be read on the way.

An agent runs no code that the coordinator sends: user modules and payload files that the sweep
names must lie here, the very same, in the folder where it is started or --modules-from names.
Secrets are references, resolved here: \${env:NAME}, \${file:PATH}.

Exit codes: 0 the sweep is over; 104 bad options; 105 stopped by Ctrl-C; 107 refused (wrong token,
another version, one too many), nobody answered within --wait, or the coordinator is gone.`);

function options(yargs: Argv): Argv<AgentCommandArguments> {
  return yargs
    .positional('coordinator', {
      type: 'string',
      demandOption: true,
      describe: 'HOST:PORT of `kbench run --agents-listen`',
    })
    .options(OPTIONS)
    .epilogue(examples(EXAMPLES))
    .epilogue(EPILOGUE);
}

export const agentCommand: CommandModule<object, AgentCommandArguments> = {
  command: 'agent <coordinator>',
  describe: 'Be one of several machines that send as one',
  builder: options,
  handler: async (args) => {
    const stop = new AbortController();
    // A second signal ends at once.
    const handBack = answerSignals(() => {
      handBack();
      stop.abort();
    });
    const tell = (line: string): void => toStderr(`${printable(line, 2_000)}\n`);
    try {
      const { dialCoordinator } = await import('../agents/agent/dial.js');
      const { readAddress, readToken } = await import('./agent/agent-secrets.js');
      const { cleanUpDeadRuns } = await import('../targets/kafka/processes/clean-up.js');
      readAddress(args.coordinator, '');
      // What drivers of an agent that was killed have left.
      cleanUpDeadRuns();
      const goodbye = await dialCoordinator({
        at: args.coordinator,
        name: nameOf(args.name),
        token: readToken(args['token-file'], '--token-file'),
        version: kbenchVersion(),
        cpus: availableParallelism(),
        folder: path.resolve(args['modules-from'] ?? '.'),
        instance: randomBytes(16).toString('hex'),
        allowPrograms: args['allow-programs'],
        waitMs: waitOf(args.wait),
        tls: await tlsOf(args),
        stop: stop.signal,
        tell,
      });
      tell(`agent: ${goodbye}`);
    } catch (error) {
      if (stop.signal.aborted || error instanceof StoppedError) process.exitCode = EXIT.stopped;
      else throw error;
    } finally {
      handBack();
    }
  },
};

/** A host's name may hold what names here may not. */
function nameOf(given: string | undefined): string {
  if (given === undefined)
    return (
      hostname()
        .replaceAll(/[^\w.-]/g, '-')
        .slice(0, 100) || 'agent'
    );
  if (/^[\w.:@-]{1,100}$/.test(given)) return given;
  throw new ConfigurationError(
    `--name ${given} is no name`,
    'use 1 to 100 letters, digits, dots, underscores or hyphens',
  );
}

function waitOf(text: string): number {
  const parsed = parseMs(text, 'unit-required');
  if (parsed.ok && parsed.value > 0) return parsed.value;
  throw new ConfigurationError(`--wait ${text} is no time`, 'write e.g. --wait 5m');
}

async function tlsOf({ ca, cert, key }: AgentCommandArguments) {
  if (ca === undefined) {
    if (cert === undefined && key === undefined) return undefined;
    throw new ConfigurationError('--cert and --key go with --ca', 'add --ca ca.pem');
  }
  if ((cert === undefined) !== (key === undefined))
    throw new ConfigurationError('--cert and --key go together', 'give both, or neither');
  const { readPem } = await import('./agent/agent-secrets.js');
  return {
    ca: readPem(ca, '--ca'),
    ...(cert === undefined || key === undefined
      ? {}
      : { cert: readPem(cert, '--cert'), key: readPem(key, '--key') }),
  };
}
