// Agents as processes of this machine, for `--agents N` without other machines: started as they are
// needed, started anew where one has died, and gone with kbench however that ends (the leash). They
// dial in like any other. Called by coordinator.ts.
import type { ChildProcess } from 'node:child_process';
import { threadEntry } from '../../base/thread-entry.js';
import { TOKEN_VARIABLE } from '../protocol/proof.js';
import { killGroup, spawnTracked } from '../../targets/kafka/processes/child-process.js';

const MAX_WORDS = 4_000;

export interface LocalOptions {
  readonly port: number;
  readonly token: string;
  /** Folder of the sweep's files. */
  readonly folder: string;
  readonly tell: (line: string) => void;
}

export class LocalAgents {
  private readonly children = new Map<number, ChildProcess>();
  private readonly started = new Set<number>();

  constructor(private readonly options: LocalOptions) {}

  /** Starts those of the first `count` that do not run. */
  ensure(count: number): void {
    for (let number = 1; number <= count; number++) {
      if (!this.children.has(number)) this.start(number);
    }
  }

  close(): void {
    const children = [...this.children.values()];
    this.children.clear();
    for (const child of children) killGroup(child, 'SIGTERM');
  }

  private start(number: number): void {
    const { port, token, folder, tell } = this.options;
    const entry = threadEntry(import.meta.url, '../../main.js');
    const name = `local-${number}`;
    if (this.started.has(number)) tell(`agent ${name} is started anew`);
    this.started.add(number);
    const child = spawnTracked(
      process.execPath,
      [
        ...[entry, 'agent', `127.0.0.1:${port}`, '--name', name],
        ...['--modules-from', folder, '--allow-programs'],
      ],
      // It resolves the sweep's references, so it needs what they name.
      { env: { ...process.env, [TOKEN_VARIABLE]: token }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.children.set(number, child);
    let words = '';
    child.stderr?.on('data', (data: Buffer) => (words = (words + String(data)).slice(-MAX_WORDS)));
    child.on('error', (error) => (words += error.message));
    child.once('exit', (code, signal) => {
      if (this.children.get(number) !== child) return;
      this.children.delete(number);
      const how = signal ?? `exit ${String(code)}`;
      // What a signal ended had nothing to say about it: its last words are of something else.
      const last = signal === null ? (words.trim().split('\n').at(-1) ?? '') : '';
      tell(`the process of agent ${name} ended (${how})${last === '' ? '' : `: ${last}`}`);
    });
  }
}
