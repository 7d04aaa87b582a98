// An examination as text for people: each step on a line, then the findings with their remedies.
// Called by doctor.ts. Brokers' own words are in it: nothing of them acts.
import { printable } from '../../base/printable.js';
import type {
  Examination,
  Finding,
  Step,
  StepStatus,
} from '../../targets/external/doctor/examination.js';
import { count } from '../../targets/external/doctor/words.js';

const MAX_TEXT_CHARACTERS = 1_000;
const STATUS: Readonly<Record<StepStatus, string>> = {
  ok: 'ok',
  warning: 'warning',
  problem: 'PROBLEM',
  skipped: '-',
};
const STATUS_COLUMNS = 9;
const NAME_COLUMNS = 14;

/** Lines of at most `columns`, but for words that are longer. */
export function examinationText(examination: Examination, columns: number): string {
  const { addresses, security, steps, findings, verdict } = examination;
  const several = addresses.length > 1;
  const lines = [`${addresses.join(', ')} as ${security}`, ''];
  let about: string | undefined;
  for (const step of steps) {
    if (several && step.address !== about)
      lines.push(`  ${printable(step.address ?? 'the cluster')}`);
    about = step.address;
    lines.push(...stepLines(step, columns));
  }
  lines.push('', summary(findings, verdict));
  for (const finding of findings) lines.push('', ...findingLines(finding, columns));
  return `${lines.join('\n')}\n`;
}

function stepLines({ name, status, text, ms }: Step, columns: number): string[] {
  const head = `  ${STATUS[status].padEnd(STATUS_COLUMNS)}${name.padEnd(NAME_COLUMNS)}`;
  const took = ms >= 1_000 ? ` (${(ms / 1_000).toFixed(1)} s)` : '';
  return wrapped(head, `${text}${took}`, ' '.repeat(head.length), columns);
}

function findingLines({ severity, cause, remedy }: Finding, columns: number): string[] {
  return [
    ...wrapped(`${severity}: `, cause, '  ', columns),
    ...wrapped('  -> ', remedy, '     ', columns),
  ];
}

function summary(findings: readonly Finding[], verdict: Examination['verdict']): string {
  if (verdict === 'unreachable') return 'No Kafka broker can be reached:';
  const problems = findings.filter(({ severity }) => severity === 'problem').length;
  const warnings = findings.length - problems;
  if (findings.length === 0) return 'No problem was found.';
  const counts = [
    ...(problems > 0 ? [count(problems, 'problem')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ];
  return `${counts.join(', ')}:`;
}

function wrapped(first: string, text: string, indent: string, columns: number): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of printable(text, MAX_TEXT_CHARACTERS).split(' ')) {
    if (!empty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
