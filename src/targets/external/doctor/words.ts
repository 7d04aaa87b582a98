// Figures and lists as `kbench doctor` writes them.

const MAX_LISTED = 5;
const DAY_MS = 86_400_000;

/** `0.31 ms`, `4.2 ms`, `120 ms`, `3.2 s`. */
export function msText(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 1 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

/** `1 day`, `12 days`, `less than a day`. */
export function daysText(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  return days < 1 ? 'less than a day' : count(days, 'day');
}

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

/** The first five, and how many more. */
export function listed(names: readonly string[]): string {
  const rest = names.length - MAX_LISTED;
  return rest <= 0 ? names.join(', ') : `${names.slice(0, MAX_LISTED).join(', ')} and ${rest} more`;
}
