// A child process with the npm package `kerberos` (kerberos-child), from the side of whoever asks
// it for security contexts. Made by kerberos-login; ends with close(), with this thread, or when an
// answer takes too long. It keeps this process alive only while it is asked something.
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SaslError } from '../sasl/sasl-exchange.js';
import { withoutSecrets } from '../secrets/secret-keeper.js';
import type { ChildAnswer, ChildReady, ChildRequest } from './kerberos-messages.js';

/**
 * One side of a GSS-API security context (RFC 2743). Tokens are base64. All reject with SaslError.
 */
export interface GssContext {
  /** Must come first. `principal`: null takes the ticket cache's. */
  begin(service: string, principal: string | null): Promise<void>;
  step(challenge: string): Promise<GssStep>;
  unwrap(message: string): Promise<string>;
  /** Answers the offer of security layers (RFC 4752) with none, and names the user. */
  wrap(offer: string, user: string): Promise<string>;
  end(): void;
}

export interface GssStep {
  /** Empty: nothing is to be sent. */
  readonly response: string;
  readonly complete: boolean;
  /** Whose context it is, once it is complete. */
  readonly username: string;
}

/**
 * A KDC that is not there is asked for so long at most; libkrb5 has limits of its own for each try.
 */
const ANSWER_LIMIT_MS = 20_000;
const START_LIMIT_MS = 20_000;
const MAX_REASON_CHARACTERS = 300;

interface Asked {
  readonly resolve: (step: GssStep) => void;
  readonly reject: (error: SaslError) => void;
}

export class KerberosProcess {
  private readonly asked = new Map<number, Asked>();
  private nextId = 0;
  private nextContext = 0;
  private gone: string | null = null;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (answer: ChildAnswer) => this.answered(answer));
    child.once('exit', (code, signal) => this.lost(endOf(code, signal)));
    child.once('error', (error: NodeJS.ErrnoException) =>
      this.lost(`its process failed (${error.code ?? error.name})`),
    );
    this.hold(false);
  }

  /**
   * `env` goes over that of this process. Rejects with SaslError where the package cannot be
   * loaded.
   */
  static start(packageFile: string, env: NodeJS.ProcessEnv): Promise<KerberosProcess> {
    const child = fork(entry(), [packageFile], {
      execArgv: [],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    return new Promise((resolve, reject) => {
      const end = (why: string) => {
        clearTimeout(timer);
        child.removeAllListeners();
        child.on('error', () => undefined);
        child.kill('SIGKILL');
        reject(new SaslError(why));
      };
      const timer = setTimeout(
        () => end(`it was not loaded within ${START_LIMIT_MS / 1000} s`),
        START_LIMIT_MS,
      );
      child.once('message', ({ ready }: ChildReady) => {
        if (ready !== '') {
          end(ready.slice(0, MAX_REASON_CHARACTERS));
          return;
        }
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(new KerberosProcess(child));
      });
      child.once('exit', (code, signal) => end(endOf(code, signal)));
      child.once('error', (error: NodeJS.ErrnoException) =>
        end(`no process for it (${error.code ?? error.message})`),
      );
    });
  }

  get running(): boolean {
    return this.gone === null;
  }

  context(): GssContext {
    const context = ++this.nextContext;
    const ask = (request: Omitted<ChildRequest, 'id' | 'context'>) =>
      this.ask({ ...request, id: ++this.nextId, context });
    return {
      begin: (service, principal) =>
        ask({ kind: 'begin', service, principal }).then(() => undefined),
      step: (challenge) => ask({ kind: 'step', challenge }),
      unwrap: async (challenge) => (await ask({ kind: 'unwrap', challenge })).response,
      wrap: async (challenge, user) => (await ask({ kind: 'wrap', challenge, user })).response,
      end: () => {
        if (this.running && this.child.connected) this.child.send({ kind: 'end', id: 0, context });
      },
    };
  }

  close(): void {
    this.lost('it was closed');
  }

  private ask(request: ChildRequest): Promise<GssStep> {
    return new Promise((resolve, reject) => {
      if (this.gone !== null) {
        reject(new SaslError(this.gone));
        return;
      }
      const timer = setTimeout(
        () =>
          this.lost(`no answer within ${ANSWER_LIMIT_MS / 1000} s; is the KDC of krb5.conf up?`),
        ANSWER_LIMIT_MS,
      );
      const over = () => {
        clearTimeout(timer);
        this.asked.delete(request.id);
        if (this.asked.size === 0) this.hold(false);
      };
      this.asked.set(request.id, {
        resolve: (step) => {
          over();
          resolve(step);
        },
        reject: (error) => {
          over();
          reject(error);
        },
      });
      this.hold(true);
      this.child.send(request, (error) => {
        if (error !== null) this.lost('its process does not listen');
      });
    });
  }

  private answered(answer: ChildAnswer): void {
    const asked = this.asked.get(answer.id);
    if ('failed' in answer) asked?.reject(new SaslError(wordsOf(answer.failed)));
    else asked?.resolve(answer);
  }

  private lost(why: string): void {
    this.gone ??= why;
    for (const { reject } of [...this.asked.values()]) reject(new SaslError(why));
    this.child.kill('SIGKILL');
  }

  private hold(on: boolean): void {
    if (on) {
      this.child.ref();
      this.child.channel?.ref();
    } else {
      this.child.unref();
      this.child.channel?.unref();
    }
  }
}

const endOf = (code: number | null, signal: string | null): string =>
  `its process ended (${signal ?? `exit code ${String(code)}`})`;

/** GSS-API's own words come first and say nothing; Kerberos' reason follows them. */
function wordsOf(failure: string): string {
  const words = withoutSecrets(failure)
    .replace(/^Unspecified GSS failure\. {1,2}Minor code may provide more information: /, '')
    .replace(
      /^No credentials were supplied, or the credentials were unavailable or inaccessible: /,
      '',
    );
  return words.slice(0, MAX_REASON_CHARACTERS).replaceAll(/[^ -~]+/g, ' ');
}

type Omitted<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The child's compiled file: where the sources run as .ts, the build's. */
function entry(): string {
  const beside = fileURLToPath(new URL('./kerberos-child.js', import.meta.url));
  return import.meta.url.endsWith('.ts') ? beside.replace(/([\\/])src\1/, '$1dist$1src$1') : beside;
}
