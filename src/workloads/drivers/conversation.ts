// Talks to one driver process: lines out, messages in, each checked; its last words, its end. Must
// never hang: whoever waits gives a limit, and what is wrong with the driver rejects the wait.
import type { ChildProcess } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { printable } from '../../base/printable.js';
import { RunError } from '../../base/errors.js';
import { driverLabel, type OutsideDriver } from '../../contract/driver.js';
import {
  driverMessageSchema,
  type DriverMessage,
  type DriverSpec,
  type DriverStart,
} from '../../contract/driver-protocol.js';

/** Of one message: an outsized one is rubbish. */
const MOST_LINE = 4 * 1024 * 1024;
const MOST_WORDS = 4000;
/** What is quoted of it. */
const QUOTED_WORDS = 600;
const QUOTED_LINE = 160;
/** What a driver that has ended may still have in its pipes. */
const LAST_WORDS_MS = 200;

type Type = DriverMessage['type'];
type Of<T extends Type> = Extract<DriverMessage, { type: T }>;

interface Waiting {
  readonly types: readonly Type[];
  readonly resolve: (message: DriverMessage) => void;
  readonly reject: (error: Error) => void;
}

export class Conversation {
  /** Rejects as soon as nothing more can come of it: it has ended, or said what it must not. */
  readonly broken: Promise<never>;
  private breakOff: (error: Error) => void = () => undefined;
  private readonly arrived: DriverMessage[] = [];
  private waiting: Waiting | null = null;
  private failure: RunError | null = null;
  private ended: string | null = null;
  private words = '';
  private line = '';
  /** Its result has come. */
  private told = false;
  private lastHeardMs = performance.now();
  private readonly closed: Promise<void>;

