// What the user sees while a sweep runs, always on stderr: two living lines on a terminal, plain
// lines elsewhere, nothing when quiet. Called by execute and commands/run. It must never disturb
// the measurement: news is only stored, and drawn at most 4 times a second.
import { printable } from '../../base/printable.js';
import { livingStderr, toStderr } from '../../base/terminal.js';
import type { PlannedRun } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import type { WorkloadProgress } from '../../workloads/run-workload.js';
import { endedLine, liveLines, underWayLine } from './progress-text.js';
import type { RunPosition } from './progress-text.js';
import { TimeLeft } from './time-left.js';

const DEFAULT_COLUMNS = 80;
const REDRAW_MS = 250;
const PLAIN_INTERVAL_MS = 30_000;
const MAX_NOTE_CHARACTERS = 2_000;

export interface Progress {
  /**
   * There are more runs than were told of at the start, and these may not be all: from now on no
   * time left is told.
   */
  runsAdded(): void;
  runStarted(at: RunPosition): void;
  runProgress(progress: WorkloadProgress): void;
  runEnded(result: RunResult): void;
  /** A line that stays; left out when quiet. */
  note(text: string): void;
  /** A line that stays, quiet or not. */
  warn(text: string): void;
  /** Ends the display; lines that stay remain. */
  close(): void;
}

export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface ProgressOptions {
  readonly todo: readonly PlannedRun[];
  /** Runs of earlier sessions that stay: they tell how long one takes. */
  readonly made?: readonly RunResult[];
  readonly quiet: boolean;
  readonly stream?: ProgressStream & NodeJS.WritableStream;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  /** Whether lines can be redrawn; by default what the stream and the environment say. */
  readonly living?: boolean;
}

export async function openProgress(options: ProgressOptions): Promise<Progress> {
  const { stream = livingStderr(), quiet, now = () => performance.now() } = options;
  const line = (text: string) =>
    options.stream === undefined ? toStderr(`${text}\n`) : void stream.write(`${text}\n`);
  if (quiet) return silentProgress(line);
  const { living = canRedraw(stream) } = options;
  if (!living) return plainProgress(line, new RunWatch(options, now));
  const { createLogUpdate } = await import('log-update');
  return liveProgress(
    createLogUpdate(stream),
    () => stream.columns || DEFAULT_COLUMNS,
    new RunWatch(options, now),
  );
}

/** Notes and warnings hold what brokers and files say. */
const oneLine = (text: string): string => printable(text, MAX_NOTE_CHARACTERS);

/**
 * A dumb terminal cannot move its cursor, one without rows (some containers') shows nothing, a CI's
 * log may call itself a terminal.
 */
function canRedraw(stream: ProgressStream): boolean {
  return (
    stream.isTTY === true &&
    stream.rows !== 0 &&
    process.env['TERM'] !== 'dumb' &&
    process.env['CI'] === undefined
  );
}

/** The run under way, its latest news, and the time that the sweep still takes. */
class RunWatch {
  at: RunPosition | null = null;
  news: WorkloadProgress | null = null;
  private startedMs = 0;
  private openEnded = false;
  private readonly timeLeft: TimeLeft;

  constructor(
    { todo, made = [] }: ProgressOptions,
    private readonly now: () => number,
  ) {
    this.timeLeft = new TimeLeft(todo, made);
  }

  added(): void {
    // These may not be the last: nobody knows how much time is left.
    this.openEnded = true;
  }

  started(at: RunPosition): void {
    this.at = at;
    this.news = null;
    this.startedMs = this.now();
    this.timeLeft.started(at.run.point);
  }

  ended(result: RunResult): RunPosition | null {
    const { at } = this;
    this.timeLeft.ended(result, this.now() - this.startedMs);
    this.at = null;
    this.news = null;
    return at;
  }

  leftMs(): number | null {
    if (this.openEnded) return null;
    return this.timeLeft.estimate(
      this.at && {
        point: this.at.run.point,
        elapsedMs: this.now() - this.startedMs,
        workload: this.news,
      },
    );
  }
}

function silentProgress(line: (text: string) => void): Progress {
  const nothing = () => undefined;
  return {
    runsAdded: nothing,
    runStarted: nothing,
    runProgress: nothing,
    runEnded: nothing,
    note: nothing,
    warn: (text) => line(oneLine(text)),
    close: nothing,
  };
}

function plainProgress(line: (text: string) => void, watch: RunWatch): Progress {
  let timer: NodeJS.Timeout | undefined;
  return {
    runsAdded: () => watch.added(),
    runStarted(at) {
      watch.started(at);
      clearInterval(timer);
      timer = setInterval(() => {
        if (watch.at !== null)
          line(underWayLine(watch.at, watch.news?.phase ?? 'preparing', watch.news));
      }, PLAIN_INTERVAL_MS).unref();
    },
    runProgress(progress) {
      watch.news = progress;
    },
    runEnded(result) {
      clearInterval(timer);
      const at = watch.ended(result);
      if (at !== null) line(endedLine(at, result, at.index < at.total ? watch.leftMs() : null));
    },
    note: (text) => line(oneLine(text)),
    warn: (text) => line(oneLine(text)),
    close: () => clearInterval(timer),
  };
}

interface Drawing {
  (...text: string[]): void;
  persist(...text: string[]): void;
  clear(): void;
  done(): void;
}

function liveProgress(draw: Drawing, columns: () => number, watch: RunWatch): Progress {
  let timer: NodeJS.Timeout | undefined;
  const redraw = () => {
    if (watch.at === null) return;
    draw(
      liveLines(watch.at, watch.news?.phase ?? 'preparing', watch.news, watch.leftMs(), columns()),
    );
  };
  const persist = (text: string) => draw.persist(text);
  return {
    runsAdded: () => watch.added(),
    runStarted(at) {
      watch.started(at);
      timer ??= setInterval(redraw, REDRAW_MS).unref();
    },
    runProgress(progress) {
      watch.news = progress;
    },
    runEnded(result) {
      const at = watch.ended(result);
      // The table comes at the end; what went wrong is told at once.
      if (at !== null && result.status !== 'completed') persist(endedLine(at, result, null));
    },
    note: (text) => persist(oneLine(text)),
    warn: (text) => persist(oneLine(text)),
    close() {
      clearInterval(timer);
      draw.clear();
      draw.done();
    },
  };
}
