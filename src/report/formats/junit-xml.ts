// JUnit XML as CI servers read it (Jenkins' junit-10.xsd): suites of cases, each passed, failed, in
// error or skipped. Well-formed XML 1.0 whatever the texts hold. Called by junit.ts, and by compare
// and gates. Knows nothing of kbench.
import { plainLine } from '../text/escape-controls.js';

export interface JunitCase {
  readonly name: string;
  /** Groups cases in most viewers; dots make levels. */
  readonly classname: string;
  readonly seconds: number;
  readonly outcome:
    | { readonly kind: 'passed' }
    | {
        readonly kind: 'failure' | 'error' | 'skipped';
        readonly message: string;
        readonly detail?: string;
      };
}

export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

/** The document, ending in a newline. */
export function renderJunit(suites: readonly JunitSuite[]): string {
  const all = suites.flatMap((suite) => suite.cases);
  const head =
    `<testsuites tests="${all.length}" failures="${count(all, 'failure')}" ` +
    `errors="${count(all, 'error')}" time="${time(all)}">`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    head,
    ...suites.map(suiteXml),
    '</testsuites>',
    '',
  ].join('\n');
}

function suiteXml({ name, cases }: JunitSuite): string {
  const counts =
    `tests="${cases.length}" failures="${count(cases, 'failure')}" ` +
    `errors="${count(cases, 'error')}" skipped="${count(cases, 'skipped')}"`;
  return [
    `  <testsuite name="${escape(name)}" ${counts} time="${time(cases)}">`,
    ...cases.map(caseXml),
    '  </testsuite>',
  ].join('\n');
}

function caseXml({ name, classname, seconds, outcome }: JunitCase): string {
  const head =
    `    <testcase classname="${escape(classname)}" ` +
    `name="${escape(name)}" time="${fixed(seconds)}"`;
  if (outcome.kind === 'passed') return `${head}/>`;
  const { kind, message, detail } = outcome;
  const open = `<${kind} message="${escape(message)}"`;
  const body = detail === undefined ? `${open}/>` : `${open}>${escape(detail)}</${kind}>`;
  return `${head}>\n      ${body}\n    </testcase>`;
}

const count = (cases: readonly JunitCase[], kind: JunitCase['outcome']['kind']): number =>
  cases.filter(({ outcome }) => outcome.kind === kind).length;

const time = (cases: readonly JunitCase[]): string =>
  fixed(cases.reduce((sum, { seconds }) => sum + seconds, 0));

const fixed = (seconds: number): string =>
  (Number.isFinite(seconds) ? Math.max(0, seconds) : 0).toFixed(3);

/**
 * Text of an element or attribute. New lines stay, as references; characters that XML 1.0 does not
 * know become visible ones.
 */
function escape(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => plainLine(line).replace(/[\ufffe\uffff]/g, '\ufffd'))
    .join('\n')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
