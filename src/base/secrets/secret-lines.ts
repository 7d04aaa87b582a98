// Which lines of a sweep's text may hold a secret, so that an error never quotes them: whatever is
// about security, with all that belongs to it. Judged by the text alone, since the line may be
// wrong in any way. Called by format-error.

/** A name that is about security, right or misspelt. */
const ABOUT_SECURITY = new RegExp(
  String.raw`\b(?:ssl|sasl)\b|secu?r|pas+(?:w|p)|secret|token|jaas|credential|` +
    'key-?store|trust-?store|private|BEGIN ',
  'i',
);
const TARGET = /^(["']?)target\1\s*:/;
/** What of a target is no secret. */
const OPEN_KEYS = 'bootstrap|properties|kafka|embedded|brokers|version|replicationDelay';
const OPEN_IN_TARGET = new RegExp(String.raw`^\s*(?:-\s|#|["']?(?:${OPEN_KEYS})["']?\s*:)`);

/** One truth value a line. */
export function secretLines(lines: readonly string[]): readonly boolean[] {
  let inTarget = false;
  /** Of the secret entry that goes on: its indent, and brackets and quotes that are still open. */
  let open: { readonly indent: number; depth: number } | null = null;
  return lines.map((line) => {
    const blank = line.trim() === '';
    const indent = line.length - line.trimStart().length;
    if (!blank && indent === 0) inTarget = TARGET.test(line);
    const goesOn = open !== null && (blank || open.depth > 0 || indent > open.indent);
    if (!goesOn) open = null;
    const secret =
      goesOn || ABOUT_SECURITY.test(line) || (inTarget && indent > 0 && !OPEN_IN_TARGET.test(line));
    if (!secret || blank) return secret;
    open ??= { indent, depth: 0 };
    open.depth = Math.max(0, open.depth + depthOf(line));
    return true;
  });
}

function depthOf(line: string): number {
  return (line.match(/[[{]/g)?.length ?? 0) - (line.match(/[\]}]/g)?.length ?? 0);
}

/** Whether a path (`target.security.x`, as typed) leads to where secrets stand. */
export function leadsToSecrets(path: string): boolean {
  return (
    ABOUT_SECURITY.test(path) ||
    (/^target\b/.test(path) && !/^target\.(?:bootstrap|properties|kafka|embedded)\b/.test(path))
  );
}
