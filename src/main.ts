#!/usr/bin/env node
// The `kbench` command: answers signals from its first statement on, then loads the rest. The
// commands and what they throw are commands/command-line.ts's.
import { listenForSignals } from './base/signals.js';

listenForSignals();
const { runCommandLine } = await import('./commands/command-line.js');
await runCommandLine();
