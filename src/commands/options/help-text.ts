// What --help is put together from: kinds of options, and texts that are wrapped to the terminal.
// Used by every command; loads nothing, so that --help stays quick.

/** The widest line of any help text, where the terminal is not narrower. */
export const HELP_WIDTH = 100;

/** One word, given once. */
export const WORD = { type: 'string', requiresArg: true } as const;
/** One number, given once. */
export const NUMBER = { type: 'number', requiresArg: true } as const;
/** May be given again and again, a word each time. */
export const WORDS = { type: 'string', array: true, nargs: 1 } as const;
/** Off unless it is given. */
export const SWITCH = { type: 'boolean', default: false } as const;

/** A command line and what it is for. */
export type Example = readonly [commandLine: string, purpose: string];

/** A command line stands unbroken on a line of its own, so that it can be copied. */
export function examples(list: readonly Example[]): string {
  const lines = list.flatMap(([commandLine, purpose]) => [`  ${commandLine}`, `      ${purpose}`]);
  return ['Examples:', ...lines, ''].join('\n');
}

/**
 * A text as it stands in the source, without its own line breaks: yargs wraps each paragraph to
 * the terminal. Paragraphs are parted by empty lines; a line that is indented stays a line.
 */
export function paragraphs(text: string): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const goesOn = /^\S/.test(line) && /^\S/.test(lines.at(-1) ?? '');
    if (goesOn) lines.push(`${lines.pop()!} ${line}`);
    else lines.push(line);
  }
  return lines.join('\n');
}
