// What must be known beside the figures of other clients than kbench's own producer: which settings
// they did not honour, and what their start took. For notes.ts. Pure.
import type { DriverReport } from '../../contract/driver.js';
import { listed, printable, significant } from '../text/format.js';
import type { Report } from '../model/report-model.js';
import type { Note } from './note.js';

const MOST_SETTINGS = 12;

export function driverNotes({ results }: Pick<Report, 'results'>): Note[] {
  const clients = new Map<string, DriverReport[]>();
  for (const { driver } of results.runs) {
    if (driver === undefined) continue;
    const name = `${printable(driver.name, 40)} ${printable(driver.version, 40)}`;
    clients.set(name, [...(clients.get(name) ?? []), driver]);
  }
  return [...clients].map(([name, runs]) => noteOf(name, runs));
}

function noteOf(name: string, runs: readonly DriverReport[]): Note {
  const without = new Map(
    runs.flatMap(({ notHonoured }) =>
      notHonoured.map(({ name: setting, value, why }) => {
        const told = `${printable(setting, 60)}=${printable(value, 40)}`;
        return [told, `${told} (${printable(why, 160)})`] as const;
      }),
    ),
  );
  const startMs = Math.max(...runs.map(({ startupMs }) => startupMs));
  const start = `Its start took up to ${significant(startMs / 1000)} s, which is in no figure.`;
  if (without.size === 0)
    return { tone: 'plain', text: `${name} honours all settings in force. ${start}` };
  const settings = listed([...without.values()], MOST_SETTINGS);
  return { tone: 'care', text: `${name} does not honour ${settings}. ${start}` };
}
