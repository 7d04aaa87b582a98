// Tokens that a program prints: `tokenCommand` of a sweep. It prints the token, or JSON with the
// token and its end, on stdout. Called by oauth-bearer. What it prints on stdout never stands in an
// error.
import { AbsentError } from '../../broker-errors.js';
import { readGivenToken } from './given-token.js';
import type { TokenSource } from './oauth-token.js';
import { findProgram, runProgram } from './run-program.js';
import { SaslError } from '../sasl/sasl-exchange.js';
import { noteSecret } from '../secrets/secret-keeper.js';
import { TOKEN_HANDLER, type TokenCommand } from './token-handler.js';

const LIMIT_MS = 30_000;
/** Shorter lines of a failed program's stdout are words, and no secrets. */
const SECRET_CHARACTERS = 16;
const MAX_NOTED_LINES = 20;

/** Throws AbsentError where there is no such program. */
export function commandTokens(command: TokenCommand, subClaim: string): TokenSource {
  const { program, folder } = command;
  if (findProgram(program, folder) === null) {
    const where = program.includes('/')
      ? 'there is no such program'
      : 'no folder of PATH has such a program';
    throw new AbsentError(TOKEN_HANDLER, `tokenCommand: ${program} cannot be run: ${where}`);
  }
  return async (signal) => {
    const run = { ...command, limitMs: LIMIT_MS, signal };
    const { stdout, failure } = await runProgram({ ...run, onStdout: noteLines });
    if (failure !== null) throw new SaslError(`tokenCommand ${program} ${failure}`);
    try {
      return readGivenToken(parse(stdout.trim()), Date.now(), subClaim);
    } catch (error) {
      if (error instanceof SaslError)
        throw new SaslError(`tokenCommand ${program}: ${error.message}`);
      throw error;
    }
  };
}

function noteLines(stdout: string): void {
  for (const line of stdout.split(/[\r\n]+/, MAX_NOTED_LINES)) {
    const text = line.trim();
    if (text.length >= SECRET_CHARACTERS) noteSecret(text);
  }
}

/** JSON as what it stands for, anything else as text. */
function parse(stdout: string): unknown {
  if (stdout === '') throw new SaslError('it printed nothing on stdout');
  if (!/^[{"[]/.test(stdout)) return stdout;
  try {
    return JSON.parse(stdout) as unknown;
  } catch {
    throw new SaslError('what it printed begins as JSON does, and is none');
  }
}
