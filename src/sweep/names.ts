// Names that kbench gives away: a sweep's folder and its topics. Legal everywhere they are used; pure.
import { randomBytes } from 'node:crypto';

/** Kafka's limit for a topic's name. */
export const MAX_TOPIC_NAME_CHARACTERS = 249;

/** A sweep's name in a path or topic: letters, digits, `.`, `_` and `-` only, never `.` or `..`, never empty. */
export function slug(name: string, maxCharacters = 80): string {
  const legal = name
    .normalize('NFKD')
    .replaceAll(/[^a-zA-Z0-9._-]+/g, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '');
  return legal.slice(0, maxCharacters).replace(/[.-]+$/, '') || 'sweep';
}

/** 8 hexadecimal digits that no other run has. */
export function freshId(): string {
  return randomBytes(4).toString('hex');
}

/** `kbench-<sweep>-<id>-<run>`. */
export function topicName(sweep: string, id: string, run: string): string {
  const tail = `-${id}-${run}`;
  return `kbench-${slug(sweep, MAX_TOPIC_NAME_CHARACTERS - 'kbench-'.length - tail.length)}${tail}`;
}

/** `2026-11-22T10-15-30Z`: sorts by time, and Windows takes it as a folder's name. */
export function folderTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
}
