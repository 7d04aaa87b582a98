#!/usr/bin/env node
// The `kbench` command: answers signals from the first moment on, then loads the rest. The commands and what they throw are
// commands/command-line.ts's.
import { answerSignalsEarly } from './base/early-signals.js';

answerSignalsEarly();
const { runCommandLine } = await import('./commands/command-line.js');
await runCommandLine();
