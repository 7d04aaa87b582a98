// "Did you mean ...?" for names that callers of the library misspell. Called on the way to an error only. Pure.
import { distance } from 'fastest-levenshtein';

/** The candidate nearest to a mistyped name, or null if none is near. Case and punctuation count little. */
export function nearestName(name: string, candidates: Iterable<string>): string | null {
  const bare = plain(name);
  const most = bare.length < 4 ? 1 : Math.max(2, Math.floor(bare.length / 3));
  let best: string | null = null;
  let bestDistance = most + 1;
  for (const candidate of candidates) {
    const apart = distance(bare, plain(candidate));
    if (apart >= bestDistance) continue;
    best = candidate;
    bestDistance = apart;
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
