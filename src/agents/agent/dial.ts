// An agent's life: dials its coordinator, serves it, dials again when the connection is lost, and
// ends when it is told to, when nobody answers for too long, or when the user says so. Called by
// commands/agent. No agent outlives its coordinator by more than half a minute.
import net from 'node:net';
import tls from 'node:tls';
import { RunError, StoppedError } from '../../base/errors.js';
import { sleep } from '../../base/time-limit.js';
import { FramedLink } from '../protocol/framed-link.js';
import { serveCoordinator, type AgentOptions, type Served } from './serve-coordinator.js';

const CONNECT_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const MOST_PAUSE_MS = 2_000;
/** After a connection was lost: a coordinator that is there lets it in again by then. */
export const COME_BACK_MS = 8_000;

export interface DialOptions extends AgentOptions {
  /** `host:port`, for messages too. */
  readonly at: string;
  /** How long the first connection may take to come about. */
  readonly waitMs: number;
  readonly tls?: tls.ConnectionOptions | undefined;
  readonly stop: AbortSignal;
}

/** Resolves with the coordinator's goodbye. Throws RunError, and StoppedError for the user. */
export async function dialCoordinator(options: DialOptions): Promise<string> {
  const { stop, waitMs, at, tell } = options;
  let limitMs = performance.now() + waitMs;
  let pauseMs = FIRST_PAUSE_MS;
  let why = 'it was not tried';
  let first = true;
  while (performance.now() < limitMs) {
    const attempt = await connect(options);
    if (typeof attempt === 'string') {
      if (first) tell(`no coordinator at ${at} yet (${attempt}): waiting for it`);
      why = attempt;
    } else {
      const served = await serve(attempt, options);
      if (served.kind === 'goodbye') return served.message;
      if (served.kind === 'refused') throw refusal(at, served);
      why = served.message;
      if (served.welcome) {
        tell(`the connection to ${at} was lost: ${why}; trying again`);
        limitMs = performance.now() + Math.min(waitMs, COME_BACK_MS);
        pauseMs = FIRST_PAUSE_MS;
      }
    }
    first = false;
    await sleep(Math.min(pauseMs, Math.max(0, limitMs - performance.now())), stop);
    pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2);
  }
  throw new RunError(
    `no coordinator at ${at} any more, or none yet: ${why}`,
    'start `kbench run ... --agents-listen HOST:PORT --agents N` there, and see that this ' +
      'machine reaches it',
  );
}

function refusal(at: string, { message, remedy }: Extract<Served, { kind: 'refused' }>): RunError {
  return new RunError(`the coordinator at ${at} refused this agent: ${message}`, remedy);
}

async function serve(socket: net.Socket, options: DialOptions): Promise<Served> {
  const served = await serveCoordinator(new FramedLink(socket), options);
  if (options.stop.aborted) throw new StoppedError('stopped by the user');
  return served;
}

/** A connection, or why there is none. */
function connect(options: DialOptions): Promise<net.Socket | string> {
  const { at, stop } = options;
  const { host, port } = addressOf(at);
  return new Promise((resolve) => {
    const secure = options.tls !== undefined;
    const servername = net.isIP(host) === 0 ? { servername: host } : {};
    const socket = secure
      ? tls.connect({ host, port, ...servername, ...options.tls })
      : net.connect({ host, port });
    const done = (result: net.Socket | string): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      socket.off('error', onError);
      if (typeof result === 'string') {
        socket.on('error', () => undefined);
        socket.destroy();
      } else socket.setNoDelay(true);
      resolve(result);
    };
    const onError = (error: NodeJS.ErrnoException): void => done(error.code ?? error.message);
    const onStop = (): void => done('stopped');
    const timer = setTimeout(() => done(`no answer within ${CONNECT_MS / 1000} s`), CONNECT_MS);
    socket.on('error', onError);
    socket.once(secure ? 'secureConnect' : 'connect', () => done(socket));
    stop.addEventListener('abort', onStop, { once: true });
  });
}

/** `host:port`, `[::1]:port`; port is NaN where there is none. */
export function addressOf(at: string): { readonly host: string; readonly port: number } {
  const colon = at.lastIndexOf(':');
  const host = at.slice(0, Math.max(0, colon)).replace(/^\[(.*)\]$/, '$1');
  const digits = at.slice(colon + 1);
  return { host, port: colon > 0 && /^\d{1,5}$/.test(digits) ? Number(digits) : NaN };
}
