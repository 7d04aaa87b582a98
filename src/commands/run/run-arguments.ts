// What `kbench run` is given, as the command line names it. Read by run and run-sweep.
import type { PreciseArguments } from './precise-options.js';
import type { SweepArguments } from '../options/sweep-options.js';
import type { AgentArguments } from './agents/agent-options.js';

export interface RunArguments extends PreciseArguments, SweepArguments, AgentArguments {
  readonly out: string;
  readonly resume?: string | undefined;
  readonly hold?: string | undefined;
  readonly quiet: boolean;
  readonly json: boolean;
  readonly canary: boolean;
  readonly percentiles?: string | undefined;
}
