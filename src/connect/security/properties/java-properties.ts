// The grammar of java.util.Properties, as its LineReader and load0 have it: comments, continued
// lines, escapes, \uXXXX. Pure; used for files of settings and for `${file:PATH:KEY}`. A test holds
// it to Java's own.

export interface Property {
  readonly value: string;
  /** Where its logical line begins, from 1. */
  readonly line: number;
}

export interface Properties {
  /** The last of each key, as in Java. */
  readonly entries: ReadonlyMap<string, Property>;
  /** Keys that are there more than once, with the line of the last. */
  readonly repeated: ReadonlyMap<string, number>;
}

/** Java refuses the whole file: a \u without four hexadecimal digits. */
export class MalformedProperties extends Error {
  override name = 'MalformedProperties';
  constructor(readonly line: number) {
    super(`line ${line} has a \\u that four hexadecimal digits do not follow`);
  }
}

/** Throws MalformedProperties. */
export function parseProperties(text: string): Properties {
  const entries = new Map<string, Property>();
  const repeated = new Map<string, number>();
  for (const { text: logical, line } of logicalLines(text)) {
    const [key, value] = entryOf(logical, line);
    if (entries.has(key)) repeated.set(key, line);
    entries.set(key, { value, line });
  }
  return { entries, repeated };
}

interface LogicalLine {
  readonly text: string;
  readonly line: number;
}

/** Without blanks before, comments, and backslashes that continue a line. */
function logicalLines(text: string): LogicalLine[] {
  const found: LogicalLine[] = [];
  const natural = text.split(/\r\n|\r|\n/);
  // One line end behind it is none for Java, but \r\n is.
  const lastIndex = natural.length - (natural.at(-1) === '' && !text.endsWith('\r\n') ? 2 : 1);
  let open: LogicalLine | null = null;
  for (const [index, whole] of natural.entries()) {
    const bare = whole.replace(/^[ \t\f]+/, '');
    // Also where a lone backslash came before: nothing has begun yet.
    if (open === null || open.text === '') {
      if (bare === '' && open === null) continue;
      if (/^[#!]/.test(bare)) {
        open = null;
        continue;
      }
    }
    const goesOn: boolean = endsInOddBackslashes(bare);
    const begun: LogicalLine = {
      text: `${open?.text ?? ''}${goesOn ? bare.slice(0, -1) : bare}`,
      line: open?.line ?? index + 1,
    };
    // A backslash at the very end continues nothing, and is a line all the same.
    const atEnd = index >= lastIndex;
    open = goesOn && !atEnd ? begun : null;
    if (open === null && (begun.text !== '' || goesOn)) found.push(begun);
  }
  return found;
}

function endsInOddBackslashes(text: string): boolean {
  let count = 0;
  while (count < text.length && text[text.length - 1 - count] === '\\') count++;
  return count % 2 === 1;
}

/**
 * The key ends at the first =, : or blank that no backslash precedes; blanks around one = or : do
 * not count.
 */
function entryOf(text: string, line: number): [key: string, value: string] {
  let keyEnd = 0;
  let escaped = false;
  while (keyEnd < text.length && (escaped || !/[=: \t\f]/.test(text[keyEnd]))) {
    escaped = text[keyEnd] === '\\' && !escaped;
    keyEnd++;
  }
  const separator = /^[ \t\f]*[=:]?[ \t\f]*/.exec(text.slice(keyEnd))![0];
  return [
    unescaped(text.slice(0, keyEnd), line),
    unescaped(text.slice(keyEnd + separator.length), line),
  ];
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };

function unescaped(text: string, line: number): string {
  return text.replaceAll(
    /\\(?:u(.{0,4})|([^]))/gs,
    (_, code: string | undefined, character: string) => {
      if (code === undefined) return ESCAPES[character] ?? character;
      if (!/^[0-9a-fA-F]{4}$/.test(code)) throw new MalformedProperties(line);
      return String.fromCharCode(parseInt(code, 16));
    },
  );
}
