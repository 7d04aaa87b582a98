// GitHub's workflow commands: one annotation a line, foreign text in it unable to end the command or start another. Pure.
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** One line without its newline. `line` counts from 1. */
export function githubAnnotation(
  level: 'error' | 'warning' | 'notice',
  message: string,
  properties: { readonly title?: string; readonly file?: string; readonly line?: number } = {},
): string {
  const given = (['file', 'line', 'title'] as const).flatMap((name) => {
    const value = properties[name];
    return value === undefined ? [] : [`${name}=${property(String(value))}`];
  });
  return `::${level}${given.length === 0 ? '' : ` ${given.join(',')}`}::${data(message)}`;
}
