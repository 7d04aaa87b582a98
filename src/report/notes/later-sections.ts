// What of a results folder this version does not know: sections of runs that a later one added.
// They stay in what passes runs on whole (jsonl) and enter no figure. Called by notes.
import { laterSections } from '../../contract/later.js';
import { measurementSchema, runResultSchema, type RunResult } from '../../contract/run-result.js';
import { listed, plural, printable } from '../text/format.js';
import type { Note } from './note.js';

const MOST_NAMES = 12;

export function laterSectionNotes(runs: readonly RunResult[]): Note[] {
  const names = new Map<string, number>();
  for (const run of runs) {
    const own = laterSections(runResultSchema, run);
    const measured =
      run.measurement === null ? [] : laterSections(measurementSchema, run.measurement);
    for (const name of [...own, ...measured]) names.set(name, (names.get(name) ?? 0) + 1);
  }
  if (names.size === 0) return [];
  const told = [...names].map(
    ([name, count]) => `${printable(name, 40)} in ${plural(count, 'run')}`,
  );
  const text =
    'Sections that this kbench does not know, written by a later version: ' +
    `${listed(told, MOST_NAMES)}. ` +
    'They enter no figure here; --format jsonl passes them on.';
  return [{ tone: 'care', text }];
}
