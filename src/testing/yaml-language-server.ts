// A real YAML language server (Red Hat's, the one of VS Code, Neovim and others) over stdio, as an
// editor talks to it: opens texts, gives their diagnostics, what it shows when the mouse rests on a
// key, and what it completes. For tests.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Counted from 0. */
interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: Position; readonly end: Position };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
}

interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** No schemas from the network. */
const SETTINGS = {
  validate: true,
  hover: true,
  completion: true,
  schemaStore: { enable: false },
  schemas: {},
};

export class YamlLanguageServer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<string, Waiter>();
  #received = Buffer.alloc(0);
  #ids = 0;

  private constructor(private readonly folder: string) {
    const home = path.dirname(
      createRequire(import.meta.url).resolve('yaml-language-server/package.json'),
    );
    const program = path.join(home, 'bin', 'yaml-language-server');
    this.#process = spawn(process.execPath, [program, '--stdio'], {
      cwd: folder,
      timeout: 120_000,
    });
    this.#process.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#process.stderr.resume();
    this.#process.once('exit', (code) => {
      const error = new Error(`the language server ended with ${code ?? 'a signal'}`);
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  /** `folder` is where the texts are said to lie. */
  static async start(folder: string): Promise<YamlLanguageServer> {
    const server = new YamlLanguageServer(folder);
    await server.#ask('initialize', {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities: {
        workspace: { configuration: true },
        textDocument: { hover: { contentFormat: ['markdown'] } },
      },
    });
    server.#send({ method: 'initialized', params: {} });
    server.#send({
      method: 'workspace/didChangeConfiguration',
      params: { settings: { yaml: SETTINGS } },
    });
    return server;
  }

  /** Opens a text under a name; what the server marks in it. */
  async open(name: string, text: string): Promise<readonly Diagnostic[]> {
    const uri = this.#uri(name);
    const told = this.#wait(`diagnostics ${uri}`) as Promise<{
      readonly diagnostics: readonly Diagnostic[];
    }>;
    this.#send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'yaml', version: 1, text } },
    });
    return (await told).diagnostics;
  }

  /** Line and character count from 0. */
  async hover(name: string, line: number, character: number): Promise<string> {
    const asked = { textDocument: { uri: this.#uri(name) }, position: { line, character } };
    const answer = (await this.#ask('textDocument/hover', asked)) as {
      contents?: { value?: string };
    } | null;
    return answer?.contents?.value ?? '';
  }

  async complete(name: string, line: number, character: number): Promise<readonly string[]> {
    const asked = { textDocument: { uri: this.#uri(name) }, position: { line, character } };
    const answer = (await this.#ask('textDocument/completion', asked)) as {
      items: { label: string }[];
    };
    return answer.items.map(({ label }) => label);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    await this.#ask('shutdown', null);
    this.#send({ method: 'exit' });
    await ended;
  }

  #uri(name: string): string {
    return pathToFileURL(path.join(this.folder, name)).href;
  }

  #ask(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#ids;
    const answer = this.#wait(`answer ${id}`);
    this.#send({ id, method, params });
    return answer;
  }

  #wait(what: string): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(what, { resolve, reject }));
  }

  #send(message: Message): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.#process.stdin.write(
      Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]),
    );
  }

  #read(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(
        /Content-Length: (\d+)/i.exec(this.#received.toString('latin1', 0, end))?.[1],
      );
      const from = end + 4;
      if (this.#received.length < from + length) return;
      const message = JSON.parse(this.#received.toString('utf8', from, from + length)) as Message;
      this.#received = this.#received.subarray(from + length);
      this.#take(message);
    }
  }

  #take({ id, method, params, result }: Message): void {
    if (method === undefined) this.#settle(`answer ${id ?? ''}`, result);
    else if (method === 'textDocument/publishDiagnostics') {
      this.#settle(`diagnostics ${(params as { uri: string }).uri}`, params);
    } else if (id !== undefined) this.#send({ id, result: answerTo(method, params) });
  }

  #settle(what: string, value: unknown): void {
    this.#waiting.get(what)?.resolve(value);
    this.#waiting.delete(what);
  }
}

function answerTo(method: string, params: unknown): unknown {
  if (method !== 'workspace/configuration') return null;
  const { items } = params as { items: { section?: string }[] };
  return items.map(({ section }) => (section === 'yaml' ? SETTINGS : null));
}
