// A process of its own that holds the npm package `kerberos`: started by kerberos-process with the
// package's file as its argument, and asked over IPC. Its environment says where tickets come from,
// its waiting for a KDC holds up no one else's file reads or compression, and where the native code
// falls, no run falls with it. Must never outlive whoever started it.
import { pathToFileURL } from 'node:url';
import type { ChildAnswer, ChildRequest } from './kerberos-messages.js';

/** What is used of the package. */
interface Kerberos {
  readonly GSS_C_MUTUAL_FLAG: number;
  readonly GSS_C_SEQUENCE_FLAG: number;
  readonly GSS_C_INTEG_FLAG: number;
  readonly GSS_MECH_OID_KRB5: number;
  initializeClient(service: string, options: object): Promise<Client>;
}

interface Client {
  readonly username: string;
  readonly contextComplete: boolean;
  step(challenge: string): Promise<string | null>;
  wrap(challenge: string, options: object): Promise<string>;
  unwrap(challenge: string): Promise<string | null>;
}

const clients = new Map<number, Client>();

/** Whoever started this asks one thing at a time of each context. */
async function answer(kerberos: Kerberos, request: ChildRequest): Promise<ChildAnswer> {
  const { id, context } = request;
  if (request.kind === 'begin') {
    const { GSS_C_MUTUAL_FLAG, GSS_C_SEQUENCE_FLAG, GSS_C_INTEG_FLAG, GSS_MECH_OID_KRB5 } =
      kerberos;
    const flags = GSS_C_MUTUAL_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_INTEG_FLAG;
    const principal = request.principal === null ? {} : { principal: request.principal };
    const client = await kerberos.initializeClient(request.service, {
      ...principal,
      flags,
      mechOID: GSS_MECH_OID_KRB5,
    });
    clients.set(context, client);
    return { id, response: '', complete: false, username: '' };
  }
  const client = clients.get(context);
  if (client === undefined) throw new Error('the context has ended');
  const response = await responseOf(client, request);
  const complete = client.contextComplete;
  return { id, response: response ?? '', complete, username: complete ? client.username : '' };
}

function responseOf(client: Client, request: ChildRequest): Promise<string | null> {
  switch (request.kind) {
    case 'begin':
    case 'end':
      return Promise.resolve(null);
    case 'step':
      return client.step(request.challenge);
    case 'unwrap':
      return client.unwrap(request.challenge);
    case 'wrap':
      return client.wrap(request.challenge, { user: request.user });
  }
}

const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const send = (message: ChildAnswer | { readonly ready: string }): void => {
  process.send?.(message, (error: Error | null) => {
    if (error !== null) end();
  });
};
/** Not by exit(), which waits for a call to the KDC that is under way. */
const end = (): void => void process.kill(process.pid, 'SIGKILL');

process.on('disconnect', end);
// Ctrl-C is for whoever started this.
process.on('SIGINT', () => undefined);
try {
  const module = (await import(pathToFileURL(process.argv[2] ?? '').href)) as {
    readonly default: Kerberos;
  };
  process.on('message', (request: ChildRequest) => {
    if (request.kind === 'end') {
      clients.delete(request.context);
      return;
    }
    answer(module.default, request).then(send, (error: unknown) =>
      send({ id: request.id, failed: wordsOf(error) }),
    );
  });
  send({ ready: '' });
} catch (error) {
  send({ ready: wordsOf(error) });
}