  /** `onNews`: progress and intervals, which nobody waits for; gives what is wrong with them. */
  constructor(
    private readonly driver: OutsideDriver,
    private readonly child: ChildProcess,
    private readonly onNews: (message: Of<'progress'> | Of<'interval'>) => string | null,
  ) {
    const decoder = new StringDecoder('utf8');
    this.broken = new Promise((_resolve, reject) => (this.breakOff = reject));
    this.broken.catch(() => undefined);
    child.stdout?.on('data', (bytes: Buffer) => this.take(decoder.write(bytes)));
    child.stderr?.on('data', (bytes: Buffer) => {
      this.words = (this.words + bytes.toString('utf8')).slice(-MOST_WORDS);
    });
    child.stdin?.on('error', () => undefined); // it has ended, which is told by its end
    child.on('error', (error) => this.fail(`could not be started: ${error.message}`));
    this.closed = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        const how = code === null ? `was ended by ${String(signal)}` : `ended with code ${code}`;
        // A child of its own may hold the pipes open: they are not waited for without an end.
        const timer = setTimeout(() => this.end(how, resolve), LAST_WORDS_MS);
        child.once('close', () => {
          clearTimeout(timer);
          this.end(how, resolve);
        });
      });
      child.once('error', () => resolve());
    });
  }

  /** Since when it has not said anything, in ms. */
  get silentMs(): number {
    return performance.now() - this.lastHeardMs;
  }

  say(message: DriverSpec | DriverStart): void {
    this.lastHeardMs = performance.now();
    this.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** Asks it to stop; no more can be said. */
  hangUp(): void {
    this.child.stdin?.end();
  }

  /** The next message, which must be of the type. */
  hear<T extends Type>(type: T, limitMs: number): Promise<Of<T>> {
    return this.next([type], limitMs) as Promise<Of<T>>;
  }

  /** False where it did not end in time. */
  async over(limitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), limitMs);
    });
    const ended = await Promise.race([this.closed.then(() => true), late]);
    clearTimeout(timer);
    return ended;
  }

  /** What was said and nobody has waited for; null where nothing was. */
  unasked(): RunError | null {
    const [message] = this.arrived;
    if (this.failure !== null || message === undefined) return this.failure;
    return message.type === 'fatal'
      ? this.gaveUp(message)
      : this.error(`said ${message.type} unasked`);
  }

  /** Its pipes are let go: a child of its own that it left behind may hold them. */
  close(): void {
    for (const pipe of [this.child.stdin, this.child.stdout, this.child.stderr]) pipe?.destroy();
  }

  /** A failure of this driver, with its last words. */
  error(what: string, remedy?: string): RunError {
    const words = printable(this.words.trim(), MOST_WORDS).slice(-QUOTED_WORDS);
    const said = words === '' ? '' : `; its last words: ${words}`;
    const label = driverLabel(this.driver);
    return new RunError(`driver ${label} ${what}${said}`, remedy ?? remedyFor(this.driver));
  }

  private gaveUp({ message, remedy }: Of<'fatal'>): RunError {
    return this.error(`gave up: ${printable(message, 600)}`, remedy);
  }

  private next(types: readonly Type[], limitMs: number): Promise<DriverMessage> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting = null;
        const what = types.join(' or ');
        reject(this.error(`said no ${what} within ${Math.round(limitMs / 1000)} s`));
      }, limitMs);
      this.waiting = {
        types,
        resolve: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.deliver();
    });
  }

  private take(text: string): void {
    this.lastHeardMs = performance.now();
    this.line += text;
    for (let end = this.line.indexOf('\n'); end >= 0; end = this.line.indexOf('\n')) {
      const line = this.line.slice(0, end);
      this.line = this.line.slice(end + 1);
      if (line.trim() !== '') this.read(line);
    }
    if (this.line.length > MOST_LINE) {
      this.line = '';
      this.fail(`wrote a line of more than ${MOST_LINE} characters`);
    }
  }

  private read(line: string): void {
    if (this.failure !== null) return;
    let message: DriverMessage;
    try {
      message = driverMessageSchema.parse(JSON.parse(line));
    } catch (error) {
      this.fail(`wrote what is no message of the contract (${whyNot(error)}): ${quoted(line)}`);
      return;
    }
    if (message.type === 'result') this.told = true;
    if (message.type === 'interval' && this.told) this.fail('told an interval after its result');
    else if (message.type === 'progress' || message.type === 'interval') {
      const problem = this.onNews(message);
      if (problem !== null) this.fail(problem);
    } else {
      this.arrived.push(message);
      this.deliver();
    }
  }

  private deliver(): void {
    const { waiting } = this;
    if (waiting === null) return;
    const message = this.arrived.shift();
    if (message !== undefined) {
      this.waiting = null;
      if (message.type === 'fatal') waiting.reject(this.gaveUp(message));
      else if (waiting.types.includes(message.type)) waiting.resolve(message);
      else {
        const what = waiting.types.join(' or ');
        waiting.reject(this.error(`said ${message.type} where ${what} was due`));
      }
    } else if (this.failure !== null) {
      this.waiting = null;
      waiting.reject(this.failure);
    } else if (this.ended !== null) {
      this.waiting = null;
      waiting.reject(this.error(`${this.ended} before it said ${waiting.types.join(' or ')}`));
    }
  }

  private fail(what: string): void {
    this.failure ??= this.error(what);
    this.deliver();
    this.breakOff(this.failure);
  }

  private end(how: string, resolve: () => void): void {
    if (this.line.trim() !== '') this.read(this.line);
    this.line = '';
    this.ended ??= how;
    this.deliver();
    this.breakOff(this.unasked() ?? this.error(`${how} before it was asked to`));
    resolve();
  }
}

/** A driver of the user's is theirs to mend, kbench's own are ours. */
function remedyFor(driver: OutsideDriver): string {
  if (driver.kind === 'exec')
    return (
      'docs/drivers.md has the contract; to hold the driver to it: kbench driver check ' +
      (driver.command.length === 1
        ? driver.command[0]
        : `${driver.command[0]} -- ${driver.command.slice(1).join(' ')}`)
    );
  return (
    `see drivers/${driver.kind}/README.md for what it takes; where its words name nothing ` +
    'that is missing here or wrong with the cluster, report them as a fault of kbench'
  );
}

const quoted = (line: string): string => printable(line, QUOTED_LINE);

function whyNot(error: unknown): string {
  if (error instanceof SyntaxError) return 'not JSON';
  const issues = (error as { issues?: readonly { path: PropertyKey[]; message: string }[] }).issues;
  const [first] = issues ?? [];
  if (first === undefined) return 'not understood';
  return printable(`${first.path.map(String).join('.') || 'type'}: ${first.message}`, QUOTED_LINE);
}
