// The two brokers that nobody of kbench wrote, librdkafka's mock cluster and franz-go's kfake, as
// programs: built from bench/doubles/ into the cache folder when their source is new, started, told
// what to do by lines on their standard input. Used by bench/doubles.ts.
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { RunError } from '../../src/base/errors.js';
import { cacheFolder } from '../../src/targets/kafka/cache-folder.js';
import { runToEnd } from '../../src/targets/kafka/processes/child-process.js';

/** A C compiler takes seconds; Go downloads modules the first time. */
const BUILD_LIMIT_MS = 600_000;
const ANSWER_LIMIT_MS = 60_000;

export interface DoubleProgram {
  readonly name: string;
  /** Under bench/doubles/: what decides whether it has to be built again. */
  readonly sources: readonly string[];
  /** The compiler, its arguments and where it runs. */
  build(
    folder: string,
    output: string,
  ): readonly [command: string, args: readonly string[], cwd: string];
  /** What to install where the build fails. */
  readonly needs: string;
  /**
   * Refuses a batch whose sequence number is not the next, and knows one that it has: without that,
   * retries may reorder and repeat.
   */
  readonly checksSequences: boolean;
}

export const PROGRAMS: readonly DoubleProgram[] = [
  {
    name: 'librdkafka-mock',
    sources: ['librdkafka-mock.c'],
    build: (folder, output) => [
      'cc',
      ['-O2', '-o', output, path.join(folder, 'librdkafka-mock.c'), '-lrdkafka'],
      folder,
    ],
    needs: 'a C compiler (cc) and librdkafka with its headers (librdkafka-dev)',
    checksSequences: false,
  },
  {
    name: 'kfake',
    sources: ['kfake/main.go', 'kfake/go.mod', 'kfake/go.sum'],
    build: (folder, output) => ['go', ['build', '-o', output, '.'], path.join(folder, 'kfake')],
    needs: 'Go 1.26 and, the first time, its module proxy',
    checksSequences: true,
  },
];

const startedSchema = z.object({ bootstrap: z.string(), version: z.string() });
const countedSchema = z.object({
  stored: z.number(),
  distinct: z.number(),
  reordered: z.number(),
  strangers: z.number(),
  complete: z.boolean(),
});
export type Counted = z.infer<typeof countedSchema>;

/** The built program, or why there is none. */
export async function builtProgram(
  program: DoubleProgram,
): Promise<{ file: string } | { missing: string }> {
  const folder = sourceFolder();
  const hash = createHash('sha256');
  for (const source of program.sources) hash.update(readFileSync(path.join(folder, source)));
  const file = path.join(
    cacheFolder(),
    'doubles',
    `${program.name}-${hash.digest('hex').slice(0, 16)}`,
  );
  if (existsSync(file)) return { file };
  mkdirSync(path.dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  const [command, args, cwd] = program.build(folder, unfinished);
  console.log(`  building ${program.name}: ${command} ${args.join(' ')}`);
  const run = await runToEnd(command, [...args], {
    timeoutMs: BUILD_LIMIT_MS,
    cwd,
    env: process.env,
  });
  if (run.startError !== null || run.code !== 0 || !existsSync(unfinished)) {
    const said =
      run.startError?.message ??
      (run.timedOut ? 'it took too long' : run.stderr.trim().split('\n').slice(-3).join(' '));
    return { missing: `it cannot be built, which takes ${program.needs}: ${said}` };
  }
  renameSync(unfinished, file);
  return { file };
}

/** dist/bench/doubles/ holds the compiled module; the programs' sources stay where they are. */
function sourceFolder(): string {
  for (const up of ['.', '../../../bench/doubles']) {
    const folder = fileURLToPath(new URL(up, import.meta.url));
    if (existsSync(path.join(folder, 'kfake'))) return folder;
  }
  throw new RunError('bench/doubles is not there');
}

/** A double that runs. */
export class Double {
  private readonly answers: Interface;
  private waiting: ((line: string | null) => void) | null = null;
  private stderr = '';

  private constructor(
    readonly name: string,
    private readonly child: ChildProcessByStdio<Writable, Readable, Readable>,
  ) {
    this.answers = createInterface(child.stdout);
    this.answers.on('line', (line) => this.told(line));
    this.answers.on('close', () => this.told(null));
    child.stderr.on(
      'data',
      (data: Buffer) => (this.stderr = (this.stderr + data.toString()).slice(-2000)),
    );
    child.on('error', () => this.told(null));
    child.stdin.on('error', () => undefined);
  }

  static async start(
    name: string,
    file: string,
    args: readonly string[],
  ): Promise<{ double: Double } & z.infer<typeof startedSchema>> {
    const double = new Double(name, spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] }));
    return { double, ...startedSchema.parse(await double.answer()) };
  }

  /** Obeyed in order; nothing comes back. */
  tell(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  async count(topic: string, partitions: number, records: number): Promise<Counted> {
    this.tell(`count ${topic} ${partitions} ${records}`);
    return countedSchema.parse(await this.answer());
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        resolve();
        return;
      }
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 5000);
      this.child.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.child.stdin.end();
    });
  }

  private told(line: string | null): void {
    const { waiting } = this;
    this.waiting = null;
    waiting?.(line);
  }

  private answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting = null;
        reject(new RunError(`${this.name} said nothing for ${ANSWER_LIMIT_MS / 1000} s`));
      }, ANSWER_LIMIT_MS);
      this.waiting = (line) => {
        clearTimeout(timer);
        if (line === null)
          reject(new RunError(`${this.name} ended: ${this.stderr.trim() || 'without a word'}`));
        else resolve(JSON.parse(line));
      };
    });
  }
}
