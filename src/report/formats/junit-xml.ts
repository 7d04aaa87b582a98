// JUnit's XML, as CI systems read it: suites of cases, each passed, failed, in error or skipped. Every text is escaped, and characters that XML 1.0
// cannot hold are left out. Called by the formats that have cases to tell of.
export interface JunitCase {
  readonly name: string;
  readonly classname: string;
  readonly seconds: number;
  readonly outcome:
    | { readonly kind: 'passed' }
    | { readonly kind: 'failure' | 'error' | 'skipped'; readonly message: string; readonly detail?: string };
}

export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

export function renderJunit(suites: readonly JunitSuite[]): string {
  const body = suites.flatMap(({ name, cases }) => [
    `  <testsuite name="${escapeXml(name)}" ${countsOf(cases)}>`,
    ...cases.map(renderCase),
    '  </testsuite>',
  ]);
  const all = suites.flatMap(({ cases }) => cases);
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites ${countsOf(all)}>`, ...body, '</testsuites>', ''].join(
    '\n',
  );
}

function countsOf(cases: readonly JunitCase[]): string {
  const count = (kind: JunitCase['outcome']['kind']): number =>
    cases.filter(({ outcome }) => outcome.kind === kind).length;
  const seconds = cases.reduce((sum, each) => sum + each.seconds, 0);
  return `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${seconds.toFixed(3)}"`;
}

function renderCase({ name, classname, seconds, outcome }: JunitCase): string {
  const open = `    <testcase name="${escapeXml(name)}" classname="${escapeXml(classname)}" time="${seconds.toFixed(3)}"`;
  if (outcome.kind === 'passed') return `${open}/>`;
  const { kind, message, detail } = outcome;
  const inner =
    detail === undefined || kind === 'skipped'
      ? `<${kind} message="${escapeXml(message)}"/>`
      : `<${kind} message="${escapeXml(message)}">${escapeXml(detail)}</${kind}>`;
  return `${open}>${inner}</testcase>`;
}

function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
