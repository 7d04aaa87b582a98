// A driver that can be started: what the host side needs of the floor above, which finds, builds
// and starts programs (targets/drivers). Types only.
import type { ChildProcess } from 'node:child_process';
import type { OutsideDriver } from '../../contract/driver.js';
import type { SecuritySettings } from '../../contract/settings.js';

export interface DriverProgram {
  /** A new folder for the run's files; `close` removes it. */
  readonly folder: string;
  /** In a process group of its own; stdin, stdout and stderr are pipes. */
  start(): ChildProcess;
  /** Ends what is left of a child's group. */
  kill(child: ChildProcess): void;
  /** References to secrets replaced by what they refer to. */
  resolve(security: SecuritySettings): Promise<SecuritySettings>;
  close(): void;
}

export interface DriverRequest {
  readonly driver: OutsideDriver;
  /** Relative paths start here. */
  readonly folder: string;
}

/** RunError where the program is not there, cannot be run or built. */
export type OpenDriver = (request: DriverRequest) => Promise<DriverProgram>;
