// Times as people estimate them. Called wherever a plan's length is told.

/** `50 s`, `12 min`, `3.5 h`. */
export function roughDuration(seconds: number): string {
  if (seconds < 100) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 360) / 10} h`;
}
