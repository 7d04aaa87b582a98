// What sasl.login.callback.handler.class may hold: Java's name of what kbench does itself, the path
// of a module that gives tokens, or a command that prints them (`tokenCommand` of a sweep is
// written as one). Pure; asked when settings are checked (config-table-security.ts,
// security-config.ts) and when they are used (oauth-bearer.ts).
import { isModulePath } from '../../user-module.js';

export const TOKEN_HANDLER = 'sasl.login.callback.handler.class';

const JAVA = 'org.apache.kafka.common.security.oauthbearer';
/** What kbench's own ways to a token stand for. */
const OWN: readonly string[] = [
  `${JAVA}.OAuthBearerLoginCallbackHandler`,
  `${JAVA}.secured.OAuthBearerLoginCallbackHandler`,
  `${JAVA}.internals.unsecured.OAuthBearerUnsecuredLoginCallbackHandler`,
];

/** A program that prints a token. */
export interface TokenCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Where it is started; null: where the process is. */
  readonly folder: string | null;
}

export type TokenHandler =
  | { readonly kind: 'own' }
  | { readonly kind: 'module'; readonly path: string }
  | { readonly kind: 'command'; readonly command: TokenCommand };

interface Refusal {
  readonly message: string;
  readonly remedy: string;
}

const COMMAND = 'command:';

/** The setting's value that stands for a command. */
export function commandHandler({ program, args, folder }: TokenCommand): string {
  return (
    COMMAND +
    JSON.stringify(folder === null ? [program, ...args] : { run: [program, ...args], in: folder })
  );
}

/** Null where it is neither. */
export function tokenHandlerOf(text: string | undefined): TokenHandler | null {
  const name = text?.trim() ?? '';
  if (name === '' || OWN.includes(name)) return { kind: 'own' };
  if (name.startsWith(COMMAND)) {
    const command = readCommand(name.slice(COMMAND.length));
    return command === null ? null : { kind: 'command', command };
  }
  return isModulePath(name) ? { kind: 'module', path: name } : null;
}

export function tokenHandlerRefusal(text: string): Refusal | null {
  if (tokenHandlerOf(text) !== null) return null;
  if (text.startsWith(COMMAND)) {
    return {
      message: 'what follows command: is no list of texts, the program first',
      remedy: 'write e.g. command:["get-token","--audience","kafka"]',
    };
  }
  const msk = /aws\.msk|IAMOAuthBearer/.test(text)
    ? ' (for MSK: examples/modules/msk-iam.mjs)'
    : '';
  return {
    message: `${JSON.stringify(text)} is a class of Java's, and kbench's core is not Java`,
    remedy:
      `give the path of a JavaScript module (./name.mjs) that gives tokens${msk}, ` +
      'or use tokenCommand',
  };
}

/** `["program", "argument"]`, or `{"run": [...], "in": "/folder"}`. */
function readCommand(json: string): TokenCommand | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  const { run, in: folder = null } = (Array.isArray(value) ? { run: value } : (value ?? {})) as {
    readonly run?: unknown;
    readonly in?: unknown;
  };
  if (!Array.isArray(run) || !run.every((part): part is string => typeof part === 'string'))
    return null;
  if (folder !== null && typeof folder !== 'string') return null;
  const [program, ...args] = run;
  return program === undefined || program === '' ? null : { program, args, folder };
}
