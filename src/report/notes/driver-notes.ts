// What must be known beside the figures of other clients than kbench's own producer: which settings
// they did not honour, and what their start took. For notes.ts. Pure.
import type { DriverReport } from '../../contract/driver.js';
import { listed, printable, significant } from '../text/format.js';
import type { Report } from '../model/report-model.js';
import type { Note } from './note.js';
import { saidOnce, type Saying } from '../text/said-once.js';

const MOST_SETTINGS = 12;

export function driverNotes({ results }: Pick<Report, 'results'>): Note[] {
  const clients = new Map<string, DriverReport[]>();
  for (const { driver } of results.runs) {
    if (driver === undefined) continue;
    const name = `${printable(driver.name, 40)} ${printable(driver.version, 40)}`;
    clients.set(name, [...(clients.get(name) ?? []), driver]);
  }
  return saidOnce(
    [...clients].map(([name, runs]) => sayingOf(name, runs)),
    'client',
  );
}

function sayingOf(of: string, runs: readonly DriverReport[]): Saying {
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
  if (without.size === 0) {
    const text = (where: string) => `All settings in force are honoured by ${where}. ${start}`;
    return { tone: 'plain', of, size: startMs, text };
  }
  const settings = listed([...without.values()], MOST_SETTINGS);
  const text = (where: string) => `Not honoured by ${where}: ${settings}. ${start}`;
  return { tone: 'care', of, size: startMs, text };
}
