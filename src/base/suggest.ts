// "Did you mean ...?" for names that no table has. Used by every part that reads keys.
import { distance } from 'fastest-levenshtein';

/**
 * The candidate nearest to a mistyped name, or null if none is near. Case and punctuation count
 * little: batchSize is batch.size.
 */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  const bare = plain(name);
  const most = bare.length < 4 ? 1 : Math.max(2, Math.floor(bare.length / 3));
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of candidates) {
    const other = plain(candidate);
    if (Math.abs(other.length - bare.length) > most) continue;
    const apart = distance(bare, other);
    if (apart <= most && apart < bestDistance) {
      best = candidate;
      bestDistance = apart;
    }
  }
  return best;
}

/** What to do about an unknown name: the nearest one, else all that are allowed if they are few. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const best = nearest(name, candidates);
  if (best !== null) return `did you mean ${best}?`;
  if (candidates.length <= 20) return `allowed here: ${candidates.join(', ')}`;
  return `${candidates.length} names are allowed here, none of them near`;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
