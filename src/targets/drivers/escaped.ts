// What of a driver's program has left its process group (setsid), so that neither the group's kill
// nor the leash reaches it: found by a mark in its environment, which every child inherits. Called
// at the end of a run. Where there is no /proc nothing is found; its stdin has ended then, too.
import { readdirSync, readFileSync } from 'node:fs';

const NAME = 'KBENCH_DRIVER';
/** One that starts others while it is looked for. */
const ROUNDS = 3;

/** To be added to the program's environment; `mark` is of one run alone. */
export const markOf = (mark: string): NodeJS.ProcessEnv => ({ [NAME]: mark });

/** Ends what has the mark. */
export function endMarked(mark: string): void {
  for (let round = 0; round < ROUNDS; round++) {
    const found = marked(`${NAME}=${mark}`);
    if (found.length === 0) return;
    found.forEach(kill);
  }
}

function marked(words: string): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && hasWords(name, words))
      .map(Number);
  } catch {
    return [];
  }
}

function hasWords(pid: string, words: string): boolean {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(`\0${words}\0`);
  } catch {
    return false; // ended meanwhile, or another user's
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
