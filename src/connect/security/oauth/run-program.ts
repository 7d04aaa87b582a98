// Runs a program that the settings name (tokenCommand, kinit) to its end: without a shell, with the
// environment of this process, with a time limit, and with bounded output. Never rejects: the
// result tells. Called by token-command and kerberos-login.
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { withoutTokens } from '../secrets/secret-keeper.js';

export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  /** Null: where this process is. */
  readonly folder: string | null;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Over those of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Called with all of stdout before anything of stderr is told, as the one may quote the other.
   */
  readonly onStdout?: (stdout: string) => void;
}

export interface ProgramOutput {
  readonly stdout: string;
  /**
   * Why it did not come to a good end, without its name and with the end of stderr; null where it
   * did.
   */
  readonly failure: string | null;
}

/** Of stdout; a token is smaller by far. */
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** Kept of stderr: its last words say why. */
const KEPT_STDERR_BYTES = 4096;
const MAX_REASON_CHARACTERS = 300;
/** After its exit, for what something that it left behind could still write. */
const DRAIN_MS = 500;

export function runProgram(run: ProgramRun): Promise<ProgramOutput> {
  const { program, args, folder, limitMs, signal } = run;
  return new Promise((resolve) => {
    const child = spawn(program, [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what it started ends with it.
      detached: process.platform !== 'win32',
      ...(folder === null ? {} : { cwd: folder }),
      ...(run.env === undefined ? {} : { env: { ...process.env, ...run.env } }),
    });
    const output = new Output(child, () => kill('printed more than 1 MiB'));
    let ended = false;
    const end = (failure: string | null) => {
      if (ended) return;
      ended = true;
      clearTimeout(limit);
      clearTimeout(draining);
      signal.removeEventListener('abort', stop);
      resolve(output.take(failure, run.onStdout));
    };
    const kill = (why: string) => {
      killGroup(child);
      end(why);
    };
    const stop = () => kill('was broken off');
    const limit = setTimeout(() => kill(`did not end within ${limitMs / 1000} s`), limitMs);
    let draining: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    child.once('error', (error: NodeJS.ErrnoException) =>
      end(`could not be started: ${error.code ?? error.message}`),
    );
    const byExit = (code: number | null, killed: string | null) =>
      killed !== null
        ? `was ended by ${killed}`
        : code === 0
          ? null
          : `ended with exit code ${String(code)}`;
    child.once('close', (code, killed) => end(byExit(code, killed)));
    child.once('exit', (code, killed) => {
      draining = setTimeout(() => end(byExit(code, killed)), DRAIN_MS);
    });
  });
}

/** The file that a program's name stands for, as execvp finds it; null where there is none. */
export function findProgram(program: string, folder: string | null): string | null {
  const from = folder ?? process.cwd();
  if (program.includes('/') || path.isAbsolute(program))
    return executable(path.resolve(from, program));
  // On Windows endings count too; its own search will tell.
  if (process.platform === 'win32') return program;
  for (const each of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const found = executable(path.resolve(from, each === '' ? '.' : each, program));
    if (found !== null) return found;
  }
  return null;
}

function executable(file: string): string | null {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile() ? file : null;
  } catch {
    return null;
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

class Output {
  private readonly stdout: Buffer[] = [];
  private bytes = 0;
  private stderr = Buffer.alloc(0);

  constructor(
    private readonly child: ChildProcess,
    onTooMuch: () => void,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      if (this.bytes > MAX_OUTPUT_BYTES) onTooMuch();
      else this.stdout.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr = Buffer.concat([this.stderr, chunk]).subarray(-KEPT_STDERR_BYTES);
    });
  }

  take(failure: string | null, onStdout?: (stdout: string) => void): ProgramOutput {
    this.child.stdout?.destroy();
    this.child.stderr?.destroy();
    const stdout = Buffer.concat(this.stdout).toString('utf8');
    onStdout?.(stdout);
    if (failure === null) return { stdout, failure };
    const words = lastWords(this.stderr.toString('utf8'));
    return { stdout, failure: `${failure}${words === '' ? '' : `: ${words}`}` };
  }
}

/** The end of stderr in one line: what is told last is what went wrong. */
function lastWords(stderr: string): string {
  const text = withoutTokens(stderr).trim();
  const lines = text.split(/\s*[\r\n]+\s*/).join(' | ');
  const printable = lines.replaceAll(/[^\P{C}]/gu, '.');
  return printable.length <= MAX_REASON_CHARACTERS
    ? printable
    : `...${printable.slice(-MAX_REASON_CHARACTERS)}`;
}
