// Names that kbench gives away: a sweep's folder and its topics. Legal everywhere they are used;
// pure.
import { randomBytes } from 'node:crypto';
import type { PointSettings } from '../../contract/settings.js';

/** Kafka's limit for a topic's name. */
const MAX_TOPIC_NAME_CHARACTERS = 249;

/**
 * A sweep's name in a path or topic: letters, digits, `.`, `_` and `-` only, never `.` or `..`,
 * never empty.
 */
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

/** 16 hexadecimal digits: a plan's id, which its runs carry. */
export function newPlanId(): string {
  return randomBytes(8).toString('hex');
}

/** `kbench-<sweep>-<id>-<run>`. */
export function topicName(sweep: string, id: string, run: string): string {
  const tail = `-${id}-${run}`;
  return `kbench-${slug(sweep, MAX_TOPIC_NAME_CHARACTERS - 'kbench-'.length - tail.length)}${tail}`;
}

/**
 * `kbench-<id>-<run>`, or the user's own transactional.id in place of `kbench`; workers add their
 * number. Never the same twice: a producer with the id of another fences it.
 */
export function transactionalIdPrefix({ producer }: PointSettings, run: string): string {
  return `${String(producer['transactional.id'] ?? 'kbench')}-${freshId()}-${run}`;
}

/** `2026-11-22T10-15-30Z`: sorts by time, and Windows takes it as a folder's name. */
export function folderTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
}
