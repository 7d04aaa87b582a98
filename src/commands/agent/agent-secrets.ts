// What both ends of agents' connections are given on the command line: an address, a token, PEM
// files. Read by `kbench agent` and `kbench run`; a token is never shown.
import { readFileSync, statSync } from 'node:fs';
import { ConfigurationError } from '../../base/errors.js';
import { noteSecret } from '../../base/secrets/secrets.js';
import { addressOf } from '../../agents/agent/dial.js';
import { TOKEN_VARIABLE } from '../../agents/protocol/proof.js';

const MOST_BYTES = 1024 * 1024;
/** A shorter one can be guessed: the proofs that it makes are seen by whoever listens in. */
const LEAST_CHARACTERS = 16;
const MOST_PORT = 65_535;

export function readAddress(text: string, option: string): { host: string; port: number } {
  const { host, port } = addressOf(text);
  if (host !== '' && port >= 0 && port <= MOST_PORT) return { host, port };
  throw new ConfigurationError(
    `${option === '' ? '' : `${option} `}${text} is no HOST:PORT`,
    'write e.g. kbench-0.example.net:7070, 10.0.0.1:7070 or [::1]:7070',
  );
}

/** Of the file, else of the environment; null where there is neither. */
export function readToken(file: string | undefined, option: string): string | null {
  const token = (
    file === undefined
      ? (process.env[TOKEN_VARIABLE] ?? '')
      : readPem(file, option).toString('utf8')
  ).trim();
  const from = file === undefined ? TOKEN_VARIABLE : `${option} ${file}`;
  if (token === '') {
    if (file === undefined) return null;
    throw new ConfigurationError(`${from} is empty`, 'write e.g. openssl rand -hex 32 > token');
  }
  if (token.length < LEAST_CHARACTERS) {
    throw new ConfigurationError(
      `the token of ${from} has fewer than ${LEAST_CHARACTERS} characters`,
      'take a random one: openssl rand -hex 32',
    );
  }
  noteSecret(token);
  return token;
}

/** A regular file only: a pipe may never end. */
export function readPem(file: string, option: string): Buffer {
  try {
    const stat = statSync(file);
    if (!stat.isFile() || stat.size > MOST_BYTES) throw new Error('it is no regular, small file');
    return readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(
      `${option} ${file} cannot be read: ${code ?? message}`,
      'check the path, and that this user may read it',
    );
  }
}
