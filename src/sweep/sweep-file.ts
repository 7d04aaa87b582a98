// A sweep's file as text: there, a file, readable, and no larger than a sweep can be.
import { readFileSync, statSync } from 'node:fs';
import { ConfigurationError } from '../base/errors.js';

/** Largest sweep file, in bytes. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** The text of a sweep file. Throws ConfigurationError: missing, unreadable, a folder, too large. */
export function readSweepText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) {
      throw new ConfigurationError(
        `${file} has ${size} bytes; a sweep may have ${MAX_FILE_BYTES}`,
        'is this the right file?',
      );
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const reason = REASONS[code] ?? `cannot be read (${code})`;
    throw new ConfigurationError(
      `${file} ${reason}`,
      'give the path of a sweep; `kbench init` writes one to start from',
    );
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EISDIR: 'is a folder, not a file',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
};
