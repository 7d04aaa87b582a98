// What is said of several points in the same words is said once: of the worst of them, with the
// others named. Makers of notes hand what they have to say of each point to this, and never a note
// a point; two sentences are the same words where only figures and generated names differ. Pure.
import { listed, plural, printable } from './format.js';
import type { Note } from '../notes/note.js';

export interface Saying {
  readonly tone: Note['tone'];
  /** A point, or what else it is said of (`noun`). */
  readonly of: string;
  /** The figures of the one with the largest size stand for all. */
  readonly size?: number;
  /** The note; `where` names what it is said of. */
  readonly text: (where: string) => string;
}

export function saidOnce(sayings: readonly Saying[], noun = 'point'): Note[] {
  const groups = new Map<string, Saying[]>();
  for (const saying of sayings) {
    const key = `${saying.tone} ${sameWords(saying.text(''))}`;
    groups.set(key, [...(groups.get(key) ?? []), saying]);
  }
  return [...groups.values()].map((group) => {
    const worst = group.reduce((a, b) => ((b.size ?? 0) > (a.size ?? 0) ? b : a));
    const names = [...new Set(group.map(({ of }) => of))].map((name) => printable(name, 80));
    const where =
      names.length === 1
        ? names[0]
        : `${plural(names.length, noun)} (${listed(names)}; figures of ${printable(worst.of, 80)})`;
    return { tone: worst.tone, text: worst.text(where) };
  });
}

/** The words of a sentence without its figures, and without names of runs and agents. */
export const sameWords = (text: string): string =>
  text
    .replace(/\bkbench-[\w.-]+/g, 'kbench-#')
    .replace(/^agent [\w.:@-]*[\w@-]: /, '')
    .replace(/\bagent [\w.:@-]*[\w@-]/g, 'agent #')
    .replace(/ \(and \d+ more agents\)/g, '')
    .replace(/[-+]?\d+(?:[.,]\d+)*/g, '#')
    .replace(/\b(run|record|time|agent|point|partition|transaction|connection)s\b/g, '$1');
