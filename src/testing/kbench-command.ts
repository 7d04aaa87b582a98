// The built `kbench` command, run as a user does, and what it left behind. Test-only; `npm test`
// builds first.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { threadEntry } from '../base/thread-entry.js';

/** Runs the built command in `folder`, with `env` besides this process's own. */
export function runKbench(folder: string, args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [threadEntry(import.meta.url, '../main.js'), ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    timeout: 100_000,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Paths of all files in a folder and its folders. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const full = path.join(directory, name);
    return statSync(full).isDirectory() ? filesBelow(full) : [full];
  });
}
