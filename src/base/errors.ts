// The errors a user may meet, and the exit code of each. main.ts prints them without a stack trace;
// anything else is a bug and keeps its trace.

import { withoutSureSecrets } from './secrets/secrets.js';

/** Exit codes, k6's custom: documented in docs/troubleshooting.md. */
export const EXIT = {
  ok: 0,
  gateFailed: 99,
  badConfiguration: 104,
  stopped: 105,
  runFailed: 107,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * An error that is told to the user as one clear message: what happened, where, and what to do
 * next.
 */
export abstract class KbenchError extends Error {
  abstract readonly exitCode: ExitCode;
  readonly remedy?: string;
  constructor(message: string, remedy?: string, options?: ErrorOptions) {
    super(withoutSureSecrets(message), options);
    this.name = new.target.name;
    if (remedy !== undefined) this.remedy = withoutSureSecrets(remedy);
  }
}

/** One thing wrong in a file: `line` and `column` count from 1. */
export interface Problem {
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  /** Dotted path in the YAML, e.g. `producer.batch.size`. */
  readonly path?: string;
  readonly remedy?: string;
}

/** Bad configuration or unreadable input: exit 104. */
export class ConfigurationError extends KbenchError {
  override readonly exitCode = EXIT.badConfiguration;
  constructor(
    message: string,
    remedy?: string,
    readonly problems: readonly Problem[] = [],
    readonly file?: string,
  ) {
    super(message, remedy);
  }
}

/** The run could not be made (cluster unreachable, topic refused, disk full): exit 107. */
export class RunError extends KbenchError {
  override readonly exitCode = EXIT.runFailed;
}

/** Stopped by the user: exit 105. */
export class StoppedError extends KbenchError {
  override readonly exitCode = EXIT.stopped;
}
