// How late records leave in an open loop, and what the waiting costs: the pacer in force beside the
// variants that were weighed, plain timers and spinning. Nothing is sent: what is measured is
// pacing alone. Beside it the machine's own jitter.
import {
  AUTO_TUNING,
  SleepingPacer,
  SpinningPacer,
  lowerTimerSlack,
} from '../src/workloads/load/pacer.js';
import type { Pacer, PacerTuning } from '../src/workloads/load/pacer.js';
import { Schedule } from '../src/workloads/load/schedule.js';

export const title = 'Open-loop pacing: send - intended, without Kafka';

const RATES = [1_000, 20_000, 100_000];
const SECONDS = 3;

interface Variant {
  readonly name: string;
  readonly pacer: () => Pacer;
  /** Whether the pacer is told that answers are expected all the time. */
  readonly quiet: boolean;
}

const timers: Pacer = {
  pause: (_wait, _gap, _quiet, resume) => {
    setTimeout(resume, 1);
    return 'timer';
  },
  sleepMs: () => 1,
};
const tuned = (change: Partial<PacerTuning>): Pacer =>
  new SleepingPacer({ ...AUTO_TUNING, ...change });
const DEFAULT_SLACK_NS = 50_000;

const VARIANTS: readonly Variant[] = [
  { name: 'auto (in force), answers expected', pacer: () => tuned({}), quiet: false },
  { name: 'auto (in force), nothing in flight', pacer: () => tuned({}), quiet: true },
  {
    name: 'quantum 50 us, slack 50 us',
    pacer: () => tuned({ slackNs: DEFAULT_SLACK_NS, quantumMs: 0.05 }),
    quiet: false,
  },
  {
    name: 'quantum 20 us, slack 1 us',
    pacer: () => tuned({ slackNs: 1000, quantumMs: 0.02 }),
    quiet: false,
  },
  {
    name: 'quantum 100 us, slack 1 us',
    pacer: () => tuned({ slackNs: 1000, quantumMs: 0.1 }),
    quiet: false,
  },
  { name: 'setTimeout 1 ms', pacer: () => timers, quiet: false },
  { name: 'setImmediate spin', pacer: () => new SpinningPacer(), quiet: false },
];

/** Delays in microseconds of everything due at `rate`, and how many left per burst. */
function pace(
  pacer: Pacer,
  rate: number,
  quiet: boolean,
): Promise<{ delays: Float64Array; bursts: number }> {
  const records = rate * SECONDS;
  const delays = new Float64Array(records);
  const schedule = new Schedule(performance.now() + 5, rate, 0, 1);
  let index = 0;
  let bursts = 0;
  return new Promise((resolve) => {
    const turn = (): void => {
      const now = performance.now();
      const due = Math.min(records, schedule.dueAt(now));
      if (due > index) bursts += 1;
      for (; index < due; index++) delays[index] = (now - schedule.at(index)) * 1000;
      if (index === records) resolve({ delays, bursts });
      else pacer.pause(schedule.at(index) - now, schedule.gapMs, quiet, turn);
    };
    turn();
  });
}

const quantile = (sorted: Float64Array, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];

function line(
  name: string,
  rate: string,
  values: Float64Array,
  cpu: number,
  perBurst: number | null,
): void {
  const sorted = values.toSorted();
  const cells = [
    name.padEnd(36),
    rate.padStart(9),
    `p50 ${quantile(sorted, 0.5).toFixed(0)} us`.padStart(12),
    `p90 ${quantile(sorted, 0.9).toFixed(0)} us`.padStart(12),
    `p99 ${quantile(sorted, 0.99).toFixed(0)} us`.padStart(13),
    `max ${(sorted.at(-1)! / 1000).toFixed(1)} ms`.padStart(13),
    `CPU ${cpu.toFixed(0)} %`.padStart(10),
    perBurst === null ? '' : `${perBurst.toFixed(1)} a burst`,
  ];
  console.log(cells.join(' '));
}

/** The machine's own jitter: how far a bare sleep of 1 ms passes its end. */
function idleMachine(): void {
  lowerTimerSlack(DEFAULT_SLACK_NS);
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const over = new Float64Array(1000);
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < over.length; i++) {
    const before = performance.now();
    Atomics.wait(cell, 0, 0, 1);
    over[i] = (performance.now() - before - 1) * 1000;
  }
  line('idle machine: Atomics.wait 1 ms, over', '-', over, share(cpu, start), null);
}

function share(before: NodeJS.CpuUsage, startMs: number): number {
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 10 / (performance.now() - startMs);
}

export async function run(): Promise<void> {
  idleMachine();
  for (const rate of RATES) {
    for (const variant of VARIANTS) {
      const pacer = variant.pacer();
      const cpu = process.cpuUsage();
      const start = performance.now();
      const { delays, bursts } = await pace(pacer, rate, variant.quiet);
      line(variant.name, `${rate}/s`, delays, share(cpu, start), delays.length / bursts);
    }
  }
  idleMachine();
}
