// A driver for a client of Node, whole: the conversation with kbench on stdin and stdout, warm-up,
// measured part, end. Each driver's main.ts calls it once. Nothing else may write to stdout.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  DRIVER_PROTOCOL,
  type DriverMessage,
  type DriverPhase,
  type DriverSpec,
  type DriverStart,
  type PhaseName,
} from '../../src/contract/driver-protocol.js';
import { initHistograms } from '../../src/workloads/measure/histogram.js';
import { commonClock } from '../../src/workloads/threads/barrier.js';
import { Refusal, type BatchClient, type MakeClient } from './batch-client.js';
import { Figures } from './figures.js';
import { Outcomes } from './outcomes.js';
import { Phase, type SendFailure } from './phase.js';
import { readRecords } from './record-file.js';

const PROGRESS_MS = 250;
const DEFAULT_BATCH_BYTES = 16_384;
const IN_FLIGHT = 'max.in.flight.requests.per.connection';
const DEFAULT_IN_FLIGHT = 5;
const CLOSE_MS = 1_000;

/** Ends the process: 0 when all was told, 1 after `fatal`. */
export async function runClient(
  make: MakeClient,
  failureOf: (error: unknown) => SendFailure,
): Promise<never> {
  const lines = new Lines();
  try {
    const spec = (await lines.next()) as DriverSpec | null;
    if (spec === null) process.exit(0);
    await initHistograms();
    const client = await make(spec);
    const { name, version, notHonoured } = client;
    say({ type: 'hello', protocol: DRIVER_PROTOCOL, name, version, notHonoured: [...notHonoured] });
    const partitions = await client.connect();
    await new Driver(spec, client, partitions, lines, failureOf).run();
    // kbench looks at this process's CPU and memory once more before it hangs up.
    while ((await lines.next()) !== null);
    const late = new Promise((resolve) => setTimeout(resolve, CLOSE_MS));
    await Promise.race([client.close().catch(() => undefined), late]);
    process.exit(0);
  } catch (error) {
    const { message } = failureOf(error);
    const remedy = error instanceof Refusal ? error.remedy : undefined;
    const told = error instanceof Refusal ? error.message : message;
    say({ type: 'fatal', message: told, ...(remedy === undefined ? {} : { remedy }) });
    process.exit(1);
  }
}

class Driver {
  private readonly values: readonly Buffer[];
  private readonly keys: readonly Buffer[] | null;
  private readonly outcomes: Outcomes | null;

  constructor(
    private readonly spec: DriverSpec,
    private readonly client: BatchClient,
    private readonly partitions: number,
    private readonly lines: Lines,
    private readonly failureOf: (error: unknown) => SendFailure,
  ) {
    this.values = readRecords(spec.values);
    this.keys = spec.keys === null ? null : readRecords(spec.keys);
    const { audit, worker } = spec;
    this.outcomes = audit === null ? null : new Outcomes(audit, worker, this.values);
  }

  async run(): Promise<void> {
    const { warmup, measured } = this.spec;
    say({ type: 'ready', nowNs: String(process.hrtime.bigint()) });
    if (warmup !== null) {
      const startMs = await this.opened('warmup');
      if (startMs === null) return;
      const figures = this.figures(startMs, false);
      await this.phase(warmup, figures, startMs);
      say({ type: 'done', phase: 'warmup', sent: figures.sent });
    }
    const startMs = await this.opened('measured');
    if (startMs === null) return;
    const figures = this.figures(startMs, true);
    const before = this.client.requests();
    const endedMs = await this.phase(measured, figures, startMs);
    const after = this.client.requests();
    this.outcomes?.write();
    const requests = before === null || after === null ? null : after - before;
    say(figures.result(endedMs, performance.now(), requests));
  }

  private figures(startMs: number, measured: boolean): Figures {
    const { due, intervalMs } = this.spec;
    return new Figures(startMs, due !== null, intervalMs, measured ? say : null);
  }

  /** The start on this process's clock; null where kbench hung up instead. */
  private async opened(phase: PhaseName): Promise<number | null> {
    const start = (await this.lines.next()) as DriverStart | null;
    if (start === null) return null;
    if (start.type !== 'start' || start.phase !== phase)
      throw new Refusal(`kbench said ${JSON.stringify(start)} where the start of ${phase} was due`);
    const startMs = Number(BigInt(start.atNs)) / 1e6 - commonClock().offsetMs;
    const waitMs = startMs - performance.now();
    if (waitMs > 2) await new Promise((resolve) => setTimeout(resolve, waitMs - 2));
    return startMs;
  }

  private async phase(phase: DriverPhase, figures: Figures, startMs: number): Promise<number> {
    const { client, spec, values, keys, outcomes } = this;
    const timer = setInterval(() => {
      const { sent, acked, failed } = figures;
      say({ type: 'progress', sent, acked, failed });
    }, PROGRESS_MS);
    try {
      return await new Phase(
        {
          ...{ client, phase, figures, outcomes, values, keys, startMs },
          due: spec.due,
          sendBytes: numberOf(spec, 'batch.size', DEFAULT_BATCH_BYTES) * this.partitions,
          inFlight: client.inFlight ?? numberOf(spec, IN_FLIGHT, DEFAULT_IN_FLIGHT),
          stopped: () => this.lines.ended,
        },
        this.failureOf,
      ).run();
    } finally {
      clearInterval(timer);
    }
  }
}

const numberOf = ({ settings }: DriverSpec, name: string, preset: number): number => {
  const value = Number(settings[name] ?? preset);
  return Number.isFinite(value) && value > 0 ? value : 1;
};

/** A pipe takes a line whole or is waited for: nothing is told while records wait. */
function say(message: DriverMessage): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < line.length;) {
    try {
      at += writeSync(1, line, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(1); // kbench is gone
    }
  }
}

/** kbench's lines, in order. */
class Lines {
  ended = false;
  private readonly arrived: unknown[] = [];
  private waiting: ((line: unknown) => void) | null = null;

  constructor() {
    const input = createInterface({ input: process.stdin });
    input.on('line', (line) => {
      this.arrived.push(JSON.parse(line));
      this.deliver();
    });
    input.on('close', () => {
      this.ended = true;
      this.deliver();
    });
  }

  /** Null once kbench has hung up. */
  next(): Promise<unknown> {
    return new Promise((resolve) => {
      this.waiting = resolve;
      this.deliver();
    });
  }

  private deliver(): void {
    const { waiting } = this;
    if (waiting === null || (this.arrived.length === 0 && !this.ended)) return;
    this.waiting = null;
    waiting(this.arrived.shift() ?? null);
  }
}
