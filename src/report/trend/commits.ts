// The commits between two revisions, asked of the git that the working directory belongs to. Best
// effort: an unknown revision, a shallow clone or no git at all gives none. Revisions come from
// files: nothing but hexadecimal digits is handed to git.
import { execFileSync } from 'node:child_process';
import { printable } from '../text/format.js';

export interface Commit {
  readonly revision: string;
  readonly subject: string;
}

const TIMEOUT_MS = 2_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
export const MAX_COMMITS = 10;

/**
 * In `after` and not in `before`, newest first, at most MAX_COMMITS + 1 (one more than is shown
 * tells that there are more).
 */
export function commitsBetween(before: string, after: string, cwd: string): Commit[] {
  if (![before, after].every((revision) => /^[0-9a-f]{7,64}$/.test(revision))) return [];
  try {
    const output = execFileSync(
      'git',
      [
        '--no-optional-locks',
        'log',
        `--max-count=${MAX_COMMITS + 1}`,
        '--no-color',
        '--no-show-signature',
        '--format=%H %s',
        `${before}..${after}`,
        '--',
      ],
      {
        cwd,
        encoding: 'utf8',
        timeout: TIMEOUT_MS,
        maxBuffer: MAX_OUTPUT_BYTES,
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    return output.split('\n').flatMap((line) => {
      const match = /^([0-9a-f]{7,64}) (.*)$/.exec(line);
      return match === null ? [] : [{ revision: match[1], subject: printable(match[2], 100) }];
    });
  } catch {
    return [];
  }
}
