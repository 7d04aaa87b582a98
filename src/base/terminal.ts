// The door to the user's terminal: everything that kbench prints goes through here, and nothing
// else may touch stdout or stderr. It never throws: a full disk, a reader that has gone or one that
// sleeps costs lines, and never a run. It is the last guard, too: no secret, no control character,
// no workflow command leaves that is not ours. Foreign text is made `printable` where it is put in.
import { fstatSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { withoutCommands } from './printable.js';
import { withoutSureSecrets } from './secrets/secrets.js';

type Channel = 'stdout' | 'stderr';

/** What may wait for a reader that does not read: beyond it lines are left out. */
const MAX_WAITING_BYTES = 1024 * 1024;

interface State {
  readonly stream: NodeJS.WriteStream;
  /** The first failure; null while all went well. */
  failure: NodeJS.ErrnoException | null;
  linesLeftOut: number;
}

const states = new Map<Channel, State>();

/** Listened to from the first use on: an error that nobody hears would end the process. */
function stateOf(channel: Channel): State {
  let state = states.get(channel);
  if (state === undefined) {
    const made: State = { stream: process[channel], failure: null, linesLeftOut: 0 };
    made.stream.on('error', (error: NodeJS.ErrnoException) => (made.failure ??= error));
    const { fd } = made.stream as { readonly fd?: number };
    if (fd !== undefined && isFile(fd)) writeWholeTo(made, fd);
    states.set(channel, made);
    state = made;
  }
  return state;
}

function isFile(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return found.isFile() || (found.isCharacterDevice() && !isatty(fd));
  } catch {
    return false;
  }
}

/**
 * Node's own stream to a file takes a short write for a whole one, and writes nothing more after
 * the first that fails.
 */
function writeWholeTo(state: State, fd: number): void {
  state.stream._write = (chunk: Buffer, _encoding, done) => {
    try {
      for (let at = 0; at < chunk.length;) {
        const count = writeSync(fd, chunk, at);
        if (count === 0)
          throw Object.assign(new Error('nothing more could be written'), { code: 'ENOSPC' });
        at += count;
      }
    } catch (error) {
      state.failure ??= error as NodeJS.ErrnoException;
    }
    done();
  };
}

/** Text for people, on stderr. */
export const toStderr = (text: string): void => put('stderr', guarded(text, COLOURS));

/** Text for people, on stdout: the answer to what they asked. */
export const toStdout = (text: string): void => put('stdout', guarded(text, COLOURS));

/**
 * Text for programs, on stdout, as its format made it: JSON, CSV, annotations. The format has seen
 * to what is in it.
 */
export const productToStdout = (text: string): void => put('stdout', text);

/** One workflow command of our own, on stderr; `githubAnnotation` has escaped what is in it. */
export const commandToStderr = (line: string): void =>
  put('stderr', withoutSureSecrets(`${line}\n`));

/**
 * stdout for what is written piece by piece; the same as `productToStdout`, and the caller may wait
 * for the reader.
 */
export const productStream = (): Writable => stateOf('stdout').stream;

export interface TerminalView {
  readonly isTTY: boolean;
  readonly columns: number;
}

/**
 * What stdout is. Where it is no terminal, columns are without end: nothing need be left out for
 * want of width.
 */
export function stdoutView(): TerminalView {
  const { isTTY, columns } = stateOf('stdout').stream as { isTTY?: boolean; columns?: number };
  return isTTY === true
    ? { isTTY, columns: columns ?? Infinity }
    : { isTTY: false, columns: Infinity };
}

/** stderr for a display that redraws itself: the same door, which lets the cursor move. */
export function livingStderr(): NodeJS.WritableStream & {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
} {
  const { stream } = stateOf('stderr');
  const door = {
    write: (text: string) => {
      put('stderr', guarded(text, CURSOR));
      return true;
    },
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
    get rows() {
      return stream.rows;
    },
  };
  return door as unknown as ReturnType<typeof livingStderr>;
}

/**
 * Why something that was printed did not get out; null where all did, or where nobody wants to read
 * on (`| head`).
 */
export function printFailure(channel: Channel): NodeJS.ErrnoException | null {
  const failure = states.get(channel)?.failure ?? null;
  return failure !== null && GONE.has(failure.code ?? '') ? null : failure;
}

/** The reader has gone, which is its right: a pipe that was closed, a terminal that was hung up. */
const GONE = new Set(['EPIPE', 'EIO', 'ECONNRESET']);

/** Waits until what was printed is out, at most so long. */
export async function flushTerminal(limitMs: number): Promise<void> {
  const waiting = [...states.values()].map(({ stream }) => flushed(stream));
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([Promise.all(waiting), limit]);
  clearTimeout(timer);
}

/** An error is told in the turn after the write, so one turn is waited in any case. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (stream.destroyed || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    stream.once('close', resolve).once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

function put(channel: Channel, text: string): void {
  const state = stateOf(channel);
  const { stream } = state;
  // stdout is waited for by whoever has much to print; stderr accompanies a measurement.
  if (channel === 'stderr' && stream.writableLength > MAX_WAITING_BYTES) {
    state.linesLeftOut++;
    return;
  }
  const missing =
    state.linesLeftOut === 0
      ? ''
      : `(${state.linesLeftOut} lines were left out: nobody read them)\n`;
  state.linesLeftOut = 0;
  try {
    stream.write(missing + text);
  } catch (error) {
    state.failure ??= error as NodeJS.ErrnoException;
  }
}

/**
 * Sequences that are our own: colours; and what a display that redraws itself moves the cursor
 * with.
 */
const COLOURS = String.raw`\u001b\[[0-9;]*m`;
const CURSOR = String.raw`\u001b\[(?:[0-9;]*[A-GJKm]|\?25[hl]|\?2026[hl])`;
const ACTING = String.raw`\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}`;
/** Zero-width joiners make letters and emoji, and do nothing. */
const HARMLESS = new Set(['\n', '\t', '\u200c', '\u200d']);
const patterns = new Map<string, RegExp>();

function guarded(text: string, sequences: string): string {
  let pattern = patterns.get(sequences);
  if (pattern === undefined)
    patterns.set(sequences, (pattern = new RegExp(`${sequences}|${ACTING}`, 'gu')));
  const plain = withoutSureSecrets(text).replace(pattern, (found) =>
    found.length > 1 || HARMLESS.has(found) ? found : '\ufffd',
  );
  return withoutCommands(plain);
}
