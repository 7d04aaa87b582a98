// GitHub's workflow commands: written on purpose (annotations), and kept from arising by accident.
// The runner reads every line that a step prints, so foreign text (labels, broker errors) may not
// form one. Called by whatever prints for people, by compare and by gates.

/**
 * One line, e.g. `::error title=p01::p99 is 31 ms`: GitHub shows it on the run and, with `file`, in
 * the diff. No newline at its end.
 */
export function githubAnnotation(
  level: 'error' | 'warning' | 'notice',
  message: string,
  properties: { readonly title?: string; readonly file?: string; readonly line?: number } = {},
): string {
  const parts = (['file', 'line', 'title'] as const).flatMap((name) => {
    const value = properties[name];
    return value === undefined ? [] : [`${name}=${escapeProperty(String(value))}`];
  });
  return `::${level}${parts.length === 0 ? '' : ` ${parts.join(',')}`}::${escapeData(message)}`;
}

/** As the runner's own toolkit escapes a command's message. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
