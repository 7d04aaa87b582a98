// The client that takes a run's load, as settings and as what a run tells of it. Plain data; the
// texts are kept with results, so they stay as they are.
import { z } from 'zod';

/** Clients that kbench has a driver for, beside its own producer. */
export const CLIENTS = ['kafkajs', 'java', 'librdkafka', 'franz-go', 'platformatic'] as const;
export type Client = (typeof CLIENTS)[number];

/** `version`: of the client; a run fails where it is another. Java's is always named. */
export interface ClientDriver {
  readonly kind: Client;
  readonly version?: string;
}

/** Any program that keeps the contract of docs/drivers.md. */
export interface ExecDriver {
  readonly kind: 'exec';
  readonly command: readonly string[];
}

export type OutsideDriver = ClientDriver | ExecDriver;

/** What produces: kbench's own producer, or a client in a process of its own. */
export type DriverSettings = 'core' | OutsideDriver;

/** `core`, `java 4.4.0`, `exec ./mine --fast`: in a point's config, tables, `--where`. */
export function driverLabel(driver: DriverSettings): string {
  if (driver === 'core') return driver;
  if (driver.kind === 'exec') return `exec ${driver.command.join(' ')}`;
  return driver.version === undefined ? driver.kind : `${driver.kind} ${driver.version}`;
}

const count = z.number().int().min(0);

/** RunResult's section `driver`: absent where kbench's own producer took the load. */
export const driverSchema = z.object({
  /** As the driver tells them. */
  name: z.string(),
  version: z.string(),
  /** Processes, one a worker. */
  processes: count,
  /** Names of the settings in force that the client has and was given. */
  honoured: z.array(z.string()),
  /** Those that it has not, or not so: what it does instead. */
  notHonoured: z.array(z.object({ name: z.string(), value: z.string(), why: z.string() })),
  /** From the start of the slowest process until it was ready to send. */
  startupMs: z.number(),
  /** CPU of all processes until they were ready; null where the system does not tell. */
  startupCpuMs: z.number().nullable(),
  /** CPU of all processes in the measured part, their waiting for due times included. */
  cpuMs: z.number().nullable(),
  /** Peak resident set of all processes together. */
  rssMiB: z.number().nullable(),
});
export type DriverReport = z.infer<typeof driverSchema>;
